"""Defects of one detector from its combined bias, dark and flats, as PipelineTasks: measure each, then merge."""

# Connections and configuration fields have cp_pipe's names, so that its templates and overrides fit.
# ruff: noqa: N803, N815
# The classes take keywords through metaclasses that mypy is told not to look into.
# mypy: disable-error-code="call-arg"

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import lsst.pex.config as pex
import lsst.pipe.base.connectionTypes as cT
from lsst.daf.butler import DataCoordinate, DatasetRef
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

from processing.butler.instrument import CameraInstrument
from processing.camera import Detector
from processing.defect_boxes import DefectError, Defects, Flags, Origin, boxes_of
from processing.defects import Criteria, border, count, find_defects, merge
from processing.frame import Frame
from processing.provenance import Cards, calibration_cards, derived_cards

KINDS = {"bias": Origin.BIAS, "dark": Origin.DARK, "flat": Origin.FLAT}
"""What a combined frame is, by the OBSTYPE of its header."""


class MeasureDefectsConnections(PipelineTaskConnections, dimensions=("instrument", "detector")):
    """A combined frame and its defects."""

    inputExp = cT.Input(
        doc="Combined frame.",
        name="dark",
        storageClass="CalibFrame",
        dimensions=("instrument", "detector"),
        isCalibration=True,
    )
    outputDefects = cT.Output(
        doc="Defects of this frame alone.",
        name="cpDefectsFromDark",
        storageClass="CalibDefects",
        dimensions=("instrument", "detector"),
    )


class MeasureDefectsConfig(PipelineTaskConfig, pipelineConnections=MeasureDefectsConnections):
    """When a pixel is a defect; see `processing.defects.Criteria`."""

    thresholdType = pex.ChoiceField[str](
        doc="What thresholds are.",
        allowed={"VALUE": "values of the pixels", "STDEV": "multiples of the scatter in the amplifier"},
        default="STDEV",
    )
    biasThreshold = pex.Field[float](doc="VALUE: ADU above the level of a bias.", default=1000.0)
    darkCurrentThreshold = pex.Field[float](doc="VALUE: dark current, e-/s.", default=5.0)
    fracThresholdFlat = pex.Field[float](doc="VALUE: fraction of the level of a flat.", default=0.8)
    nSigmaBright = pex.RangeField[float](doc="STDEV: above the level.", default=4.8, min=0.0)
    nSigmaDark = pex.RangeField[float](doc="STDEV: in a flat, below the level: negative.", default=-5.0, max=0.0)
    badOnAndOffPixelColumnThreshold = pex.Field[int](
        doc="In a column with so many bad pixels, the good ones between them are bad too; negative: never.", default=50
    )
    goodPixelColumnGapThreshold = pex.Field[int](doc="... unless so many stand together.", default=30)
    badPixelsToFillColumnThreshold = pex.Field[int](
        doc="An amplifier's column with more bad pixels is bad as a whole; negative: never.", default=-1
    )
    saturatedPixelsToFillColumnThreshold = pex.Field[int](
        doc="The same, counting pixels without a measurement, as saturated ones are; negative: never.", default=-1
    )
    saturatedColumnDilationRadius = pex.RangeField[int](
        doc="Pixels along rows around those without a measurement that are bad too.", default=0, min=0
    )

    def criteria(self) -> Criteria:
        """The same as a value."""
        return Criteria(
            threshold_type=self.thresholdType,
            bias_adu=self.biasThreshold,
            dark_e_per_s=self.darkCurrentThreshold,
            flat_fraction=self.fracThresholdFlat,
            sigma_bright=self.nSigmaBright,
            sigma_dark=-self.nSigmaDark,
            bad_pixels_to_fill_column=_or_none(self.badPixelsToFillColumnThreshold),
            lost_pixels_to_fill_column=_or_none(self.saturatedPixelsToFillColumnThreshold),
            lost_dilation=self.saturatedColumnDilationRadius,
            blinking_column=_or_none(self.badOnAndOffPixelColumnThreshold),
            blinking_gap=self.goodPixelColumnGapThreshold,
        )


class MeasureDefectsTask(PipelineTask):
    """Find the defects that one combined frame shows."""

    ConfigClass = MeasureDefectsConfig
    _DefaultName = "cpDefectMeasureCombined"

    @override
    def runQuantum(
        self,
        butlerQC: QuantumContext,
        inputRefs: InputQuantizedConnection,
        outputRefs: OutputQuantizedConnection,
    ) -> None:
        combined = butlerQC.get(inputRefs.inputExp)
        detector = _detector(butlerQC.quantum.dataId)
        butlerQC.put(self.run(combined, detector=detector, applied=_named(inputRefs.inputExp, combined)), outputRefs)

    def run(self, inputExp: Frame, *, detector: Detector, applied: Cards) -> Struct:
        """Measure; `outputDefects` names the frame (`applied`) and the exposures that it was made of."""
        found = find_defects(inputExp, _kind(inputExp), detector, self.config.criteria())
        return Struct(outputDefects=_defects(found, detector, [inputExp.header], applied))


class MeasureDefectsByFilterConnections(
    MeasureDefectsConnections, dimensions=("instrument", "detector", "physical_filter")
):
    """As MeasureDefectsConnections, for a flat."""

    inputExp = cT.Input(
        doc="Combined flat.",
        name="flat",
        storageClass="CalibFrame",
        dimensions=("instrument", "detector", "physical_filter"),
        isCalibration=True,
    )
    outputDefects = cT.Output(
        doc="Defects of this flat alone.",
        name="cpDefectsFromFlat",
        storageClass="CalibDefects",
        dimensions=("instrument", "detector", "physical_filter"),
    )


