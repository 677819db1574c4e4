"""Combine the corrected frames of a detector into a calibration, as PipelineTasks: bias, dark, flat."""

# Connections and configuration fields have cp_pipe's names, so that its templates and overrides fit.
# ruff: noqa: N803, N815
# The classes take keywords through metaclasses that mypy is told not to look into.
# mypy: disable-error-code="call-arg"

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import lsst.pex.config as pex
import lsst.pipe.base.connectionTypes as cT
from lsst.daf.butler import DeferredDatasetHandle, DimensionRecord
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from processing.amplifiers import scaled
from processing.butler.instrument import CameraInstrument
from processing.camera import Detector
from processing.combine_frames import CombineError, Reader, combine_frames
from processing.frame import Frame, Rows
from processing.provenance import MEDIAN, InputExposure, amplifier_medians, product_cards, shared_calibrations


class CombineConnections(PipelineTaskConnections, dimensions=("instrument", "detector")):
    """The corrected frames of one detector and the product."""

    inputExpHandles = cT.Input(
        doc="Corrected frames.",
        name="cpInputs",
        storageClass="CalibFrame",
        dimensions=("instrument", "exposure", "detector"),
        multiple=True,
        deferLoad=True,
    )
    outputData = cT.Output(
        doc="Combined calibration.",
        name="cpProposal",
        storageClass="CalibFrame",
        dimensions=("instrument", "detector"),
        isCalibration=True,
    )


class CombineConfig(PipelineTaskConfig, pipelineConnections=CombineConnections):
    """What is made, how frames are scaled, and how outliers are clipped."""

    calibrationType = pex.Field[str](doc="What the product is: bias, dark, flat.", default="bias")
    exposureScaling = pex.ChoiceField[str](
        doc="What each frame is divided by.",
        allowed={
            "Unity": "nothing",
            "DarkTime": "its dark time: the product is per second",
            "Median": "the median of its good pixels: the product's median is close to 1",
        },
        default="Unity",
    )
    scalingLevel = pex.ChoiceField[str](
        doc="Over what a median is taken.",
        allowed={"DETECTOR": "the whole detector", "AMP": "each amplifier by itself: all come out at the same level"},
        default="DETECTOR",
    )
    clip = pex.Field[float](doc="Clipping threshold, standard deviations.", default=3.0)
    nIter = pex.Field[int](doc="Clipping passes at most.", default=3)
    framesInMemory = pex.Field[int](
        doc="Pixels are held of as many whole frames, however many are combined.", default=20
    )


class CombineTask(PipelineTask):
    """MEANCLIP of corrected frames."""

    ConfigClass = CombineConfig
    _DefaultName = "cpCombine"

    def run(self, inputExpHandles: Sequence[DeferredDatasetHandle]) -> Struct:
        """Combine; `outputData` is a Frame whose header lists the exposures and their scales."""
        handles = sorted(inputExpHandles, key=lambda handle: handle.dataId["exposure"])
        headers = [handle.get(parameters={"rows": (0, 0)}).header for handle in handles]
        records = [handle.dataId.records["exposure"] for handle in handles]
        inputs = [self._input(*each) for each in zip(records, headers, strict=True)]
        image, variance, mask = combine_frames(
            self._readers(handles, inputs),
            [i.scale for i in inputs],
            sigma=self.config.clip,
            max_passes=self.config.nIter,
            frames_in_memory=self.config.framesInMemory,
        )
        header = product_cards(self.config.calibrationType, inputs) | shared_calibrations(headers)
        return Struct(outputData=Frame(image, variance, mask, UNITS[self.config.exposureScaling], header))

    def _input(self, record: DimensionRecord, header: dict[str, Any]) -> InputExposure:
        """The exposure with the scale that the configuration asks for; raises CombineError without one."""
        scale, amplifiers = 1.0, {}
        if self.config.exposureScaling == "DarkTime":
            scale = record.dark_time
        elif self.config.exposureScaling == "Median":
            scale = header.get(MEDIAN, 0.0)
        if not scale > 0:
            kind = self.config.exposureScaling
            raise CombineError(f"exposure {record.id}: its {kind} is {scale}: it cannot be divided by that")
        if self.config.scalingLevel == "AMP":
            amplifiers = {name: level for name, level in amplifier_medians(header).items() if level > 0}
            if not amplifiers:
                raise CombineError(f"exposure {record.id}: its header has no medians of amplifiers: doAmplifierMedians")
        return InputExposure(record.id, record.timespan.begin.isot, record.exposure_time, scale, amplifiers)

    def _readers(self, handles: Sequence[DeferredDatasetHandle], inputs: Sequence[InputExposure]) -> list[Reader]:
        """One reader per frame. By amplifier, each frame is first brought to one level: that of its scale."""
        if self.config.scalingLevel == "DETECTOR":
            return [_reader(handle) for handle in handles]
        data_id = handles[0].dataId
        detector = CameraInstrument.from_data_id(data_id).camera.detector(data_id["detector"])
        shape = handles[0].get().image.shape
        return [_levelled(_reader(h), i, detector, shape) for h, i in zip(handles, inputs, strict=True)]


class CombineByFilterConnections(CombineConnections, dimensions=("instrument", "detector", "physical_filter")):
    """As CombineConnections, for a product per filter."""

    outputData = cT.Output(
        doc="Combined calibration.",
        name="cpProposal",
        storageClass="CalibFrame",
        dimensions=("instrument", "detector", "physical_filter"),
        isCalibration=True,
    )


class CombineByFilterConfig(CombineConfig, pipelineConnections=CombineByFilterConnections):
    """As CombineConfig, for a product per filter."""


class CombineByFilterTask(CombineTask):
    """MEANCLIP of corrected frames of one filter."""

    ConfigClass = CombineByFilterConfig
    _DefaultName = "cpCombineByFilter"


UNITS = {"Unity": "adu", "DarkTime": "adu/s", "Median": ""}
"""Unit of the product by scaling."""


def _levelled(read: Reader, exposure: InputExposure, detector: Detector, shape: tuple[int, ...]) -> Reader:
    """Reads frames in which every amplifier's median is the exposure's scale."""
    factors = {name: exposure.scale / median for name, median in exposure.amplifier_scales.items()}

    def read_levelled(rows: Rows | None) -> Frame:
        return scaled(read(rows), factors, detector, shape, rows or (0, shape[0]))

    return read_levelled


def _reader(handle: DeferredDatasetHandle) -> Reader:
    def read(rows: Rows | None) -> Frame:
        return handle.get(parameters={"rows": rows} if rows else {})

    return read
