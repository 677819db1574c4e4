"""Pictures of corrected exposures, all detectors in one: what is left once the calibrations are applied."""

# Connections have the names of pipe_tasks'.
# ruff: noqa: N815
# The classes take keywords through metaclasses that mypy is told not to look into.
# mypy: disable-error-code="call-arg"

from __future__ import annotations

from collections.abc import Mapping

import lsst.pex.config as pex
import lsst.pipe.base.connectionTypes as cT
from lsst.pipe.base import PipelineTaskConfig, PipelineTaskConnections, Struct
from typing_extensions import override

from processing.pictures.binning import Binned
from processing.pictures.drawing import FINE
from processing.pictures.figure import Subject, png
from processing.pictures.mosaic import mosaic
from processing.tasks import per
from processing.tasks.quantum import QuantumInputs, QuantumTask


class MosaicExpConnections(PipelineTaskConnections, dimensions=per.WHOLE_EXPOSURE):
    """The binned frames of an exposure, and their mosaic."""

    inputExps = cT.Input(
        "verifyBiasIsrExpBin8",
        "CalibBinned",
        "Corrected frames in cells of 8 pixels.",
        multiple=True,
        dimensions=per.EXPOSURE,
    )
    outputData = cT.Output("verifyBiasResidual8", "CalibPicture", "All detectors.", dimensions=per.WHOLE_EXPOSURE)


class MosaicExpConfig(PipelineTaskConfig, pipelineConnections=MosaicExpConnections):
    """How coarse it is."""

    binning = pex.RangeField[int](doc="Pixels along a cell: 8, or a multiple of it.", default=FINE, min=FINE)

    @override
    def validate(self) -> None:
        super().validate()
        if self.binning % FINE:
            raise ValueError(f"binning is {self.binning}: expected a multiple of {FINE}, the cells that are read")


class MosaicExpTask(QuantumTask):
    """Draw the mosaic of one exposure."""

    ConfigClass = MosaicExpConfig
    _DefaultName = "mosaicExp"

    @override
    def process(self, inputs: QuantumInputs) -> Struct:
        refs = inputs.refs.inputExps
        cells = {int(r.dataId["detector"]): found for r, found in zip(refs, inputs.data["inputExps"], strict=True)}
        record = inputs.data_id.records["exposure"]
        name = self.config.connections.outputData
        subject = Subject(inputs.camera, f"{name} of {record.id}", record.physical_filter, refs[0].run)
        return self.run(subject, dict(sorted(cells.items())))

    def run(self, subject: Subject, cells: Mapping[int, Binned]) -> Struct:
        """Draw; `outputData` is a Picture."""
        coarse = {number: each.by(self.config.binning // FINE) for number, each in cells.items()}
        return Struct(outputData=png(mosaic(subject, coarse)))