class MeasureDefectsByFilterConfig(MeasureDefectsConfig, pipelineConnections=MeasureDefectsByFilterConnections):
    """As MeasureDefectsConfig, for a flat."""


class MeasureDefectsByFilterTask(MeasureDefectsTask):
    """Find the defects that the flat of one filter shows."""

    ConfigClass = MeasureDefectsByFilterConfig
    _DefaultName = "cpDefectMeasureWithFilterCombined"


class MergeDefectsConnections(PipelineTaskConnections, dimensions=("instrument", "detector")):
    """What was found in bias, dark and flats, what people have listed, and the defects of the detector."""

    inputBiasDefects = cT.Input(
        doc="Defects of the bias.",
        name="cpDefectsFromBias",
        storageClass="CalibDefects",
        dimensions=("instrument", "detector"),
    )
    inputDarkDefects = cT.Input(
        doc="Defects of the dark.",
        name="cpDefectsFromDark",
        storageClass="CalibDefects",
        dimensions=("instrument", "detector"),
    )
    inputFlatDefects = cT.Input(
        doc="Defects of the flats.",
        name="cpDefectsFromFlat",
        storageClass="CalibDefects",
        dimensions=("instrument", "detector", "physical_filter"),
        multiple=True,
    )
    inputManualDefects = cT.PrerequisiteInput(
        doc="Defects that people have listed, if they have.",
        name="manual_defects",
        storageClass="CalibDefects",
        dimensions=("instrument", "detector"),
        isCalibration=True,
        minimum=0,
    )
    mergedDefects = cT.Output(
        doc="Defects of the detector.",
        name="defects",
        storageClass="CalibDefects",
        dimensions=("instrument", "detector"),
        isCalibration=True,
    )

    def __init__(self, *, config: MergeDefectsConfig) -> None:
        """Ask for no list that will not be used."""
        if not config.doManualDefects:
            del self.inputManualDefects


class MergeDefectsConfig(PipelineTaskConfig, pipelineConnections=MergeDefectsConnections):
    """Which pixels count, and which are added."""

    combinationMode = pex.ChoiceField[str](
        doc="The defects of bias, dark and each flat that count.",
        allowed={"OR": "those of any", "AND": "those of all", "FRACTION": "those of more than combinationFraction"},
        default="FRACTION",
    )
    combinationFraction = pex.RangeField[float](doc="For FRACTION.", default=0.7, min=0.0, max=1.0)
    doManualDefects = pex.Field[bool](doc="Add the listed ones, whatever the mode?", default=False)
    edgesAsDefects = pex.Field[bool](doc="Add the edges of the detector?", default=False)
    nPixBorderUpDown = pex.RangeField[int](doc="Rows of the lower and of the upper edge.", default=5, min=0)
    nPixBorderLeftRight = pex.RangeField[int](doc="Columns of the left and of the right edge.", default=5, min=0)


class MergeDefectsTask(PipelineTask):
    """Merge what was found in bias, dark and flats with what is known beforehand."""

    ConfigClass = MergeDefectsConfig
    _DefaultName = "cpDefectMergeCombined"

    @override
    def runQuantum(
        self,
        butlerQC: QuantumContext,
        inputRefs: InputQuantizedConnection,
        outputRefs: OutputQuantizedConnection,
    ) -> None:
        inputs = butlerQC.get(inputRefs)
        measured = [inputs["inputBiasDefects"], inputs["inputDarkDefects"], *inputs["inputFlatDefects"]]
        manual, applied = inputs.get("inputManualDefects"), {}
        if manual is not None:
            applied = _named(inputRefs.inputManualDefects, manual)
        detector = _detector(butlerQC.quantum.dataId)
        butlerQC.put(self.run(measured, manual=manual, detector=detector, applied=applied), outputRefs)

    def run(self, measured: Sequence[Defects], *, manual: Defects | None, detector: Detector, applied: Cards) -> Struct:
        """Merge; `mergedDefects` names all calibrations and exposures that the measured ones name."""
        shape = measured[0].shape
        flags = merge([each.flags for each in measured], self.config.combinationMode, self.config.combinationFraction)
        if manual is not None:
            flags = merge([flags, manual.flags], "OR")
        if self.config.edgesAsDefects:
            edges = border(shape, self.config.nPixBorderUpDown, self.config.nPixBorderLeftRight)
            flags = merge([flags, edges], "OR")
        return Struct(mergedDefects=_defects(flags, detector, [each.header for each in measured], applied))


def _defects(flags: Flags, detector: Detector, inputs: Sequence[Mapping[str, Any]], applied: Cards) -> Defects:
    pixels = {f"NPIX {reason}": number for reason, number in count(flags).items()}
    header = {**derived_cards("defects", inputs), **applied, "DETNAME": detector.name, **pixels}
    return Defects(boxes_of(flags), (flags.shape[0], flags.shape[1]), header)


def _detector(data_id: DataCoordinate) -> Detector:
    return CameraInstrument.from_data_id(data_id).camera.detector(data_id["detector"])


def _kind(frame: Frame) -> Origin:
    said = frame.header.get("OBSTYPE")
    if said not in KINDS:
        raise DefectError(f"the frame's OBSTYPE is {said!r}, expected one of {', '.join(KINDS)}")
    return KINDS[str(said)]


def _named(ref: DatasetRef, calibration: Frame | Defects) -> Cards:
    """Which dataset was read, under its type's name and its filter."""
    name = ref.datasetType.name
    if "physical_filter" in ref.dataId:
        name += f" {ref.dataId['physical_filter']}"
    return calibration_cards(name, ref.run, str(ref.id), calibration.header)


def _or_none(threshold: int) -> int | None:
    return None if threshold < 0 else threshold
