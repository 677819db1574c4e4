"""The truth of simulated raws as calibrations: what a laboratory would have measured, were it never wrong.

    <DIR>/crosstalk/<DETECTOR>.ecsv         and linearizer, ptc, bfk, cti, manual_defects (the dead columns)
    <DIR>/camera/<CAMERA>.yaml
    <DIR>/datasets.yaml                     what a CuratedSet beside <DIR> says of these files under `datasets:`

With a date, file names and datasets.yaml have it too. The same truth makes the same bytes, whenever it is written.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from processing import camera_files, defect_file, table_file
from processing.camera import Detector
from processing.defect_boxes import Defects, Origin, Reason, boxes_of, flag
from processing.effects.brighter_fatter import BrighterFatterKernel
from processing.effects.charge_transfer import AmplifierTransfer, ChargeTransfer, Transfer, charge_transfer
from processing.effects.crosstalk import Crosstalk
from processing.effects.linearizer import SplineLinearizer
from processing.effects.photon_transfer import PhotonTransfer
from processing.simulation import nonlinearity, truth
from processing.simulation.brighter_fatter import a_matrix, centre
from processing.simulation.charge_transfer import CLOUD_E, Register
from processing.simulation.nonlinearity import FULL_SCALE_ADU
from processing.simulation.sensor import Sensor
from processing.table_file import Table

STORAGE_CLASSES = {
    "crosstalk": "CalibCrosstalk",
    "linearizer": "CalibLinearizer",
    "ptc": "CalibPhotonTransfer",
    "bfk": "CalibKernel",
    "cti": "CalibChargeTransfer",
    "manual_defects": "CalibDefects",
}
"""By dataset type, each with dimensions (instrument, detector)."""

LINEARIZER_NODES = 65
UNBENT_KERNEL = np.zeros((5, 5))


def write(raws: Path, into: Path, date: datetime | None = None) -> list[Path]:
    """Write all calibrations of the sensors in `raws`, a directory that was simulated; returns the files' paths.

    `date` (UTC) is from when they hold; without one they always do.
    """
    summary = truth.read_summary(raws)
    name = str(summary["camera"])
    datasets: dict[str, Any] = {
        dataset_type: {"storage_class": kind, "dimensions": ["instrument", "detector"], "files": []}
        for dataset_type, kind in STORAGE_CLASSES.items()
    }
    for detector, sensor in truth.sensors(summary):
        for dataset_type, result in calibrations(detector, sensor, name).items():
            path = _write(result, into / dataset_type, _stem(detector.name, date))
            datasets[dataset_type]["files"].append(_entry(path, into, date, detector.id))
    files = [_entry(_copy_camera(name, into / "camera"), into)]
    datasets["camera"] = {"storage_class": "CalibCamera", "dimensions": ["instrument"], "files": files}
    listing = into / "datasets.yaml"
    listing.write_text(yaml.safe_dump({"datasets": datasets}, sort_keys=False), encoding="utf-8")
    return [into.parent / file["file"] for dataset in datasets.values() for file in dataset["files"]] + [listing]


def calibrations(detector: Detector, sensor: Sensor, camera: str) -> dict[str, Table | Defects]:
    """All that is true of one sensor, by dataset type."""
    cards = {"SOFTWARE": "processing.simulation", "INSTRUME": camera, "DETNAME": detector.name}
    return {
        "crosstalk": crosstalk(detector, sensor, {"OBSTYPE": "crosstalk", **cards}),
        "linearizer": linearizer(detector, sensor, {"OBSTYPE": "linearizer", **cards}),
        "ptc": photon_transfer(detector, sensor, {"OBSTYPE": "ptc", **cards}),
        "bfk": kernel(detector, sensor, {"OBSTYPE": "bfk", **cards}),
        "cti": transfer(detector, sensor, {"OBSTYPE": "cti", **cards}),
        "manual_defects": dead_columns(sensor, {"OBSTYPE": "defects", **cards}),
    }


def crosstalk(detector: Detector, sensor: Sensor, cards: dict[str, Any]) -> Crosstalk:
    """The true couplings."""
    n = len(detector.amplifiers)
    matrix = np.zeros((n, n)) if sensor.crosstalk is None else sensor.crosstalk
    return Crosstalk(amplifiers=_names(detector), coefficients=matrix, header=cards)


def linearizer(detector: Detector, sensor: Sensor, cards: dict[str, Any]) -> SplineLinearizer:
    """Splines through the inverse of the true curves."""
    n = len(detector.amplifiers)
    curves = np.zeros((n, 3)) if sensor.curves is None else sensor.curves
    nodes, values = zip(*(nonlinearity.table(each, LINEARIZER_NODES) for each in curves), strict=True)
    return SplineLinearizer(amplifiers=_names(detector), nodes=np.array(nodes), values=np.array(values), header=cards)


def photon_transfer(detector: Detector, sensor: Sensor, cards: dict[str, Any]) -> PhotonTransfer:
    """True gain, noise and a00; the turn-off is where the full well or the converter ends."""
    n = len(detector.amplifiers)
    a00 = 0.0 if sensor.kernel is None else centre(a_matrix(sensor.kernel))
    top = FULL_SCALE_ADU - sensor.bias_level
    if sensor.full_well_e is not None:
        top = np.minimum(top, sensor.full_well_e / sensor.gain)
    return PhotonTransfer(
        amplifiers=_names(detector),
        gain=sensor.gain.astype(np.float64),
        read_noise=sensor.read_noise.astype(np.float64),
        a00=np.full(n, a00),
        turn_off=top.astype(np.float64),
        model="none",
        header=cards,
    )


def kernel(detector: Detector, sensor: Sensor, cards: dict[str, Any]) -> BrighterFatterKernel:
    """The kernel with which boundaries move."""
    one = UNBENT_KERNEL if sensor.kernel is None else sensor.kernel
    kernels = np.repeat(one[np.newaxis], len(detector.amplifiers), axis=0)
    return BrighterFatterKernel(amplifiers=_names(detector), kernels=kernels, header=cards)


def transfer(detector: Detector, sensor: Sensor, cards: dict[str, Any]) -> ChargeTransfer:
    """The law of the pixels' traps."""
    model = AmplifierTransfer(serial=_law(sensor.serial), parallel=_law(sensor.parallel))
    return charge_transfer(_names(detector), [model] * len(detector.amplifiers), header=cards)


