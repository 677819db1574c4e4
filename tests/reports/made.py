"""Made-up evidence: bias tables of a whole camera with the scatter of a good one, and faults at named places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from reconciler.render.report import Construction, Detector, Examined, InUse, Picture, Report, Title
from reconciler.verification.criteria import Acceptance, Rule
from reconciler.verification.results import Results, results
from reconciler.verification.tests import of
from reconciler.verification.verdict import Judge
from tests.reports.cameras import one_raft

TITLE = Title(
    instrument="LSSTComCam",
    ticket="DM-48520",
    tag="DP1",
    purpose="Bias, dark, CTI, defects and flats for DP1",
    release="w_2025_05",
    rerun="20250207a",
    place="usdf/main",
    commit="3a1d1f0c9a52",
)
TESTS = tuple(test for test in of("bias") if test.name in ("MEAN", "NOISE", "CR_NOISE"))
FIRST, FIRST_MJD = 2024120600427, 60650.93
NOISE_E = 8.0

Faults = Mapping[tuple[int, str], float]
"""(detector, amplifier) -> factor on its noise."""


def exposures(count: int) -> tuple[int, ...]:
    return tuple(range(FIRST, FIRST + count))


def bias_table(
    camera: Sequence[Detector],
    *,
    count: int = 20,
    noisy: Faults | None = None,
    missing: Sequence[int] = (),
    level: float = 1.0,
    seed: int = 1,
) -> Results:
    """A row for each amplifier in each exposure; `missing` detectors were tested with another calibration."""
    random = np.random.default_rng(seed)
    places = [(d.number, name) for d in camera for name in d.amplifiers]
    detector, amplifier = (np.tile(np.array(column), count) for column in zip(*places, strict=True))
    exposure = np.repeat(np.array(exposures(count)), len(places))
    nominal = np.tile(NOISE_E * (1 + 0.08 * random.standard_normal(len(places))), count)
    factor = np.tile(np.array([(noisy or {}).get(place, 1.0) for place in places]), count)
    steady = np.tile(0.006 * random.standard_normal(len(places)), count)
    noise = nominal * (level * (1 - 0.01 + steady + 0.003 * random.standard_normal(len(detector)))) * factor
    columns = {
        "detector": detector,
        "amplifier": amplifier,
        "exposure": exposure,
        "mjd": FIRST_MJD + (exposure - FIRST) * 0.07,
        "BIAS_MEAN": 0.02 * nominal * random.standard_normal(len(detector)),
        "BIAS_NOISE": noise,
        "BIAS_READ_NOISE": nominal,
        "BIAS_CR_NOISE": noise * (1 - 0.002 * random.random(len(detector))),
        "BIAS_VERIFY_NOISE": noise <= 1.05 * nominal,
        "CALIB_UUID_bias": np.where(np.isin(detector, missing), "older", "ours"),
    }
    return results(columns, "bias", dict.fromkeys(range(1000), "ours"))


def construction(kind: str, count: int = 20) -> Construction:
    leaf = f"LSSTComCam/calib/DM-48520/DP1/{kind}.20250207a"
    return Construction(
        leaf=leaf,
        run=f"{leaf}/20250207T081532Z",
        exposures=exposures(count),
        facts=(
            ("Precursors", "ptc, linearizer and bfk of DM-46360; defects of DM-48520"),
            ("Template", "bps_bias.yaml of cp_pipe"),
            ("Versions", "cp_pipe 29.0, ip_isr 29.0, w_2025_05"),
            ("Began, ended", "2025-02-07T08:15:32, 2025-02-07T08:41:10"),
        ),
        commands=(
            "export RERUN=20250207a TICKET=DM-48520 TAG=DP1",
            "bps submit $CP_PIPE_DIR/bps/templates/bps_bias.yaml",
            f"butler certify-calibrations /repo/main --begin-date 1970-01-01T00:00:00 {leaf} "
            "LSSTComCam/calib/DM-48520/DP1/bias.20250207a bias",
        ),
    )


def examined(
    table: Results,
    *,
    judge: Judge,
    subject: str = "bias",
    in_use: Results | None = None,
    pictures: tuple[Picture, ...] = (),
) -> Examined:
    leaf = "LSSTComCam/calib/DM-48520/DP1/verifyBias.20250207a"
    return Examined(
        verdict=judge.verdict(subject, leaf, table, TESTS),
        results=table,
        construction=construction("biasGen", 18),
        verification=construction("verifyBias"),
        in_use=in_use and InUse("DM-47447", judge.verdict(subject, "verifyBias.20241107a", in_use, TESTS), in_use),
        pictures=pictures,
    )


def report(
    camera: Sequence[Detector] | None = None,
    *,
    noisy: Faults | None = None,
    missing: Sequence[int] = (),
    rule: Rule = "strict",
    count: int = 20,
    acceptances: tuple[Acceptance, ...] = (),
) -> Report:
    """A bias with the given faults, and a better one in use at a tenth of its exposures."""
    camera = one_raft() if camera is None else camera
    judge = Judge(rule, acceptances=acceptances)
    table = bias_table(camera, count=count, noisy=noisy, missing=missing)
    before = bias_table(camera, count=max(2, count // 2), level=1.006, seed=2)
    return Report(
        title=TITLE,
        examined=(examined(table, judge=judge, in_use=before),),
        focal_plane=tuple(camera),
        effect=(("Effect on LSSTComCam/calib (usdf/main)", ("bias detectors 0..8: always DM-47447 -> DM-48520",)),),
        acceptances=acceptances,
    )
