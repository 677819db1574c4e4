"""Charge transfer of one detector from flats of several levels, as PipelineTasks: measure trails, then solve.

Flats are read as raws, because what is measured stands in their overscans, which signature removal trims. Electrons
are counted with the camera's nominal gains: photon transfer is measured later, on frames corrected for this effect.
"""

# Connections and configuration fields have cp_pipe's names, so that its templates and overrides fit.
# ruff: noqa: N803, N815
# The classes take keywords through metaclasses that mypy is told not to look into.
# mypy: disable-error-code="call-arg"

from __future__ import annotations

from collections.abc import Sequence

import lsst.pex.config as pex
import lsst.pipe.base.connectionTypes as cT
from lsst.daf.butler import DimensionRecord
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

from processing import suitability
from processing.butler.instrument import CameraInstrument
from processing.camera import Camera
from processing.defect_boxes import Defects
from processing.effects.charge_transfer import FULL_WELL_E
from processing.effects.linearizer import Linearizer, corrections
from processing.effects.overscan_trails import OverscanTrails, measure_trails
from processing.effects.photon_transfer import electronics
from processing.effects.solve_transfer import Criteria, left_out, solve
from processing.provenance import Cards, InputExposure, calibration_cards, product_cards, shared_calibrations
from processing.raw import RawFrame


class CtiIsrConnections(PipelineTaskConnections, dimensions=("instrument", "exposure", "detector")):
    """A flat as it was read, what is known of the detector by then, and the trails."""

    ccdExposure = cT.Input(
        doc="Flat as read out, with its overscans.",
        name="raw",
        storageClass="RawFrame",
        dimensions=("instrument", "exposure", "detector"),
    )
    linearizer = cT.PrerequisiteInput(
        doc="Linearizer valid at the exposure; without any, signals count as they are.",
        name="linearizer",
        storageClass="CalibLinearizer",
        dimensions=("instrument", "detector"),
        isCalibration=True,
        minimum=0,
    )
    defects = cT.PrerequisiteInput(
        doc="Defects valid at the exposure; without any, every line counts.",
        name="defects",
        storageClass="CalibDefects",
        dimensions=("instrument", "detector"),
        isCalibration=True,
        minimum=0,
    )
    outputStatistics = cT.Output(
        doc="Trails in the overscans.",
        name="cpCtiStatistics",
        storageClass="CalibTrails",
        dimensions=("instrument", "exposure", "detector"),
    )

    def __init__(self, *, config: CtiIsrConfig) -> None:
        """Ask for no calibration that will not be applied."""
        if not config.doLinearize:
            del self.linearizer
        if not config.doDefect:
            del self.defects


class CtiIsrConfig(PipelineTaskConfig, pipelineConnections=CtiIsrConnections):
    """Which corrections to apply."""

    doLinearize = pex.Field[bool](doc="Linearize signals, if there is a linearizer for the detector?", default=True)
    doDefect = pex.Field[bool](doc="Leave out lines that end in a defect, if defects are known?", default=True)


class CtiIsrTask(PipelineTask):
    """Measure the trails of one flat on one detector."""

    ConfigClass = CtiIsrConfig
    _DefaultName = "cpCtiIsr"

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
        for name in ("linearizer", "defects"):
            if inputs.get(name) is not None:
                ref = getattr(inputRefs, name)
                applied |= calibration_cards(name, ref.run, str(ref.id), inputs[name].header)
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
        linearizer: Linearizer | None = None,
        defects: Defects | None = None,
    ) -> Struct:
        """Measure; `outputStatistics` are OverscanTrails whose header names the calibrations `applied`."""
        sensor = camera.detector(detector)
        names = [amplifier.name for amplifier in sensor.amplifiers]
        trails = measure_trails(
            ccdExposure.image,
            sensor,
            camera.segment_of(ccdExposure.header),
            exposure=record.id,
            gain=electronics(sensor, None).gain,
            curves=None if linearizer is None else corrections(linearizer, names),
            defects=defects,
            header={"INSTRUME": record.instrument, "DETNAME": sensor.name, "OBSTYPE": record.observation_type}
            | applied,
        )
        return Struct(outputStatistics=trails)


