"""Pictures of the products of a pipeline, as PipelineTasks, so that whoever builds them can look at them.

Data sets are named as cp_pipe names them: `biasMosaic8` and `biasMosaic64`. Other than there, one quantum reads each
product once and draws both, for all detectors: there is no `biasBin8` by detector in between, and what is stored
is a PNG with labels and units instead of a FITS image.
"""

# The classes take keywords through metaclasses that mypy is told not to look into.
# mypy: disable-error-code="call-arg"

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import lsst.pipe.base.connectionTypes as cT
from lsst.pipe.base import (
    InputQuantizedConnection,
    OutputQuantizedConnection,
    PipelineTask,
    PipelineTaskConfig,
    PipelineTaskConnections,
    QuantumContext,
    Struct,
)
from typing_extensions import override

from processing.butler.draw import subject_of
from processing.pictures.drawing import pictures
from processing.pictures.figure import Subject


class MosaicConnections(PipelineTaskConnections, dimensions=("instrument",)):
    """A combined frame per detector, and the focal plane in cells of 8 and of 64 pixels."""

    products = cT.Input(
        doc="Combined frames.",
        name="bias",
        storageClass="CalibFrame",
        dimensions=("instrument", "detector"),
        multiple=True,
        deferLoad=True,
        isCalibration=True,
    )
    mosaic8 = cT.Output(
        doc="All detectors, in cells of 8 x 8 pixels.",
        name="biasMosaic8",
        storageClass="CalibPicture",
        dimensions=("instrument",),
    )
    mosaic64 = cT.Output(
        doc="All detectors, in cells of 64 x 64 pixels.",
        name="biasMosaic64",
        storageClass="CalibPicture",
        dimensions=("instrument",),
    )


class MosaicConfig(PipelineTaskConfig, pipelineConnections=MosaicConnections):
    """Nothing to choose."""


class DrawTask(PipelineTask):
    """Draw the products of all detectors of a quantum, one read after the other."""

    names: ClassVar[dict[str, str]]
    """Output connections by the end of a picture's name, see `processing.pictures.drawing`."""

    @override
    def runQuantum(
        self,
        butlerQC: QuantumContext,
        inputRefs: InputQuantizedConnection,
        outputRefs: OutputQuantizedConnection,
    ) -> None:
        refs = sorted(inputRefs.products, key=lambda ref: ref.dataId["detector"])
        products = ((int(ref.dataId["detector"]), butlerQC.get(ref).get()) for ref in refs)
        butlerQC.put(self.run(subject_of(refs), products), outputRefs)

    def run(self, subject: Subject, products: Iterable[tuple[int, object]]) -> Struct:
        """Draw products by detector; the pictures have the names of the output connections."""
        drawn = pictures(subject, products)
        return Struct(**{connection: drawn[end] for end, connection in self.names.items()})


class MosaicTask(DrawTask):
    """Draw the mosaics of a bias or a dark."""

    ConfigClass = MosaicConfig
    _DefaultName = "cpMosaic"
    names: ClassVar[dict[str, str]] = {"Mosaic8": "mosaic8", "Mosaic64": "mosaic64"}


class MosaicByFilterConnections(MosaicConnections, dimensions=("instrument", "physical_filter")):
    """As MosaicConnections, for a product per filter."""

    products = cT.Input(
        doc="Combined flats.",
        name="flat",
        storageClass="CalibFrame",
        dimensions=("instrument", "detector", "physical_filter"),
        multiple=True,
        deferLoad=True,
        isCalibration=True,
    )
    mosaic8 = cT.Output(
        doc="All detectors, in cells of 8 x 8 pixels.",
        name="flatMosaic8",
        storageClass="CalibPicture",
        dimensions=("instrument", "physical_filter"),
    )
    mosaic64 = cT.Output(
        doc="All detectors, in cells of 64 x 64 pixels.",
        name="flatMosaic64",
        storageClass="CalibPicture",
        dimensions=("instrument", "physical_filter"),
    )


class MosaicByFilterConfig(MosaicConfig, pipelineConnections=MosaicByFilterConnections):
    """Nothing to choose."""


class MosaicByFilterTask(MosaicTask):
    """Draw the mosaics of the flat of one filter, with its histograms."""

    ConfigClass = MosaicByFilterConfig
    _DefaultName = "cpMosaicByFilter"


class DefectMapConnections(PipelineTaskConnections, dimensions=("instrument",)):
    """The defects of every detector, and their map."""

    products = cT.Input(
        doc="Defects.",
        name="defects",
        storageClass="CalibDefects",
        dimensions=("instrument", "detector"),
        multiple=True,
        deferLoad=True,
        isCalibration=True,
    )
    picture = cT.Output(
        doc="Map of all detectors.", name="defectsMosaic", storageClass="CalibPicture", dimensions=("instrument",)
    )


class DefectMapConfig(PipelineTaskConfig, pipelineConnections=DefectMapConnections):
    """Nothing to choose."""


class DefectMapTask(DrawTask):
    """Draw where defects are, why, and where they were seen."""

    ConfigClass = DefectMapConfig
    _DefaultName = "cpDefectMap"
    names: ClassVar[dict[str, str]] = {"Mosaic": "picture"}


class TrailsConnections(PipelineTaskConnections, dimensions=("instrument",)):
    """The charge transfer calibration of every detector, and its trails."""

    products = cT.Input(
        doc="Charge transfer calibrations.",
        name="cti",
        storageClass="CalibChargeTransfer",
        dimensions=("instrument", "detector"),
        multiple=True,
        deferLoad=True,
        isCalibration=True,
    )
    picture = cT.Output(
        doc="Trails of all amplifiers.", name="ctiTrails", storageClass="CalibPicture", dimensions=("instrument",)
    )


class TrailsConfig(PipelineTaskConfig, pipelineConnections=TrailsConnections):
    """Nothing to choose."""


class TrailsTask(DrawTask):
    """Draw the trails of charge that transfers leave behind."""

    ConfigClass = TrailsConfig
    _DefaultName = "cpCtiTrails"
    names: ClassVar[dict[str, str]] = {"Trails": "picture"}
