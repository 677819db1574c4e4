"""Every kind of calibration comes back from a Butler repository as it was put there, and is applied."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lsst.daf.butler import Butler, CollectionType, DatasetType, Timespan

from processing import camera_files
from processing.__main__ import main
from processing.camera import Camera
from processing.effects.brighter_fatter import BrighterFatterKernel
from processing.effects.charge_transfer import AmplifierTransfer, Transfer, charge_transfer
from processing.effects.crosstalk import Crosstalk
from processing.effects.linearizer import PolynomialLinearizer, SplineLinearizer
from processing.effects.photon_transfer import PhotonTransfer
from processing.frame import Frame
from processing.simulation.sensor import draw
from tests.processing.build import CP_PIPE_DIR, generate, repository

CAMERA = camera_files.find("LSSTComCam")
NAMES = tuple(a.name for a in CAMERA.detector(4).amplifiers)
CARDS = {"OBSTYPE": "truth", "CALIB_CREATION_DATETIME": "2024-12-08T12:00:00+00:00"}
GAINS = np.linspace(1.5, 1.7, 16)

RESULTS = {
    "crosstalk": ("CalibCrosstalk", Crosstalk(NAMES, 1e-4 * (1 - np.eye(16)), header=CARDS)),
    "linearizer": ("CalibLinearizer", SplineLinearizer(NAMES, [[0, 3e4, 6e4]] * 16, [[0, 30, 0]] * 16, header=CARDS)),
    "squared": ("CalibLinearizer", PolynomialLinearizer(NAMES, [[1e-8]] * 16, [6e4] * 16, header=CARDS)),
    "bfk": ("CalibKernel", BrighterFatterKernel(NAMES, np.full((16, 3, 3), -1e-7), header=CARDS)),
    "ptc": (
        "CalibPhotonTransfer",
        PhotonTransfer(NAMES, GAINS, GAINS * 4, -GAINS * 1e-6, GAINS * 4e4, "FULLCOVARIANCE", header=CARDS),
    ),
    "cti": (
        "CalibChargeTransfer",
        charge_transfer(NAMES, [AmplifierTransfer(serial=Transfer(cti=1e-6))] * 16, header=CARDS),
    ),
}
CALIBRATIONS = ("crosstalk", "linearizer", "ptc", "cti")
TIMES = "LSSTComCam/calib"


def put(repo: Path, name: str, storage_class: str, result: Any, run: str) -> Any:
    """Put one result of detector 4, certify it for all times, and read it again."""
    with Butler.from_config(repo, run=run) as butler:
        per_camera = isinstance(result, Camera)
        dimensions = ["instrument"] if per_camera else ["instrument", "detector"]
        kind = DatasetType(name, butler.dimensions.conform(dimensions), storage_class, isCalibration=True)
        butler.registry.registerDatasetType(kind)
        ref = butler.put(result, kind, instrument="LSSTComCam", **({} if per_camera else {"detector": 4}))
        butler.collections.register(TIMES, CollectionType.CALIBRATION)
        butler.registry.certify(TIMES, [ref], Timespan(None, None))
        return butler.get(ref)


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of LSSTComCam."""
    return repository(tmp_path_factory.mktemp("storage") / "repo", "LSSTComCam")


@pytest.mark.parametrize("name", RESULTS)
def test_a_table_comes_back(repo: Path, name: str) -> None:
    assert put(repo, name, *RESULTS[name], run=f"u/me/{name}") == RESULTS[name][1]


def test_a_table_is_parsed_once_and_again_when_its_file_has_changed(tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo", "LSSTComCam")
    first = put(repo, "ptc", *RESULTS["ptc"], "again")
    with Butler.from_config(repo, collections="again") as butler:
        file = butler.getURI("ptc", instrument="LSSTComCam", detector=4).ospath
        assert butler.get("ptc", instrument="LSSTComCam", detector=4) is first
        os.utime(file, (0, 0))
        anew = butler.get("ptc", instrument="LSSTComCam", detector=4)
    assert anew is not first
    assert anew == first


def test_a_camera_comes_back(repo: Path) -> None:
    assert put(repo, "camera", "CalibCamera", CAMERA, "u/me/camera") == CAMERA


@pytest.mark.parametrize("name", camera_files.names())
def test_every_camera_is_the_same_when_written_and_read(tmp_path: Path, name: str) -> None:
    camera_files.write(camera_files.find(name), tmp_path / f"{name}.yaml")
    assert camera_files.load(tmp_path / f"{name}.yaml") == camera_files.find(name)


@pytest.fixture(scope="module")
def bias(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str], Frame]:
    """A bias that was generated where all its precursors are certified, and their ids."""
    top = tmp_path_factory.mktemp("bias")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CP_PIPE_DIR", str(CP_PIPE_DIR))
        assert main(["simulate", str(top / "raws"), "--bias=2", "--amp-size=16x16", "--detectors=4"]) == 0
        repo = repository(top / "repo", "LSSTComCam")
        assert main(["repo", "ingest", str(repo), str(top / "raws"), "--camera=LSSTComCam"]) == 0
        for name in CALIBRATIONS:
            put(repo, name, *RESULTS[name], run=f"u/me/{name}")
        pipeline = CP_PIPE_DIR / "pipelines/LSSTComCam/cpBias.yaml"
        inputs = [TIMES, "LSSTComCam/raw/all"]
        made = generate(repo, pipeline, "instrument='LSSTComCam'", inputs=inputs, run="u/me/biasGen")
        (ref,) = [each for each in made if each.datasetType.name == "bias"]
        with Butler.from_config(repo, collections=[f"u/me/{name}" for name in CALIBRATIONS]) as butler:
            ids = {n: str(butler.find_dataset(n, instrument="LSSTComCam", detector=4).id) for n in CALIBRATIONS}
            return repo, ids, butler.get(ref)


def test_a_bias_names_all_that_was_applied(bias: tuple[Path, dict[str, str], Frame]) -> None:
    _, ids, frame = bias
    said = {key: value for key, value in frame.header.items() if key.startswith("LSST CALIB UUID")}
    connections = {"CROSSTALK": "crosstalk", "LINEARIZER": "linearizer", "PTC": "ptc", "DEFERREDCHARGECALIB": "cti"}
    assert said == {f"LSST CALIB UUID {connection}": ids[name] for connection, name in connections.items()}
    assert frame.header["LSST CALIB DATE PTC"] == CARDS["CALIB_CREATION_DATETIME"]
    assert frame.header["LSST CALIB RUN DEFERREDCHARGECALIB"] == "u/me/cti"


def test_the_gains_of_corrected_frames_are_those_of_the_ptc(bias: tuple[Path, dict[str, str], Frame]) -> None:
    repo, _, _ = bias
    with Butler.from_config(repo, collections="u/me/biasGen") as butler:
        frame = butler.get(butler.query_datasets("cpBiasIsrExp")[0])
    assert [frame.header[f"LSST ISR GAIN {name}"] for name in NAMES] == pytest.approx(GAINS)
    assert frame.unit == "adu"


def test_the_bias_is_still_the_structure_of_the_sensor(bias: tuple[Path, dict[str, str], Frame]) -> None:
    segment = CAMERA.segment.scaled_to(16, 16)
    truth = draw(CAMERA.detector(4), segment, seed=1).bias_structure
    assert np.corrcoef(np.median(bias[2].image, axis=0), np.median(truth, axis=0))[0, 1] > 0.3
