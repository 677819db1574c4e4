"""Tell a registry what a camera is: instrument, detectors and filters. Idempotent."""

from __future__ import annotations

from lsst.daf.butler import DatasetType, Registry

from processing.camera import Camera, CameraError
from processing.observation import SEQUENCES_PER_DAY

INSTRUMENT_MODULE = "processing.butler.instrument"
LONGEST_CLASS_NAME = 64
"""Butler's column for the class of an instrument holds no more."""


def class_name(camera: Camera) -> str:
    """The importable class of this camera's instrument."""
    name = f"{INSTRUMENT_MODULE}.{camera.identifier}"
    if len(name) > LONGEST_CLASS_NAME:
        raise CameraError(f"{camera.name}: its class {name} is longer than {LONGEST_CLASS_NAME} characters")
    return name


def register(registry: Registry, camera: Camera, *, update: bool = False) -> None:
    """Insert the camera's records; what is there already and differs is only changed with `update`."""
    detectors = len(camera.detectors)
    with registry.transaction():
        registry.syncDimensionData(
            "instrument",
            {
                "name": camera.name,
                "class_name": class_name(camera),
                "detector_max": 1 + max(d.id for d in camera.detectors),
                "exposure_max": 2100_12_31 * SEQUENCES_PER_DAY,
                "visit_max": 2100_12_31 * SEQUENCES_PER_DAY,
            },
            update=update,
        )
        for detector in camera.detectors:
            record = {"id": detector.id, "full_name": detector.name, "purpose": "SCIENCE"}
            if detectors > 1 and "_" in detector.name:
                raft, name = detector.name.split("_", 1)
                record |= {"raft": raft, "name_in_raft": name}
            registry.syncDimensionData("detector", {"instrument": camera.name, **record}, update=update)
        for name, band in camera.filters.items():
            record = {"instrument": camera.name, "name": name, "band": band}
            registry.syncDimensionData("physical_filter", record, update=update)


def raw_type(registry: Registry) -> DatasetType:
    """The dataset type of raws."""
    dimensions = registry.dimensions.conform(["instrument", "exposure", "detector"])
    return DatasetType("raw", dimensions, "RawFrame")
