"""Combine the corrected frames of a detector into a calibration, as PipelineTasks: bias, dark, flat."""

# Connections and configuration fields have cp_pipe's names, so that its templates and overrides fit.
# ruff: noqa: N803, N815
# The classes take keywords through metaclasses that mypy is told not to look into.
# mypy: disable-error-code="call-arg"

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import lsst.pex.config as pex
import lsst.pipe.base.connectionTypes as cT
import numpy as np
from lsst.daf.butler import DeferredDatasetHandle, DimensionRecord
from lsst.pipe.base import PipelineTaskConfig, PipelineTaskConnections, Struct
from typing_extensions import override

from processing import suitability
from processing.amplifiers import scaled
from processing.butler.instrument import CameraInstrument
from processing.camera import Detector
from processing.combine_frames import Combination, CombineError, Reader, combine_frames
from processing.effects.cosmic_rays import RayCriteria
from processing.frame import Frame, Rows
from processing.provenance import (
    MEDIAN,
    TEMPERATURE,
    UNITS,
    Cards,
    InputExposure,
    amplifier_medians,
    product_cards,
    shared_calibrations,
)
from processing.suitability import Input, Remark
from processing.tasks import per
from processing.tasks.connections import deferred, product
from processing.tasks.flat import Normalised, normalised
from processing.tasks.quantum import QuantumInputs, QuantumTask


class CombineConnections(PipelineTaskConnections, dimensions=per.DETECTOR):
    """The corrected frames of one detector and the product."""

    inputExpHandles = deferred("cpInputs", "CalibFrame", "Corrected frames.", per.EXPOSURE)
    outputData = product("cpProposal", "CalibFrame", "Combined calibration.")