class CtiSolveConnections(PipelineTaskConnections, dimensions=("instrument", "detector")):
    """The trails of all flats and the calibration."""

    inputMeasurements = cT.Input(
        doc="Trails of one detector in every flat.",
        name="cpCtiStatistics",
        storageClass="CalibTrails",
        dimensions=("instrument", "exposure", "detector"),
        multiple=True,
    )
    outputCalib = cT.Output(
        doc="Charge transfer of the detector.",
        name="cti",
        storageClass="CalibChargeTransfer",
        dimensions=("instrument", "detector"),
        isCalibration=True,
    )


class CtiSolveConfig(PipelineTaskConfig, pipelineConnections=CtiSolveConnections):
    """Which flats count; see `processing.effects.solve_transfer.Criteria`."""

    minImageMean = pex.RangeField[float](doc="Fainter flats are left out, e-.", default=1_000.0, min=0.0)
    maxImageMean = pex.RangeField[float](doc="Brighter flats are left out, e-.", default=150_000.0, min=0.0)
    maxSaturated = pex.RangeField[float](
        doc="Flats with a larger share of saturated pixels are left out.", default=0.001, min=0.0, max=1.0
    )
    minExposures = pex.RangeField[int](doc="An amplifier with fewer flats is flagged.", default=3, min=1)
    minSpan = pex.RangeField[float](
        doc="... and so is one whose brightest flat is not so many times the faintest.", default=2.0, min=1.0
    )
    fullWell = pex.RangeField[float](doc="Charge that reaches all traps, e-.", default=FULL_WELL_E, min=1.0)
    doLocalOffset = pex.Field[bool](
        doc="Fit an offset of the output amplifier? It cannot be told from traps slower than a transfer or two.",
        default=False,
    )

    def criteria(self) -> Criteria:
        """The same as a value."""
        return Criteria(
            min_signal_e=self.minImageMean,
            max_signal_e=self.maxImageMean,
            max_saturated=self.maxSaturated,
            min_exposures=self.minExposures,
            min_span=self.minSpan,
            full_well_e=self.fullWell,
            drift=self.doLocalOffset,
        )


class CtiSolveTask(PipelineTask):
    """Fit the charge transfer of every amplifier of a detector."""

    ConfigClass = CtiSolveConfig
    _DefaultName = "cpCtiSolve"

    @override
    def runQuantum(
        self,
        butlerQC: QuantumContext,
        inputRefs: InputQuantizedConnection,
        outputRefs: OutputQuantizedConnection,
    ) -> None:
        records = [ref.dataId.records["exposure"] for ref in inputRefs.inputMeasurements]
        butlerQC.put(self.run(butlerQC.get(inputRefs.inputMeasurements), records), outputRefs)

    def run(self, inputMeasurements: Sequence[OverscanTrails], records: Sequence[DimensionRecord]) -> Struct:
        """Solve; `outputCalib` is a ChargeTransfer. `records` are the exposures of the measurements."""
        criteria = self.config.criteria()
        remarks = left_out(inputMeasurements, criteria)
        for remark in remarks:
            self.log.warning("%s", remark)
        inputs = [
            InputExposure(each.id, each.timespan.begin.isot, each.exposure_time, 1.0)
            for each in sorted(records, key=lambda each: each.id)
        ]
        header = product_cards("cti", inputs) | shared_calibrations([each.header for each in inputMeasurements])
        header |= {"DETNAME": inputMeasurements[0].header["DETNAME"]} | suitability.cards(remarks)
        found = solve(inputMeasurements, criteria, header=header)
        for name, flag in zip(found.amplifiers, found.flag, strict=True):
            if flag:
                self.log.warning("amplifier %s is not measured and will not be corrected: %s", name, flag)
        return Struct(outputCalib=found)
