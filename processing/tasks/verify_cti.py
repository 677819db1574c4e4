"""Measure the charge that is left behind in one flat beyond what its calibration corrects, as a PipelineTask.

cp_verify has nothing of the kind; names and dataset types are as it would have them.
"""

# Connections and configuration fields have cp_pipe's names.
# Connections have the names of pipe_tasks'.
# ruff: noqa: N815
# The classes take keywords through metaclasses that mypy is told not to look into.
# mypy: disable-error-code="call-arg"

from __future__ import annotations

from dataclasses import replace

import lsst.pipe.base.connectionTypes as cT
from lsst.pipe.base import Struct
from typing_extensions import override

from processing.tasks import per, results
from processing.tasks.connections import prerequisite
from processing.tasks.cti import CtiIsrConfig, CtiIsrConnections, CtiIsrTask
from processing.tasks.quantum import QuantumInputs
from processing.verify.cti import measure_cti
from processing.verify.table import rows


class VerifyCtiConnections(CtiIsrConnections, dimensions=per.EXPOSURE):
    """A flat as it was read, the calibration, and what was measured."""

    deferredChargeCalib = prerequisite("cti", "CalibChargeTransfer", "Charge transfer.", minimum=1)
    outputResults = cT.Output(
        "verifyCtiDetResults", results.STORAGE_CLASS, "Rows by amplifier.", dimensions=per.EXPOSURE
    )

    def __init__(self, *, config: VerifyCtiConfig) -> None:
        """Trails are measured and not kept."""
        super().__init__(config=config)
        del self.outputStatistics


class VerifyCtiConfig(CtiIsrConfig, pipelineConnections=VerifyCtiConnections):
    """As CtiIsrConfig."""


class VerifyCtiTask(CtiIsrTask):
    """Measure the residual CTI of one flat on one detector."""

    ConfigClass = VerifyCtiConfig
    _DefaultName = "verifyCtiDet"

    @override
    def process(self, inputs: QuantumInputs) -> Struct:
        names = ["deferredChargeCalib", *(["linearizer"] if self.config.doLinearize else [])]
        names += ["defects"] if self.config.doDefect else []
        used = results.used(inputs, names, self.config.connections)
        place = results.place(inputs.data_id.records["exposure"], inputs.data_id["detector"], used)
        data = dict(inputs.data)
        calibration = data.pop("deferredChargeCalib")
        trails = super().process(replace(inputs, data=data)).outputStatistics
        return Struct(outputResults=results.table(rows("CTI", place, measure_cti(trails, calibration))))
