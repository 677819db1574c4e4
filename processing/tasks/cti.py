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
from lsst.pipe.base import PipelineTaskConfig, PipelineTaskConnections, Struct
from typing_extensions import override

from processing import suitability
from processing.camera import Camera
from processing.defect_boxes import Defects
from processing.effects.charge_transfer import FULL_WELL_E
from processing.effects.linearizer import Linearizer, corrections
from processing.effects.overscan_trails import OverscanTrails, measure_trails
from processing.effects.photon_transfer import electronics
from processing.effects.solve_transfer import Criteria, left_out, solve
from processing.provenance import Cards, InputExposure, product_cards, shared_calibrations
from processing.raw import RawFrame
from processing.tasks import per
from processing.tasks.connections import prerequisite, product
from processing.tasks.quantum import QuantumInputs, QuantumTask, RawTask


class CtiIsrConnections(PipelineTaskConnections, dimensions=per.EXPOSURE):
    """A flat as it was read, what is known of the detector by then, and the trails."""

    ccdExposure = cT.Input("raw", "RawFrame", "Flat as read out, with its overscans.", dimensions=per.EXPOSURE)
    linearizer = prerequisite(
        "linearizer", "CalibLinearizer", "Linearizer valid at the exposure; without any, signals count as they are."
    )
    defects = prerequisite("defects", "CalibDefects", "Defects valid at the exposure; without any, every line counts.")
    outputStatistics = cT.Output("cpCtiStatistics", "CalibTrails", "Trails in the overscans.", dimensions=per.EXPOSURE)

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


class CtiIsrTask(RawTask):
    """Measure the trails of one flat on one detector."""

    ConfigClass = CtiIsrConfig
    _DefaultName = "cpCtiIsr"

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


class CtiSolveConnections(PipelineTaskConnections, dimensions=per.DETECTOR):
    """The trails of all flats and the calibration."""

    inputMeasurements = cT.Input(
        "cpCtiStatistics",
        "CalibTrails",
        "Trails of one detector in every flat.",
        multiple=True,
        dimensions=per.EXPOSURE,
    )
    outputCalib = product("cti", "CalibChargeTransfer", "Charge transfer of the detector.")


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


class CtiSolveTask(QuantumTask):
    """Fit the charge transfer of every amplifier of a detector."""

    ConfigClass = CtiSolveConfig
    _DefaultName = "cpCtiSolve"

    @override
    def process(self, inputs: QuantumInputs) -> Struct:
        records = [ref.dataId.records["exposure"] for ref in inputs.refs.inputMeasurements]
        return self.run(inputs.data["inputMeasurements"], records)

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
