"""Signature removal of one exposure on one detector, as a PipelineTask."""

# Connections and configuration fields have cp_pipe's names, so that its templates and overrides fit.
# ruff: noqa: N803, N815
# The classes take keywords through metaclasses that mypy is told not to look into.
# mypy: disable-error-code="call-arg"

from __future__ import annotations

from typing import Any, cast

import lsst.pex.config as pex
import lsst.pipe.base.connectionTypes as cT
import numpy as np
from lsst.daf.butler import DimensionRecord
from lsst.pipe.base import PipelineTaskConfig, PipelineTaskConnections, Struct

from processing.amplifiers import medians
from processing.camera import Camera
from processing.frame import UNUSABLE, Frame
from processing.isr import CONVERGED, Calibrations, Corrected, remove_signature
from processing.observation import temperature
from processing.provenance import MEDIAN, TEMPERATURE, Cards, amplifier_cards
from processing.raw import RawFrame
from processing.tasks import per
from processing.tasks.connections import prerequisite
from processing.tasks.quantum import RawTask

CALIBRATIONS = {
    "crosstalk": "crosstalk",
    "linearizer": "linearizer",
    "ptc": "photon_transfer",
    "deferredChargeCalib": "charge_transfer",
    "bfKernel": "kernel",
    "bias": "bias",
    "dark": "dark",
    "flat": "flat",
    "defects": "defects",
}
"""Connections of calibrations, and what `remove_signature` calls them."""


class IsrConnections(PipelineTaskConnections, dimensions=per.EXPOSURE):
    """A raw, the calibrations that the configuration asks for, and the corrected frame.

    All are valid at the exposure. Without one that may be missing, its correction is left out.
    """

    ccdExposure = cT.Input("raw", "RawFrame", "Raw as read out.", dimensions=per.EXPOSURE)
    crosstalk = prerequisite("crosstalk", "CalibCrosstalk", "Coefficients between amplifiers; may be missing.")
    linearizer = prerequisite("linearizer", "CalibLinearizer", "Curve of each amplifier; may be missing.")
    ptc = prerequisite(
        "ptc", "CalibPhotonTransfer", "Gain, noise and turn-off of each amplifier; if missing, the camera's."
    )
    deferredChargeCalib = prerequisite("cti", "CalibChargeTransfer", "Charge transfer; may be missing.")
    bfKernel = prerequisite("bfk", "CalibKernel", "Brighter-fatter kernel; may be missing.")
    bias = prerequisite("bias", "CalibFrame", "Bias.", minimum=1)
    dark = prerequisite("dark", "CalibFrame", "Dark per second.", minimum=1)
    flat = prerequisite("flat", "CalibFrame", "Flat of the filter.", per.DETECTOR_AND_FILTER, minimum=1)
    defects = prerequisite("defects", "CalibDefects", "Defects; without any, no pixel is marked.")
    outputExposure = cT.Output("postISRCCD", "CalibFrame", "Corrected frame.", dimensions=per.EXPOSURE)

    def __init__(self, *, config: IsrConfig) -> None:
        """Ask for no calibration that will not be applied."""
        for name in CALIBRATIONS.keys() - config.wanted():
            delattr(self, name)


class IsrConfig(PipelineTaskConfig, pipelineConnections=IsrConnections):
    """Which corrections to apply."""

    doCrosstalk = pex.Field[bool](doc="Subtract the ghosts of other amplifiers?", default=False)
    doLinearize = pex.Field[bool](doc="Correct nonlinearity?", default=False)
    doBias = pex.Field[bool](doc="Subtract the bias?", default=True)
    doDeferredCharge = pex.Field[bool](doc="Move back the charge that transfers have left behind?", default=False)
    doDefect = pex.Field[bool](doc="Mark the defects, if there are any for the detector?", default=True)
    doDark = pex.Field[bool](doc="Subtract the dark, scaled by dark time?", default=True)
    doBrighterFatter = pex.Field[bool](doc="Move back the charge that was pushed into neighbours?", default=False)
    doApplyGains = pex.Field[bool](doc="Turn ADU into electrons?", default=False)
    doFlat = pex.Field[bool](doc="Divide by the flat?", default=False)
    useGainsFrom = pex.ChoiceField[str](
        doc="Where gains, read noise and turn-offs are from",
        allowed={"CAMERA": "the camera's nominal ones", "PTC": "photon transfer curves; without, the camera's"},
        default="CAMERA",
    )
    darkSubtractedByCamera = pex.Field[bool](
        doc="Has the camera subtracted a dark, bias included? Then neither is subtracted again.", default=False
    )
    pedestalAdu = pex.Field[float](doc="Constant that the camera has added, ADU.", default=0.0)
    doAmplifierMedians = pex.Field[bool](doc="State the median of each amplifier in the header?", default=False)

    def wanted(self) -> set[str]:
        """The connections of the calibrations to apply."""
        asked = {
            "crosstalk": self.doCrosstalk,
            "linearizer": self.doLinearize,
            "ptc": self.useGainsFrom == "PTC",
            "deferredChargeCalib": self.doDeferredCharge,
            "bfKernel": self.doBrighterFatter,
            "bias": self.doBias and not self.darkSubtractedByCamera,
            "dark": self.doDark and not self.darkSubtractedByCamera,
            "flat": self.doFlat,
            "defects": self.doDefect,
        }
        return {name for name, yes in asked.items() if yes}


class IsrTask(RawTask):
    """Remove the signature of the instrument from one raw."""

    ConfigClass = IsrConfig
    _DefaultName = "isr"

    def run(
        self,
        ccdExposure: RawFrame,
        *,
        camera: Camera,
        record: DimensionRecord,
        detector: int,
        applied: Cards,
        **calibrations: Any,
    ) -> Struct:
        """Correct a raw with calibrations by their connections' names.

        `outputExposure` is a Frame whose header names the calibrations `applied`.
        """
        sensor = camera.detector(detector)
        given = cast(Calibrations, {CALIBRATIONS[name]: each for name, each in calibrations.items()})
        done = remove_signature(
            ccdExposure.image,
            sensor,
            camera.segment_of(ccdExposure.header),
            dark_time=record.dark_time,
            pedestal_adu=self.config.pedestalAdu,
            shot_noise=record.exposure_time > 0,
            apply_gains=self.config.doApplyGains,
            **given,
        )
        if not done.cards.get(CONVERGED, True):
            self.log.warning(
                "%s: brighter-fatter has not converged: the pixels that still move are SUSPECT", sensor.name
            )
        header = _header(record, sensor.name) | applied | done.cards | _median(done)
        if (degrees := temperature(ccdExposure.header, camera)) is not None:
            header[TEMPERATURE] = degrees
        if self.config.doAmplifierMedians:
            header |= amplifier_cards(medians(done.image, done.mask, sensor))
        return Struct(outputExposure=Frame(done.image, done.variance, done.mask, done.unit, header))


class FlatIsrTask(IsrTask):
    """Remove the signature from one flat; of its own name so that the camera can configure it."""

    _DefaultName = "cpFlatIsr"


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
