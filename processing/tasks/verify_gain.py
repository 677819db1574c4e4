"""Measure gains from pairs of corrected flats of one detector, as a PipelineTask."""

# Connections and configuration fields have the names of cp_verify's.
# ruff: noqa: N803, N815
# The classes take keywords through metaclasses that mypy is told not to look into.
# mypy: disable-error-code="call-arg"

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import lsst.pipe.base.connectionTypes as cT
from lsst.daf.butler import DeferredDatasetHandle
from lsst.pipe.base import PipelineTaskConfig, PipelineTaskConnections, Struct
from typing_extensions import override

from processing.camera import Detector
from processing.provenance import applied_calibrations
from processing.suitability import UnsuitableError
from processing.tasks import per, results
from processing.tasks.connections import deferred
from processing.tasks.isr import CALIBRATIONS, IsrConnections
from processing.tasks.quantum import QuantumInputs, QuantumTask
from processing.verify.gain import measure_gain, pairs
from processing.verify.part import Row
from processing.verify.table import rows

DATASET_TYPES = {name.upper(): IsrConnections.allConnections[name].name for name in CALIBRATIONS}
"""Of the calibrations, by what headers call them."""


class VerifyGainConnections(PipelineTaskConnections, dimensions=per.DETECTOR):
    """The corrected flats of a detector, and what was measured."""

    inputExps = deferred("verifyGainIsrExp", "CalibFrame", "Corrected flats, in ADU.", per.EXPOSURE)
    outputResults = cT.Output(
        "verifyGainDetResults", results.STORAGE_CLASS, "Rows by amplifier and pair.", dimensions=per.DETECTOR
    )


class VerifyGainConfig(PipelineTaskConfig, pipelineConnections=VerifyGainConnections):
    """Nothing to choose: flats of the same filter and exposure time make pairs."""


class VerifyGainTask(QuantumTask):
    """Measure the gain of every amplifier from each pair of flats."""

    ConfigClass = VerifyGainConfig
    _DefaultName = "verifyGainDet"

    @override
    def process(self, inputs: QuantumInputs) -> Struct:
        return self.run(inputs.data["inputExps"], detector=inputs.detector)

    def run(self, inputExps: Sequence[DeferredDatasetHandle], *, detector: Detector) -> Struct:
        """Measure; the rows of a pair are those of its first exposure. Two frames are held at once.

        Raises UnsuitableError without a pair.
        """
        handles = {int(handle.dataId["exposure"]): handle for handle in inputExps}
        kinds = [(number, _kind(handle)) for number, handle in handles.items()]
        if not (paired := pairs(kinds)):
            raise UnsuitableError(
                f"{len(kinds)} flats of detector {detector.id}, no two of one filter and exposure time: select pairs"
            )
        found = [row for first, second in paired for row in _rows(handles[first], handles[second], detector)]
        return Struct(outputResults=results.table(found))


def _kind(handle: DeferredDatasetHandle) -> tuple[Any, ...]:
    record = handle.dataId.records["exposure"]
    return record.physical_filter, record.exposure_time


def _rows(first: DeferredDatasetHandle, second: DeferredDatasetHandle, detector: Detector) -> list[Row]:
    pair = first.get(), second.get()
    used = applied_calibrations(pair[0].header, DATASET_TYPES)
    place = results.place(first.dataId.records["exposure"], detector.id, used)
    return rows("GAIN", place, measure_gain(pair, detector))