class CombineConfig(PipelineTaskConfig, pipelineConnections=CombineConnections):
    """What is made, how frames are scaled, and how outliers are clipped."""

    calibrationType = pex.Field[str](doc="What the product is: bias, dark, flat.", default="bias")
    exposureScaling = pex.ChoiceField[str](
        doc="What each frame is divided by.",
        allowed={
            "Unity": "nothing",
            "DarkTime": "its dark time: the product is per second",
            "Median": "the median of its good pixels: the product's median is close to 1",
            "InputList": "its flux by the joint normalisation: detectors keep their response relative to each other",
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
    doCosmicRay = pex.Field[bool](doc="Reject what only one frame shows, before all else?", default=False)
    crThreshold = pex.RangeField[float](doc="Cosmic rays: excess of a pixel, sigma of its noise.", default=6.0, min=1.0)
    crNeighbourThreshold = pex.RangeField[float](doc="... of a pixel beside it, sigma.", default=2.5, min=1.0)
    crGrow = pex.RangeField[int](doc="... so many steps from one to the next.", default=2, min=0)
    maxSaturated = pex.RangeField[float](
        doc="Share of a flat's pixels that may be saturated without a remark.",
        default=suitability.MAX_SATURATED,
        min=0.0,
        max=1.0,
    )

    def rays(self) -> RayCriteria | None:
        """When charge is that of a cosmic ray, if they are to be rejected."""
        if not self.doCosmicRay:
            return None
        return RayCriteria(self.crThreshold, self.crNeighbourThreshold, self.crGrow)

    @override
    def validate(self) -> None:
        super().validate()
        if self.exposureScaling == "InputList" and self.scalingLevel != "DETECTOR":
            raise ValueError("exposureScaling InputList is by detector: scalingLevel has to be DETECTOR")


class CombineTask(QuantumTask):
    """MEANCLIP of corrected frames."""

    ConfigClass = CombineConfig
    _DefaultName = "cpCombine"

    @override
    def process(self, inputs: QuantumInputs) -> Struct:
        norm = None
        if "inputScales" in inputs.data:
            norm = normalised(inputs.data["inputScales"], inputs.refs.inputScales, inputs.data_id["detector"])
        return self.run(inputs.data["inputExpHandles"], norm)

    def run(self, inputExpHandles: Sequence[DeferredDatasetHandle], norm: Normalised | None = None) -> Struct:
        """Combine; `outputData` is a Frame whose header lists the exposures, their scales, and remarks on them.

        With `norm` only the exposures take part that it has a flux of.
        """
        handles = sorted(inputExpHandles, key=lambda handle: handle.dataId["exposure"])
        if norm is not None:
            handles = [handle for handle in handles if handle.dataId["exposure"] in norm.fluxes]
        heads = [handle.get(parameters={"rows": (0, 0)}) for handle in handles]
        records = [handle.dataId.records["exposure"] for handle in handles]
        inputs = [self._input(r, h.header, norm) for r, h in zip(records, heads, strict=True)]
        remarks = self._beforehand([_described(r, h) for r, h in zip(records, heads, strict=True)])
        done = combine_frames(
            self._readers(handles, inputs),
            [i.scale for i in inputs],
            sigma=self.config.clip,
            max_passes=self.config.nIter,
            frames_in_memory=self.config.framesInMemory,
            rays=self.config.rays(),
            names=[f"exposure {i.exposure}" for i in inputs],
        )
        remarks += self._afterwards(done, inputs)
        for remark in remarks:
            self.log.warning("detector %s: %s", handles[0].dataId["detector"], remark)
        header = product_cards(self.config.calibrationType, inputs) | shared_calibrations([h.header for h in heads])
        if norm is not None:
            header, remarks = header | norm.cards, [*norm.remarks, *remarks]
        unit = heads[0].unit
        header |= {UNITS: unit} | self._struck(done) | suitability.cards(remarks)
        return Struct(outputData=Frame(done.image, done.variance, done.mask, self._unit(unit), header))

    def _beforehand(self, inputs: Sequence[Input]) -> list[Remark]:
        """What is to be said of the inputs before any pixel is read; raises UnsuitableError."""
        remarks = suitability.of_inputs(self.config.calibrationType, inputs)
        remarks += suitability.of_number(len(inputs), self.config.clip)
        return remarks + (suitability.of_number_for_rays(len(inputs)) if self.config.doCosmicRay else [])

    def _afterwards(self, done: Combination, inputs: Sequence[InputExposure]) -> list[Remark]:
        """What only the pixels tell of the inputs and the product."""
        found = suitability.of_constants([i.exposure for i in inputs], done.constant.tolist())
        found += suitability.of_product(float(np.mean(np.isnan(done.image))))
        if self.config.calibrationType == "flat":
            shares = {i.exposure: n / done.image.size for i, n in zip(inputs, done.saturated, strict=True)}
            then = "these pixels do not count, and what is left of the others is too dark"
            found += suitability.of_saturation(shares, limit=self.config.maxSaturated, then=then)
        return found

    def _struck(self, done: Combination) -> Cards:
        """How many pixels of each input were those of cosmic rays."""
        if not self.config.doCosmicRay:
            return {}
        return {f"CPP_INPUT_NCR_{number}": int(n) for number, n in enumerate(done.struck)}

    def _unit(self, of_inputs: str) -> str:
        """The unit of the product."""
        return {"Unity": of_inputs, "DarkTime": f"{of_inputs}/s"}.get(self.config.exposureScaling, "")

    def _input(self, record: DimensionRecord, header: Mapping[str, Any], norm: Normalised | None) -> InputExposure:
        """The exposure with the scale that the configuration asks for; raises CombineError without one."""
        scale, amplifiers = 1.0, {}
        if self.config.exposureScaling == "DarkTime":
            scale = record.dark_time
        elif self.config.exposureScaling == "Median":
            scale = header.get(MEDIAN, 0.0)
        elif norm is not None:
            scale = norm.fluxes[record.id]
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


class CombineByFilterConnections(CombineConnections, dimensions=per.DETECTOR_AND_FILTER):
    """As CombineConnections, for a product per filter."""

    inputScales = cT.Input(
        "cpScales", "CalibScales", "Fluxes of the exposures by the joint normalisation.", dimensions=per.FILTER
    )
    outputData = product("cpProposal", "CalibFrame", "Combined calibration.", per.DETECTOR_AND_FILTER)

    def __init__(self, *, config: CombineByFilterConfig) -> None:
        """Ask for no scales that will not be used."""
        if config.exposureScaling != "InputList":
            del self.inputScales


class CombineByFilterConfig(CombineConfig, pipelineConnections=CombineByFilterConnections):
    """As CombineConfig, for a product per filter."""


class CombineByFilterTask(CombineTask):
    """MEANCLIP of corrected frames of one filter."""

    ConfigClass = CombineByFilterConfig
    _DefaultName = "cpCombineByFilter"


def _described(record: DimensionRecord, frame: Frame) -> Input:
    """What is known of a frame beforehand."""
    start, temperature = "LSST CALIB UUID ", frame.header.get(TEMPERATURE)
    return Input(
        exposure=record.id,
        observation_type=record.observation_type,
        physical_filter=record.physical_filter,
        exposure_time=record.exposure_time,
        dark_time=record.dark_time,
        unit=frame.unit,
        temperature=None if temperature is None else float(temperature),
        calibrations={k.removeprefix(start): str(v) for k, v in frame.header.items() if k.startswith(start)},
    )


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
