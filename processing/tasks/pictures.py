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
from lsst.pipe.base import PipelineTaskConfig, PipelineTaskConnections, Struct
from typing_extensions import override

from processing.butler.draw import subject_of
from processing.pictures.drawing import pictures
from processing.pictures.figure import Subject
from processing.tasks import per
from processing.tasks.connections import deferred
from processing.tasks.quantum import QuantumInputs, QuantumTask


class MosaicConnections(PipelineTaskConnections, dimensions=per.INSTRUMENT):
    """A combined frame per detector, and the focal plane in cells of 8 and of 64 pixels."""

    products = deferred("bias", "CalibFrame", "Combined frames.", per.DETECTOR, is_calibration=True)
    mosaic8 = cT.Output(
        "biasMosaic8", "CalibPicture", "All detectors, in cells of 8 x 8 pixels.", dimensions=per.INSTRUMENT
    )
    mosaic64 = cT.Output(
        "biasMosaic64", "CalibPicture", "All detectors, in cells of 64 x 64 pixels.", dimensions=per.INSTRUMENT
    )


class MosaicConfig(PipelineTaskConfig, pipelineConnections=MosaicConnections):
    """Nothing to choose."""


class DrawTask(QuantumTask):
    """Draw the products of all detectors of a quantum, one read after the other."""

    names: ClassVar[dict[str, str]]
    """Output connections by the end of a picture's name, see `processing.pictures.drawing`."""

    @override
    def process(self, inputs: QuantumInputs) -> Struct:
        handles = sorted(inputs.data["products"], key=lambda handle: handle.dataId["detector"])
        products = ((int(handle.dataId["detector"]), handle.get()) for handle in handles)
        return self.run(subject_of([handle.ref for handle in handles]), products)

    def run(self, subject: Subject, products: Iterable[tuple[int, object]]) -> Struct:
        """Draw products by detector; the pictures have the names of the output connections."""
        drawn = pictures(subject, products)
        return Struct(**{connection: drawn[end] for end, connection in self.names.items()})


class MosaicTask(DrawTask):
    """Draw the mosaics of a bias or a dark."""

    ConfigClass = MosaicConfig
    _DefaultName = "cpMosaic"
    names: ClassVar[dict[str, str]] = {"Mosaic8": "mosaic8", "Mosaic64": "mosaic64"}


class MosaicByFilterConnections(MosaicConnections, dimensions=per.FILTER):
    """As MosaicConnections, for a product per filter."""

    products = deferred("flat", "CalibFrame", "Combined flats.", per.DETECTOR_AND_FILTER, is_calibration=True)
    mosaic8 = cT.Output(
        "flatMosaic8", "CalibPicture", "All detectors, in cells of 8 x 8 pixels.", dimensions=per.FILTER
    )
    mosaic64 = cT.Output(
        "flatMosaic64", "CalibPicture", "All detectors, in cells of 64 x 64 pixels.", dimensions=per.FILTER
    )


class MosaicByFilterConfig(MosaicConfig, pipelineConnections=MosaicByFilterConnections):
    """Nothing to choose."""


class MosaicByFilterTask(MosaicTask):
    """Draw the mosaics of the flat of one filter, with its histograms."""

    ConfigClass = MosaicByFilterConfig
    _DefaultName = "cpMosaicByFilter"


class DefectMapConnections(PipelineTaskConnections, dimensions=per.INSTRUMENT):
    """The defects of every detector, and their map."""

    products = deferred("defects", "CalibDefects", "Defects.", per.DETECTOR, is_calibration=True)
    picture = cT.Output("defectsMosaic", "CalibPicture", "Map of all detectors.", dimensions=per.INSTRUMENT)


class DefectMapConfig(PipelineTaskConfig, pipelineConnections=DefectMapConnections):
    """Nothing to choose."""


class DefectMapTask(DrawTask):
    """Draw where defects are, why, and where they were seen."""

    ConfigClass = DefectMapConfig
    _DefaultName = "cpDefectMap"
    names: ClassVar[dict[str, str]] = {"Mosaic": "picture"}


class TrailsConnections(PipelineTaskConnections, dimensions=per.INSTRUMENT):
    """The charge transfer calibration of every detector, and its trails."""

    products = deferred(
        "cti", "CalibChargeTransfer", "Charge transfer calibrations.", per.DETECTOR, is_calibration=True
    )
    picture = cT.Output("ctiTrails", "CalibPicture", "Trails of all amplifiers.", dimensions=per.INSTRUMENT)


class TrailsConfig(PipelineTaskConfig, pipelineConnections=TrailsConnections):
    """Nothing to choose."""


class TrailsTask(DrawTask):
    """Draw the trails of charge that transfers leave behind."""

    ConfigClass = TrailsConfig
    _DefaultName = "cpCtiTrails"
    names: ClassVar[dict[str, str]] = {"Trails": "picture"}