def dead_columns(sensor: Sensor, cards: dict[str, Any]) -> Defects:
    """The columns that give no charge, as somebody would list them who has seen a frame."""
    listed = np.where(sensor.defects == Reason.COLUMN.value, flag(Reason.LISTED, Origin.MANUAL), 0)
    rows, columns = listed.shape
    return Defects(boxes_of(listed.astype(np.uint16)), (rows, columns), cards)


def _law(register: Register) -> Transfer:
    return Transfer(
        cti=register.cti,
        trap_size_e=register.trap_size_e,
        emission_time=register.release_transfers,
        fill_power=0.5,
        full_well_e=CLOUD_E,
    )


def _names(detector: Detector) -> tuple[str, ...]:
    return tuple(a.name for a in detector.amplifiers)


def _stem(name: str, date: datetime | None) -> str:
    return f"{name}_{date:%Y%m%dT%H%M%S}" if date else name


def _write(result: Table | Defects, directory: Path, stem: str) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{stem}.ecsv"
    if isinstance(result, Defects):
        defect_file.write(result, path)
    else:
        table_file.write(result, path)
    return path


def _entry(path: Path, into: Path, date: datetime | None = None, detector: int | None = None) -> dict[str, Any]:
    entry: dict[str, Any] = {"file": path.relative_to(into.parent).as_posix()}
    if detector is not None:
        entry["detector"] = detector
    return entry | ({"from": f"{date:%Y-%m-%dT%H:%M:%S}"} if date else {})


def _copy_camera(name: str, directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{name}.yaml"
    found = next(each for d in camera_files.directories() if (each := d / f"{name}.yaml").is_file())
    path.write_bytes(found.read_bytes())
    return path
