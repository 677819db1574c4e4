"""Flats of several levels, simulated pixel by pixel of each register, become a charge transfer calibration."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from astropy.table import QTable
from lsst.daf.butler import Butler, DatasetRef, DatasetType
from lsst.pipe.base.mp_graph_executor import MPGraphExecutorError

from processing import camera_files, layout, table_file
from processing.__main__ import main
from processing.defect_boxes import Defects
from processing.effects.charge_transfer import ChargeTransfer, Transfer
from processing.effects.linearizer import SplineLinearizer
from tests.processing.build import CP_PIPE_DIR, certify, generate, repository

CAMERA = "LSSTComCam"
RAWS = f"{CAMERA}/raw/all"
TICKET = f"{CAMERA}/calib/DM-1"
PIPELINE = CP_PIPE_DIR / f"pipelines/{CAMERA}/cpCti.yaml"
SHAPE = 2 * 192, 8 * 128
TRANSFERS = {"serial": 128 + 1, "parallel": 192}
LEVELS = (200, 3_000, 10_000, 25_000, 50_000, 80_000, 200_000)
EFFECTS = ("serial_cti=2e-5", "serial_traps_e=0.6", "parallel_cti=2e-5", "parallel_traps_e=0.4", "nonlinearity=0.01")


@dataclass(frozen=True)
class Night:
    """A repository in which the charge transfer of two detectors was measured."""

    repo: Path
    curated: Path
    made: Sequence[DatasetRef]

    def get(self, detector: int) -> ChargeTransfer:
        """The calibration of a detector."""
        with Butler.from_config(self.repo) as butler:
            found: ChargeTransfer = butler.get(self.ref(detector))
        return found

    def ref(self, detector: int) -> DatasetRef:
        """The same as a dataset."""
        return next(ref for ref in self.made if ref.dataId["detector"] == detector)

    def truth(self) -> ChargeTransfer:
        """What the simulator says of detector 0; the other has the same."""
        return table_file.read(ChargeTransfer, self.curated / "cti/R22_S00.ecsv")


def put(repo: Path, name: str, storage_class: str, value: Any, detector: int) -> DatasetRef:
    """A calibration as if somebody had made it before."""
    with Butler.from_config(repo, writeable=True, run=f"{CAMERA}/calib/given") as butler:
        dimensions = butler.dimensions.conform(["instrument", "detector"])
        butler.registry.registerDatasetType(DatasetType(name, dimensions, storage_class, isCalibration=True))
        return butler.put(value, name, instrument=CAMERA, detector=detector)


def measure(repo: Path, run: str, *, exposures: str = "exposure > 0") -> list[DatasetRef]:
    """Run the pipeline on these exposures."""
    selection = f"instrument='{CAMERA}' and exposure.observation_type='flat' and {exposures}"
    return generate(repo, PIPELINE, selection, inputs=[f"{TICKET}/given", RAWS], run=run)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """Seven levels on two detectors; the first is too faint, the last saturates. Detector 0 has a linearizer."""
    top = tmp_path_factory.mktemp("cti")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CP_PIPE_DIR", str(CP_PIPE_DIR))
        flats = f"--flat=r:1:{','.join(str(level) for level in LEVELS)}"
        options = [flats, "--amp-size=128x192", "--detectors=0,4", f"--curated={top / 'curated'}"]
        assert main(["simulate", str(top / "raws"), *options, *(f"--effect={each}" for each in EFFECTS)]) == 0
        repo = repository(top / "repo", CAMERA)
        assert main(["repo", "ingest", str(repo), str(top / "raws"), f"--camera={CAMERA}"]) == 0
        linearizer = table_file.read(SplineLinearizer, top / "curated/linearizer/R22_S00.ecsv")
        given = [
            put(repo, "linearizer", "CalibLinearizer", linearizer, 0),
            put(repo, "defects", "CalibDefects", Defects((), SHAPE), 4),
        ]
        certify(repo, f"{TICKET}/given", given)
        yield Night(repo, top / "curated", measure(repo, f"{TICKET}/ctiGen/run"))


def deferred_e(transfer: Transfer, signal_e: Any, transfers: int) -> Any:
    """All charge that a packet leaves behind on its way."""
    return transfer.cti * transfers * signal_e + transfer.held_e(signal_e, transfers)


@pytest.mark.parametrize("detector", [0, 4])
@pytest.mark.parametrize("direction", ["serial", "parallel"])
def test_the_simulated_deferred_charge_is_found_above_ten_thousand_electrons(
    night: Night, detector: int, direction: str
) -> None:
    signal = np.geomspace(10_000, 100_000, 8)
    measured = night.get(detector)
    models = [getattr(measured.amplifier(name), direction) for name in measured.amplifiers]
    found = [deferred_e(model, signal, TRANSFERS[direction]) for model in models]
    true = deferred_e(getattr(night.truth().amplifier("C00"), direction), signal, TRANSFERS[direction])
    np.testing.assert_allclose(np.mean(found, axis=0), true, rtol=0.05)


def test_calibrations_are_one_per_detector_of_cp_pipes_type(night: Night) -> None:
    assert sorted(ref.dataId["detector"] for ref in night.made) == [0, 4]
    assert {ref.datasetType.name for ref in night.made} == {"cti"}


def test_statistics_are_kept_by_exposure_as_cp_pipes_are(night: Night) -> None:
    with Butler.from_config(night.repo) as butler:
        kind = butler.get_dataset_type("cpCtiStatistics")
        refs = butler.query_datasets("cpCtiStatistics", "*", find_first=False)
    assert set(kind.dimensions.required) == {"instrument", "exposure", "detector"}
    assert not kind.isCalibration()
    assert len(refs) == 2 * len(LEVELS)


def test_the_calibration_names_its_exposures_and_calibrations(night: Night) -> None:
    header = night.get(0).header
    assert header["OBSTYPE"] == "cti"
    assert header["DETNAME"] == "R22_S00"
    assert [header[f"CPP_INPUT_{n}"] for n in range(7)] == [2024120800001 + n for n in range(7)]
    assert header["LSST CALIB RUN LINEARIZER"] == f"{CAMERA}/calib/given"
    assert not any("DEFECTS" in key for key in header)
    assert str(header["SOFTWARE"]).startswith("processing ")


def test_the_calibration_names_the_flats_that_were_left_out(night: Night) -> None:
    remarks = [str(night.get(4).header[f"REMARK{n:02d}"]) for n in range(2)]
    assert remarks[0].startswith("left-out-flats: exposure 2024120800001 for C10")
    assert remarks[0].endswith("fainter than 1000 e-")
    assert remarks[1].startswith("left-out-flats: exposure 2024120800007 for C10")
    assert remarks[1].endswith("saturated")


def test_the_file_is_a_table_for_astropy(night: Night) -> None:
    with Butler.from_config(night.repo) as butler:
        table = QTable.read(butler.getURI(night.ref(0)).ospath)
    assert len(table) == 16
    assert table["parallel_trap_size_e"].unit.name == "electron"
    assert table.meta["header"]["CALIB_CREATION_DATETIME"]


def test_left_out_flats_are_warned_of_by_name(night: Night, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        measure(night.repo, f"{TICKET}/ctiGen/warned", exposures="detector = 4")
    assert any("exposure 2024120800007 for C10" in each.getMessage() for each in caplog.records)


def test_two_levels_are_too_few(night: Night, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(MPGraphExecutorError):
        measure(night.repo, f"{TICKET}/ctiGen/few", exposures="exposure in (2024120800003, 2024120800004)")
    assert "no amplifier can be measured: C10: 2 usable exposures, at least 3 needed" in caplog.text


def test_a_camera_without_overscan_has_no_pipeline_for_it() -> None:
    assert "cti" not in layout.products(camera_files.find("SBIG-STL-1001E"))
    assert "cti" in layout.products(camera_files.find(CAMERA))


def test_the_template_selects_and_clusters_as_cp_pipes() -> None:
    template = yaml.safe_load((CP_PIPE_DIR / "bps/templates/bps_cti.yaml").read_text())
    assert template["payload"]["dataQuery"] == "${SELECTION_PTC_CTI}"
    assert template["payload"]["output"].endswith("/calib/${TICKET}/${TAG}/ctiGen.${RERUN}")
    assert template["cluster"] == {"cpCtiIsrByExposure": {"pipetasks": "cpCtiIsr", "dimensions": "exposure"}}
