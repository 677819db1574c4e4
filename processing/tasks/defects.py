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
from lsst.pipe.base import PipelineTaskConfig, PipelineTaskConnections, Struct
from typing_extensions import override

from processing.camera import Detector
from processing.defect_boxes import DefectError, Defects, Flags, Origin, boxes_of
from processing.defects import Criteria, border, count, find_defects, merge
from processing.frame import Frame
from processing.provenance import Cards, derived_cards
from processing.tasks import per
from processing.tasks.connections import prerequisite, product
from processing.tasks.quantum import QuantumInputs, QuantumTask

KINDS = {"bias": Origin.BIAS, "dark": Origin.DARK, "flat": Origin.FLAT}
"""What a combined frame is, by the OBSTYPE of its header."""


class MeasureDefectsConnections(PipelineTaskConnections, dimensions=per.DETECTOR):
    """A combined frame and its defects."""

    inputExp = cT.Input("dark", "CalibFrame", "Combined frame.", dimensions=per.DETECTOR, isCalibration=True)
    outputDefects = cT.Output(
        "cpDefectsFromDark", "CalibDefects", "Defects of this frame alone.", dimensions=per.DETECTOR
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


class MeasureDefectsTask(QuantumTask):
    """Find the defects that one combined frame shows."""

    ConfigClass = MeasureDefectsConfig
    _DefaultName = "cpDefectMeasureCombined"

    @override
    def process(self, inputs: QuantumInputs) -> Struct:
        return self.run(inputs.data["inputExp"], detector=inputs.detector, applied=_named(inputs, "inputExp"))

    def run(self, inputExp: Frame, *, detector: Detector, applied: Cards) -> Struct:
        """Measure; `outputDefects` names the frame (`applied`) and the exposures that it was made of."""
        found = find_defects(inputExp, _kind(inputExp), detector, self.config.criteria())
        return Struct(outputDefects=_defects(found, detector, [inputExp.header], applied))


class MeasureDefectsByFilterConnections(MeasureDefectsConnections, dimensions=per.DETECTOR_AND_FILTER):
    """As MeasureDefectsConnections, for a flat."""

    inputExp = cT.Input("flat", "CalibFrame", "Combined flat.", dimensions=per.DETECTOR_AND_FILTER, isCalibration=True)
    outputDefects = cT.Output(
        "cpDefectsFromFlat", "CalibDefects", "Defects of this flat alone.", dimensions=per.DETECTOR_AND_FILTER
    )


class MeasureDefectsByFilterConfig(MeasureDefectsConfig, pipelineConnections=MeasureDefectsByFilterConnections):
    """As MeasureDefectsConfig, for a flat."""


class MeasureDefectsByFilterTask(MeasureDefectsTask):
    """Find the defects that the flat of one filter shows."""

    ConfigClass = MeasureDefectsByFilterConfig
    _DefaultName = "cpDefectMeasureWithFilterCombined"


class MergeDefectsConnections(PipelineTaskConnections, dimensions=per.DETECTOR):
    """What was found in bias, dark and flats, what people have listed, and the defects of the detector."""

    inputBiasDefects = cT.Input("cpDefectsFromBias", "CalibDefects", "Defects of the bias.", dimensions=per.DETECTOR)
    inputDarkDefects = cT.Input("cpDefectsFromDark", "CalibDefects", "Defects of the dark.", dimensions=per.DETECTOR)
    inputFlatDefects = cT.Input(
        "cpDefectsFromFlat", "CalibDefects", "Defects of the flats.", multiple=True, dimensions=per.DETECTOR_AND_FILTER
    )
    inputManualDefects = prerequisite(
        "manual_defects", "CalibDefects", "Defects that people have listed, if they have."
    )
    mergedDefects = product("defects", "CalibDefects", "Defects of the detector.")

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


class MergeDefectsTask(QuantumTask):
    """Merge what was found in bias, dark and flats with what is known beforehand."""

    ConfigClass = MergeDefectsConfig
    _DefaultName = "cpDefectMergeCombined"

    @override
    def process(self, inputs: QuantumInputs) -> Struct:
        data = inputs.data
        measured = [data["inputBiasDefects"], data["inputDarkDefects"], *data["inputFlatDefects"]]
        manual = data.get("inputManualDefects")
        applied = {} if manual is None else _named(inputs, "inputManualDefects")
        return self.run(measured, manual=manual, detector=inputs.detector, applied=applied)

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


def _kind(frame: Frame) -> Origin:
    said = frame.header.get("OBSTYPE")
    if said not in KINDS:
        raise DefectError(f"the frame's OBSTYPE is {said!r}, expected one of {', '.join(KINDS)}")
    return KINDS[str(said)]


def _named(inputs: QuantumInputs, connection: str) -> Cards:
    """Which dataset was read, under its type's name and its filter."""
    ref = getattr(inputs.refs, connection)
    of_filter = f" {ref.dataId['physical_filter']}" if "physical_filter" in ref.dataId else ""
    return inputs.cards(connection, ref.datasetType.name + of_filter)


def _or_none(threshold: int) -> int | None:
    return None if threshold < 0 else threshold
