"""Raws become calibrations that agree with what the simulator knows, through real Butler and real pipelines."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lsst.daf.butler import Butler, DatasetRef

from processing import camera_files, raw
from processing.__main__ import main
from processing.assemble import place
from processing.frame import Frame
from tests.processing.build import CP_PIPE_DIR, certify, generate, real_frames, repository

RAWS = "LSSTComCam/raw/all"
TICKET = "LSSTComCam/calib/DM-1"


@dataclass(frozen=True)
class Night:
    """A repository in which bias, dark and flat of one simulated night were made."""

    repo: Path
    raws: Path
    made: dict[str, list[DatasetRef]]

    def get(self, kind: str, detector: int = 0) -> Frame:
        """The product of a detector."""
        ref = next(r for r in self.made[kind] if r.dataId["detector"] == detector)
        with Butler.from_config(self.repo) as butler:
            return butler.get(ref)

    def truth(self, name: str, detector: int = 0) -> Any:
        """An image of the truth."""
        return np.load(self.raws / "truth" / f"detector_{detector:03d}.npz")[name]

    def amplifiers(self, detector: int = 0) -> dict[str, Any]:
        """The numbers of a detector's amplifiers."""
        return json.loads((self.raws / "truth.json").read_text())["detectors"][str(detector)]["amplifiers"]

    def gains(self, number: int = 0) -> Any:
        """The true gain of each pixel of a detector, e-/ADU."""
        camera = camera_files.find("LSSTComCam")
        detector, segment = camera.detector(number), camera.segment.scaled_to(64, 32)
        image = np.empty(detector.shape(segment), np.float32)
        for amplifier in detector.amplifiers:
            place(image, amplifier, segment)[:] = self.amplifiers(number)[amplifier.name]["gain_e_per_adu"]
        return image


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Three of each kind on two detectors of tiny amplifiers, generated and certified in order."""
    top = tmp_path_factory.mktemp("night")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CP_PIPE_DIR", str(CP_PIPE_DIR))
        options = ["--bias=3", "--dark=3", "--flat=r:3", "--amp-size=64x32", "--detectors=0,4"]
        assert main(["simulate", str(top / "raws"), *options]) == 0
        repo = repository(top / "repo", "LSSTComCam")
        assert main(["repo", "ingest", str(repo), str(top / "raws"), "--camera=LSSTComCam"]) == 0
        made = {}
        inputs = [RAWS]
        for kind in ("bias", "dark", "flat"):
            made[kind] = generate(
                repo,
                CP_PIPE_DIR / f"pipelines/LSSTComCam/cp{kind.capitalize()}.yaml",
                f"instrument='LSSTComCam' and exposure.observation_type='{kind}'",
                inputs=inputs,
                run=f"{TICKET}/{kind}Gen/run",
            )
            certify(repo, f"{TICKET}/{kind}", made[kind])
            inputs.insert(0, f"{TICKET}/{kind}")
        yield Night(repo, top / "raws", made)


def robust(difference: Any) -> float:
    """Median, which the few hot pixels cannot move."""
    return float(np.median(difference))


def test_a_product_is_made_for_every_detector(night: Night) -> None:
    assert {k: sorted(int(r.dataId["detector"]) for r in v) for k, v in night.made.items()} == {
        "bias": [0, 4],
        "dark": [0, 4],
        "flat": [0, 4],
    }


def test_the_bias_is_the_true_structure_within_its_own_errors(night: Night) -> None:
    bias = night.get("bias")
    difference = bias.image - night.truth("bias_structure")
    error = 7.24 / 1.662 / np.sqrt(3)
    assert abs(difference.mean()) < 0.2
    assert difference.std() == pytest.approx(error, rel=0.1)


def test_the_dark_is_the_true_rate_within_two_percent(night: Night) -> None:
    dark, gain = night.get("dark"), np.mean([a["gain_e_per_adu"] for a in night.amplifiers().values()])
    assert robust(dark.image) * gain == pytest.approx(robust(night.truth("dark_current")), rel=0.02)


def test_flats_are_the_true_response_in_adu_of_all_detectors_on_one_scale_within_their_noise(night: Night) -> None:
    expected = {n: night.truth("flat_r", n) / night.gains(n) for n in (0, 4)}
    middle = np.mean([np.median(image) for image in expected.values()])
    for number, image in expected.items():
        ratio = night.get("flat", number).image / (image / middle)
        assert ratio.mean() == pytest.approx(1, abs=0.001)
        assert ratio.std() == pytest.approx(1 / np.sqrt(3 * 30_000), rel=0.1)


def test_the_corner_of_the_focal_plane_stays_darker_than_its_middle(night: Night) -> None:
    corner, middle = (robust(night.get("flat", n).image) for n in (0, 4))
    assert corner / middle == pytest.approx(0.9, abs=0.01)
    assert (corner + middle) / 2 == pytest.approx(1, abs=0.001)


def test_flats_that_can_be_compared_name_the_normalisation_that_they_share(night: Night) -> None:
    headers = [night.get("flat", n).header for n in (0, 4)]
    assert len({h["FLATNORM UUID"] for h in headers}) == 1
    assert headers[0]["FLATNORM FACTOR"] == pytest.approx(robust(night.get("flat", 0).image), abs=0.001)


def test_a_flat_says_which_detectors_of_the_camera_were_missing(night: Night) -> None:
    header = night.get("flat").header
    remarks = [str(v) for k, v in header.items() if k.startswith("REMARK")]
    assert any(r.startswith("missing-detectors: no flat of detectors 1, 2, 3, 5, 6, 7, 8") for r in remarks)
    assert any(r.startswith("too-few-frames: 3 of at least 4 frames") for r in remarks)


@pytest.mark.parametrize(("kind", "unit"), [("bias", "adu"), ("dark", "adu/s"), ("flat", "")])
def test_a_product_states_its_unit(night: Night, kind: str, unit: str) -> None:
    assert night.get(kind).unit == unit


def test_the_variance_of_the_bias_is_that_of_the_mean_of_its_frames(night: Night) -> None:
    variance = night.get("bias").variance
    assert variance.mean() == pytest.approx((7.24 / 1.662) ** 2 / 3, rel=0.1)


def test_the_dark_names_the_bias_that_was_subtracted(night: Night) -> None:
    bias = next(r for r in night.made["bias"] if r.dataId["detector"] == 4)
    header = night.get("dark", 4).header
    assert header["LSST CALIB UUID BIAS"] == str(bias.id)
    assert header["LSST CALIB RUN BIAS"] == bias.run
    assert header["LSST CALIB DATE BIAS"] == night.get("bias", 4).header["CALIB_CREATION_DATETIME"]


def test_the_flat_names_bias_and_dark(night: Night) -> None:
    header = night.get("flat").header
    dark = next(r for r in night.made["dark"] if r.dataId["detector"] == 0)
    assert header["LSST CALIB UUID DARK"] == str(dark.id)
    assert "LSST CALIB UUID BIAS" in header


def test_the_flat_says_by_what_each_exposure_was_divided(night: Night) -> None:
    header = night.get("flat").header
    exposures = [header[f"CPP_INPUT_{i}"] for i in range(3)]
    assert exposures == [2024120800007, 2024120800008, 2024120800009]
    expected = 30_000 / 1.662 * np.mean([robust(night.truth("flat_r", n)) for n in (0, 4)])
    assert header["CPP_INPUT_SCALE_0"] == pytest.approx(expected, rel=0.02)


def test_a_product_names_its_own_inputs_in_butlers_words(night: Night) -> None:
    header = night.get("bias").header
    assert header["LSST BUTLER RUN"] == f"{TICKET}/biasGen/run"
    assert header["LSST BUTLER N_INPUTS"] == 3


def test_every_dataset_type_has_the_dimensions_that_cp_pipe_gives_it(night: Night) -> None:
    with Butler.from_config(night.repo) as butler:
        types = {t.name: (set(t.dimensions.required), t.isCalibration()) for t in butler.registry.queryDatasetTypes()}
    assert types["bias"] == types["dark"] == ({"instrument", "detector"}, True)
    assert types["flat"] == ({"instrument", "detector", "physical_filter"}, True)
    for kind in ("Bias", "Dark", "Flat"):
        assert types[f"cp{kind}IsrExp"] == ({"instrument", "exposure", "detector"}, False)


def test_real_frames_become_bias_and_dark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CP_PIPE_DIR", str(CP_PIPE_DIR))
    frames = real_frames(
        "biases-Neg5-Vis.00000000.BIAS.FIT",
        "biases-Neg5-Vis.00000001.BIAS.FIT",
        "darks-expos1-Neg5-Vis.00000000.DARK.FIT",
        "darks-expos1-Neg5-Vis.00000001.DARK.FIT",
    )
    camera, ticket = "SBIG-STL-1001E", "SBIG-STL-1001E/calib/DM-1"
    repo = repository(tmp_path / "repo", camera)
    assert main(["repo", "ingest", str(repo), *frames, f"--camera={camera}"]) == 0
    inputs = [f"{camera}/raw/all"]
    for kind in ("bias", "dark"):
        pipeline = CP_PIPE_DIR / f"pipelines/{camera}/cp{kind.capitalize()}.yaml"
        selection = f"instrument='{camera}' and exposure.observation_type='{kind}'"
        made = generate(repo, pipeline, selection, inputs=inputs, run=f"{ticket}/{kind}Gen")
        certify(repo, f"{ticket}/{kind}", made)
        inputs.insert(0, f"{ticket}/{kind}")
    with Butler.from_config(repo) as butler:
        dark = butler.get(made[0])
    assert dark.unit == "adu/s"
    assert np.median(dark.image) == pytest.approx(0.367, rel=0.1)  # two frames of each kind; ten give 5 %


def test_flats_that_the_camera_dark_subtracted_need_no_bias(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CP_PIPE_DIR", str(CP_PIPE_DIR))
    camera = "SBIG-STL-1001E"
    flats = [Path(f) for f in real_frames(*(f"flat-expos23s-Neg5-Vis.0000000{n}.FIT" for n in (0, 1)))]
    repo = repository(tmp_path / "repo", camera)
    assert main(["repo", "ingest", str(repo), *map(str, flats), f"--camera={camera}"]) == 0
    pipeline = CP_PIPE_DIR / f"pipelines/{camera}/cpFlat.yaml"
    (made,) = generate(repo, pipeline, f"instrument='{camera}'", inputs=[f"{camera}/raw/all"], run="u/me/flat")
    with Butler.from_config(repo) as butler:
        flat = butler.get(made)
    pedestal, median = 100, np.median(raw.read(flats[0]).image)
    assert flat.header["CPP_INPUT_SCALE_0"] == pytest.approx(median - pedestal, rel=1e-9)
    assert not any(key.startswith("LSST CALIB") for key in flat.header)
