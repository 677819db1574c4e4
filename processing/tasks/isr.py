"""Signature removal of one exposure on one detector, as a PipelineTask."""

# Connections and configuration fields have cp_pipe's names, so that its templates and overrides fit.
# ruff: noqa: N803, N815
# The classes take keywords through metaclasses that mypy is told not to look into.
# mypy: disable-error-code="call-arg"

from __future__ import annotations

import lsst.pex.config as pex
import lsst.pipe.base.connectionTypes as cT
import numpy as np
from lsst.daf.butler import DatasetRef, DimensionRecord
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

from processing.amplifiers import medians
from processing.butler.instrument import CameraInstrument
from processing.camera import Camera
from processing.defect_boxes import Defects
from processing.frame import UNUSABLE, Frame
from processing.isr import Corrected, remove_signature
from processing.provenance import MEDIAN, Cards, amplifier_cards, calibration_cards
from processing.raw import RawFrame


class IsrConnections(PipelineTaskConnections, dimensions=("instrument", "exposure", "detector")):
    """A raw, the calibrations that the configuration asks for, and the corrected frame."""

    ccdExposure = cT.Input(
        doc="Raw as read out.",
        name="raw",
        storageClass="RawFrame",
        dimensions=("instrument", "exposure", "detector"),
    )
    bias = cT.PrerequisiteInput(
        doc="Bias valid at the exposure.",
        name="bias",
        storageClass="CalibFrame",
        dimensions=("instrument", "detector"),
        isCalibration=True,
    )
    dark = cT.PrerequisiteInput(
        doc="Dark per second valid at the exposure.",
        name="dark",
        storageClass="CalibFrame",
        dimensions=("instrument", "detector"),
        isCalibration=True,
    )
    defects = cT.PrerequisiteInput(
        doc="Defects valid at the exposure; without any, no pixel is marked.",
        name="defects",
        storageClass="CalibDefects",
        dimensions=("instrument", "detector"),
        isCalibration=True,
        minimum=0,
    )
    outputExposure = cT.Output(
        doc="Corrected frame.",
        name="postISRCCD",
        storageClass="CalibFrame",
        dimensions=("instrument", "exposure", "detector"),
    )

    def __init__(self, *, config: IsrConfig) -> None:
        """Ask for no calibration that will not be applied."""
        if config.darkSubtractedByCamera or not config.doBias:
            del self.bias
        if config.darkSubtractedByCamera or not config.doDark:
            del self.dark
        if not config.doDefect:
            del self.defects


class IsrConfig(PipelineTaskConfig, pipelineConnections=IsrConnections):
    """Which corrections to apply."""

    doBias = pex.Field[bool](doc="Subtract the bias?", default=True)
    doDark = pex.Field[bool](doc="Subtract the dark, scaled by dark time?", default=True)
    doDefect = pex.Field[bool](doc="Mark the defects, if there are any for the detector?", default=True)
    darkSubtractedByCamera = pex.Field[bool](
        doc="Has the camera subtracted a dark, bias included? Then neither is subtracted again.", default=False
    )
    pedestalAdu = pex.Field[float](doc="Constant that the camera has added, ADU.", default=0.0)
    doAmplifierMedians = pex.Field[bool](doc="State the median of each amplifier in the header?", default=False)


class IsrTask(PipelineTask):
    """Remove the signature of the instrument from one raw."""

    ConfigClass = IsrConfig
    _DefaultName = "isr"

    @override
    def runQuantum(
        self,
        butlerQC: QuantumContext,
        inputRefs: InputQuantizedConnection,
        outputRefs: OutputQuantizedConnection,
    ) -> None:
        inputs = butlerQC.get(inputRefs)
        data_id = butlerQC.quantum.dataId
        applied: Cards = {}
        for name in ("bias", "dark", "defects"):
            if name in inputs:
                applied |= _applied(name, getattr(inputRefs, name), inputs[name])
        camera = CameraInstrument.from_data_id(data_id).camera
        record = data_id.records["exposure"]
        outputs = self.run(camera=camera, record=record, detector=data_id["detector"], applied=applied, **inputs)
        butlerQC.put(outputs, outputRefs)

    def run(
        self,
        ccdExposure: RawFrame,
        *,
        camera: Camera,
        record: DimensionRecord,
        detector: int,
        applied: Cards,
        bias: Frame | None = None,
        dark: Frame | None = None,
        defects: Defects | None = None,
    ) -> Struct:
        """Correct a raw; `outputExposure` is a Frame in ADU whose header names the calibrations `applied`."""
        sensor = camera.detector(detector)
        done = remove_signature(
            ccdExposure.image,
            sensor,
            camera.segment_of(ccdExposure.header),
            bias=bias,
            dark=dark,
            defects=defects,
            dark_time=record.dark_time,
            pedestal_adu=self.config.pedestalAdu,
            shot_noise=record.exposure_time > 0,
        )
        header = _header(record, sensor.name) | applied | _median(done)
        if self.config.doAmplifierMedians:
            header |= amplifier_cards(medians(done.image, done.mask, sensor))
        return Struct(outputExposure=Frame(done.image, done.variance, done.mask, "adu", header))


class FlatIsrTask(IsrTask):
    """Remove the signature from one flat; of its own name so that the camera can configure it."""

    _DefaultName = "cpFlatIsr"


def _applied(name: str, ref: DatasetRef, calibration: Frame | Defects) -> Cards:
    return calibration_cards(name, ref.run, str(ref.id), calibration.header)


def _header(record: DimensionRecord, detector: str) -> Cards:
    return {
        "INSTRUME": record.instrument,
        "DETNAME": detector,
        "EXPOSURE": record.id,
        "OBSTYPE": record.observation_type,
        "FILTER": record.physical_filter,
        "EXPTIME": record.exposure_time,
        "DARKTIME": record.dark_time,
        "TIMESYS": "TAI",
        "DATE-BEG": record.timespan.begin.isot,
    }


def _median(done: Corrected) -> Cards:
    """The median of the good pixels; no card if there are none, as FITS has no word for it."""
    good = done.image[(done.mask & UNUSABLE) == 0]
    return {MEDIAN: float(np.median(good))} if good.size else {}
