"""The truth of simulated raws becomes calibrations that say it, in files that a curated set takes as they are."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import yaml
from lsst.daf.butler import Butler, DataCoordinate, DatasetRef, DatasetType, FileDataset

from processing import camera_files, defect_file, table_file
from processing.__main__ import main
from processing.effects.brighter_fatter import BrighterFatterKernel
from processing.effects.charge_transfer import ChargeTransfer
from processing.effects.crosstalk import Crosstalk
from processing.effects.linearizer import SplineLinearizer
from processing.effects.photon_transfer import PhotonTransfer
from processing.simulation import curated, nonlinearity, truth
from reconciler.spec.documents import CuratedSet
from reconciler.spec.load import parse
from reconciler.spec.source import Source
from tests.processing.build import repository

HEAD = "kind: CuratedSet\ninstrument: LSSTComCam\nticket: DM-48650\norigin: here/main\n"
EFFECTS = ("--effects=all", "--effect=full_well_e=90000")


@pytest.fixture(scope="module")
def raws(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bias frame of two sensors with all effects."""
    top = tmp_path_factory.mktemp("night") / "raws"
    assert main(["simulate", str(top), "--bias=1", "--amp-size=8x8", "--detectors=0,4", *EFFECTS]) == 0
    return top


@pytest.fixture(scope="module")
def written(raws: Path) -> Path:
    """Its truth as calibrations."""
    assert main(["truth", str(raws), "--into", str(raws.parent / "curated")]) == 0
    return raws.parent / "curated"


def test_every_calibration_comes_back_with_the_truth(raws: Path, written: Path) -> None:
    _, (detector, sensor) = truth.sensors(truth.read_summary(raws))
    name = f"{detector.name}.ecsv"
    assert sensor.crosstalk is not None
    assert sensor.kernel is not None
    assert np.array_equal(table_file.read(Crosstalk, written / "crosstalk" / name).coefficients, sensor.crosstalk)
    kernels = table_file.read(BrighterFatterKernel, written / "bfk" / name).kernels
    assert all(np.array_equal(each, sensor.kernel) for each in kernels)
    ptc = table_file.read(PhotonTransfer, written / "ptc" / name)
    assert np.array_equal(ptc.gain, sensor.gain.astype(np.float64))
    assert ptc.a00 == pytest.approx(-3e-6)
    assert ptc.turn_off == pytest.approx(90_000 / sensor.gain)
    assert table_file.read(ChargeTransfer, written / "cti" / name).serial_cti == pytest.approx(sensor.serial.cti)
    listed = defect_file.read(written / "manual_defects" / name)
    assert np.array_equal(listed.bad, sensor.collection == 0)
    assert camera_files.load(written / "camera/LSSTComCam.yaml") == camera_files.find("LSSTComCam")


def test_the_linearizer_undoes_the_true_curves(raws: Path, written: Path) -> None:
    detector, sensor = next(truth.sensors(truth.read_summary(raws)))
    linearizer = table_file.read(SplineLinearizer, written / "linearizer" / f"{detector.name}.ecsv")
    linear = np.linspace(0, 60_000, 1000, dtype=np.float32)
    assert sensor.curves is not None
    for amplifier, curve in zip(detector.amplifiers, sensor.curves, strict=True):
        read = nonlinearity.bend(linear, curve)
        correction = linearizer.correction(amplifier.name)
        assert correction is not None
        assert np.abs(read + correction.added(read.astype(np.float64)) - linear).max() < 0.05


def test_a_curated_set_takes_the_list_of_files(written: Path) -> None:
    text = HEAD + (written / "datasets.yaml").read_text()
    document, problems = parse(Source("specs/LSSTComCam/DM-48650.yaml", text))
    assert isinstance(document, CuratedSet)
    assert not problems
    datasets = document.datasets
    assert set(datasets) == {"crosstalk", "linearizer", "ptc", "bfk", "cti", "manual_defects", "camera"}
    assert all((written.parent / each.file).is_file() for dataset in datasets.values() for each in dataset.files)
    assert [each.detector for each in datasets["ptc"].files] == [0, 4]


def test_a_date_stands_in_names_and_list(raws: Path, tmp_path: Path) -> None:
    curated.write(raws, tmp_path / "curated", datetime(2024, 11, 7, tzinfo=UTC))
    first = yaml.safe_load((tmp_path / "curated/datasets.yaml").read_text())["datasets"]["ptc"]["files"][0]
    assert first == {"file": "curated/ptc/R22_S00_20241107T000000.ecsv", "detector": 0, "from": "2024-11-07T00:00:00"}


def test_the_same_truth_makes_the_same_bytes(raws: Path, written: Path, tmp_path: Path) -> None:
    for path in curated.write(raws, tmp_path / "curated"):
        assert path.read_bytes() == (written.parent / path.relative_to(tmp_path)).read_bytes()


def test_a_directory_without_truth_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["truth", str(tmp_path), "--into", str(tmp_path / "curated")]) == 1
    assert "truth.json: cannot be read" in capsys.readouterr().err


def test_butler_gives_back_each_calibration(raws: Path, written: Path, tmp_path: Path) -> None:
    listed = yaml.safe_load((written / "datasets.yaml").read_text())["datasets"]
    repo = repository(tmp_path / "repo", "LSSTComCam")
    with Butler.from_config(repo, writeable=True, run="curated") as butler:
        for name, dataset in listed.items():
            dimensions = butler.dimensions.conform(dataset["dimensions"])
            kind = DatasetType(name, dimensions, dataset["storage_class"], isCalibration=True)
            butler.registry.registerDatasetType(kind)
            known = {"instrument": "LSSTComCam"} | {k: v for k, v in dataset["files"][0].items() if k == "detector"}
            ref = DatasetRef(kind, DataCoordinate.standardize(known, dimensions=dimensions), "curated")
            butler.ingest(FileDataset(str(written.parent / dataset["files"][0]["file"]), [ref]), transfer="copy")
        detector, sensor = next(truth.sensors(truth.read_summary(raws)))
        expected = curated.calibrations(detector, sensor, "LSSTComCam")
        back = {name: butler.get(name, instrument="LSSTComCam", detector=0) for name in expected}
        assert butler.get("camera", instrument="LSSTComCam") == camera_files.find("LSSTComCam")
    assert back == expected
