"""Good examples of everything that anybody can write: where mutations begin."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from reconciler import manifest_text, seals, snapshot
from reconciler import record as repository_record
from reconciler.archive import Item, Manifest, Part
from reconciler.parcel import Definition
from reconciler.record import Record
from reconciler.seals import Claim, Construction, Seal
from reconciler.stills import Snapshot, take
from tests.board import says
from tests.hostile.files import POLICY
from tests.worlds import INSTRUMENT, PLACE, TICKET, Ask, calibration_set, chain, in_memory

ROOT = Path(__file__).parents[2]
_CASES = ROOT / "tests/cases"
_INTENT = {
    "product": "bias",
    "instrument": "Cam",
    "release": "w_2025_05",
    "exposures": ["1..3", 7],
    "overrides": {"isr:doBias": False},
    "precursors": [["Cam/calib/DM-1/darkGen.20250207a", "sha256:1"]],
    "starting": [["Cam/calib/DM-0", "sha256:2"]],
}
_RUN = "Cam/calib/DM-1/biasGen.20250207a/20250207T000000Z"
_UUID = "d3b07384-d9a0-4c9b-8f4e-2f3a5b6c7d8e"
_HOW = Construction("bps_bias.yaml", "CP_PIPE_DIR", {"TICKET": "DM-1"}, ("Cam/raw/all",), failures=("quantum: dead",))


@cache
def specs() -> tuple[bytes, ...]:
    """Return this repository's own documents, those of the cases, and a policy."""
    own = (path for folder in ("specs", "sites") for path in (ROOT / folder).rglob("*.yaml"))
    cases = (_CASES / "specs").rglob("*.yaml")
    trees = (path for path in (_CASES / "trees").rglob("*.yaml") if path.name != "repository.yaml")
    rule = "  - {verbs: [policy, adopt], where: ['*'], approvals: {board: 1}}\n"
    found = {path.read_bytes() for path in (*own, *cases, *trees) if "curated" not in path.parts}
    return (f"{POLICY}{rule}".encode(), *sorted(one for one in found if len(one) < 20_000))


@cache
def selections() -> tuple[bytes, ...]:
    """Return expressions with everything that the language has."""
    return tuple(
        text.encode()
        for text in (
            "exposure.day_obs=20241208 and exposure.seq_num in (44..63) and exposure.seq_num != 58",
            "(exposure in (1..9:2, 12) or not detector.purpose='SCIENCE') and -1 < visit.azimuth + 2 * 3.5e-1",
            "visit.timespan overlaps (T'2024-01-01', :end) and glob(instrument, 'LSST*') and band not in ('r', 'g')",
        )
    )


@cache
def approvals() -> tuple[bytes, ...]:
    """Return a record of each decision."""
    return tuple(says("alice", decision, reason="as measured").record.text for decision in ("approve", "withdraw"))


@cache
def manifests() -> tuple[bytes, ...]:
    """Return a manifest of one dataset."""
    data_id = "instrument=Cam,detector=3"
    item = Item("bias", data_id, _UUID, "Cam/bias/3.fits", "0" * 64, 7)
    seal = Seal(seals.digest(_INTENT), _INTENT, _RUN, {"bias": {data_id: _UUID}}, _HOW)
    definitions = {"bias": Definition(("instrument", "detector"), "ExposureF")}
    parts = {"Cam/calib/DM-1/biasGen.20250207a": Part(seal, (item,))}
    return (manifest_text.write(Manifest("Cam", "DM-1", definitions, parts)),)


@cache
def sights() -> tuple[bytes, ...]:
    """Return a snapshot of a site where a bias and a dark are built and linked."""
    small = in_memory()
    want, facts = small.want(*calibration_set([Ask("bias"), Ask("dark")]), chain(TICKET))
    small.apply(want, facts)
    still = take(small.repository, [INSTRUMENT], frozenset({"bias", "dark"}))
    return (snapshot.write(Snapshot("usdf", {PLACE: still}, {"usdf/other": "down"})).encode(),)


@cache
def documentation() -> tuple[bytes, ...]:
    """Return a claim, a seal and a record as they stand in collections."""
    claim = Claim("sha256:0", _INTENT, _RUN, ("Cam/raw/all",), 1, "host", "/scratch/1", "2025-02-07T00:00:00Z")
    seal = Seal("sha256:0", _INTENT, _RUN, {"bias": {"instrument=Cam,detector=3": _UUID}}, _HOW)
    record = Record("usdf/main", {("Cam/calib", "Cam/calib/DM-1"): "set"}, "0" * 40)
    return (seals.write(claim).encode(), seals.write(seal).encode(), repository_record.write(record).encode())


SEEDS = {
    "spec": specs,
    "selection": selections,
    "approval": approvals,
    "manifest": manifests,
    "sight": sights,
    "documentation": documentation,
}
"""By the name of the target (see `targets`)."""
