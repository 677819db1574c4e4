"""Bootstraps of one simulated night, through real Butler and real pipelines, read uncertified from their runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lsst.daf.butler import Butler, DatasetRef

from processing import camera_files
from processing.__main__ import main
from processing.amplifiers import windows
from processing.frame import Frame
from tests.processing.build import CP_PIPE_DIR, generate, repository

RAWS = "LSSTComCam/raw/all"
TICKET = "LSSTComCam/calib/DM-1"
BOOTSTRAPS = ("bias", "dark", "flat")
DETECTOR = camera_files.find("LSSTComCam").detector(4)


@dataclass(frozen=True)
class Night:
    """A repository in which the bootstraps of detector 4 were made."""

    repo: Path
    raws: Path
    made: dict[str, DatasetRef]

    def get(self, kind: str) -> Frame:
        """The bootstrap of a kind."""
        with Butler.from_config(self.repo) as butler:
            return butler.get(self.made[kind])

    def truth(self, name: str) -> Any:
        """An image of the truth."""
        return np.load(self.raws / "truth" / "detector_004.npz")[name]


def run_of(kind: str) -> str:
    """The RUN of a kind's bootstrap."""
    return f"{TICKET}/{kind}BootstrapGen.a/run1"


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """Three of each kind on one detector of tiny amplifiers; each step reads the runs before it."""
    top = tmp_path_factory.mktemp("bootstraps")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CP_PIPE_DIR", str(CP_PIPE_DIR))
        options = ["--bias=3", "--dark=3", "--flat=r:3", "--amp-size=64x32", "--detectors=4"]
        assert main(["simulate", str(top / "raws"), *options]) == 0
        repo = repository(top / "repo", "LSSTComCam")
        assert main(["repo", "ingest", str(repo), str(top / "raws"), "--camera=LSSTComCam"]) == 0
        made: dict[str, DatasetRef] = {}
        for kind in BOOTSTRAPS:
            (made[kind],) = generate(
                repo,
                CP_PIPE_DIR / f"pipelines/LSSTComCam/cp{kind.capitalize()}Bootstrap.yaml",
                f"instrument='LSSTComCam' and exposure.observation_type='{kind}'",
                inputs=[*map(run_of, made), RAWS],
                run=run_of(kind),
            )
        yield Night(repo, top / "raws", made)


def test_bootstraps_have_cp_pipes_dataset_types(night: Night) -> None:
    types = {ref.datasetType.name: set(ref.datasetType.dimensions.required) for ref in night.made.values()}
    assert types == {
        "biasBootstrap": {"instrument", "detector"},
        "darkBootstrap": {"instrument", "detector"},
        "flatBootstrap": {"instrument", "detector", "physical_filter"},
    }


@pytest.mark.parametrize("kind", BOOTSTRAPS)
def test_a_bootstrap_is_drawn_by_its_pipeline(night: Night, kind: str) -> None:
    with Butler.from_config(night.repo) as butler:
        for cells in (8, 64):
            (drawn,) = butler.query_datasets(f"{kind}BootstrapMosaic{cells}", run_of(kind))
            assert butler.get(drawn).png.startswith(b"\x89PNG")


def test_the_dark_bootstrap_has_the_bias_bootstrap_subtracted(night: Night) -> None:
    dark = night.get("dark")
    assert dark.header["LSST CALIB UUID BIAS"] == str(night.made["bias"].id)
    assert dark.header["LSST CALIB RUN BIAS"] == run_of("bias")
    columns = np.median(dark.image, axis=0) * 300  # of the bias structure, ADU
    structure = np.median(night.truth("bias_structure"), axis=0)
    assert abs(np.corrcoef(columns, structure)[0, 1]) < 0.3


def test_the_flat_bootstrap_has_both_subtracted(night: Night) -> None:
    header = night.get("flat").header
    assert header["LSST CALIB UUID BIAS"] == str(night.made["bias"].id)
    assert header["LSST CALIB UUID DARK"] == str(night.made["dark"].id)


def test_every_amplifier_of_the_flat_bootstrap_stands_at_one(night: Night) -> None:
    flat = night.get("flat").image
    for window in windows(DETECTOR, flat.shape).values():
        assert np.median(flat[window]) == pytest.approx(1, abs=0.001)


def test_the_flat_bootstrap_is_the_true_response_within_each_amplifier(night: Night) -> None:
    flat, truth = night.get("flat").image, night.truth("flat_r")
    for window in windows(DETECTOR, flat.shape).values():
        ratio = flat[window] / (truth[window] / np.median(truth[window]))
        assert ratio.std() == pytest.approx(1 / np.sqrt(3 * 30_000), rel=0.2)


def test_the_flat_bootstrap_says_by_what_each_amplifier_was_divided(night: Night) -> None:
    header = night.get("flat").header
    scales = [header[f"CPP_INPUT_SCALE_2 {amplifier.name}"] for amplifier in DETECTOR.amplifiers]
    assert np.median(scales) == pytest.approx(header["CPP_INPUT_SCALE_2"], rel=0.02)
    assert len(set(scales)) == len(scales)
