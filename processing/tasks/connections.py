"""Connections of the shapes that recur: the calibrations that go in and come out, and what is read bit by bit."""

from __future__ import annotations

from typing import Any

import lsst.pipe.base.connectionTypes as cT

from processing.tasks import per


def deferred(
    name: str, storage_class: str, doc: str, dimensions: tuple[str, ...], *, is_calibration: bool = False
) -> Any:
    """All datasets of a quantum, each read when the task asks its handle."""
    return cT.Input(
        name, storage_class, doc, multiple=True, dimensions=dimensions, isCalibration=is_calibration, deferLoad=True
    )


def prerequisite(
    name: str, storage_class: str, doc: str, dimensions: tuple[str, ...] = per.DETECTOR, *, minimum: int = 0
) -> Any:
    """A calibration that is valid at the exposure; with `minimum` 0 it may be missing."""
    return cT.PrerequisiteInput(name, storage_class, doc, dimensions=dimensions, isCalibration=True, minimum=minimum)


def product(name: str, storage_class: str, doc: str, dimensions: tuple[str, ...] = per.DETECTOR) -> Any:
    """A calibration that is made, to be certified."""
    return cT.Output(name, storage_class, doc, dimensions=dimensions, isCalibration=True)
