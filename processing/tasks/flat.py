"""Joint normalisation of the flats of a filter over detectors, as PipelineTasks: measure each, then solve for all."""

# Connections and configuration fields have cp_pipe's names, so that its templates and overrides fit.
# ruff: noqa: N803, N815
# The classes take keywords through metaclasses that mypy is told not to look into.
# mypy: disable-error-code="call-arg"

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import lsst.pex.config as pex
import lsst.pipe.base.connectionTypes as cT
from lsst.daf.butler import DatasetRef
from lsst.pipe.base import PipelineTaskConfig, PipelineTaskConnections, Struct
from typing_extensions import override

from processing import suitability
from processing.camera import Camera, Detector
from processing.effects.normalisation import FlatLevel, Scales, normalise
from processing.flat_levels import statistics
from processing.frame import Frame
from processing.provenance import Cards, derived_cards
from processing.suitability import Remark
from processing.tasks import per
from processing.tasks.quantum import QuantumInputs, QuantumTask


class FlatMeasureConnections(PipelineTaskConnections, dimensions=per.EXPOSURE):
    """A corrected flat and its levels."""

    inputExp = cT.Input("cpFlatIsrExp", "CalibFrame", "Corrected flat.", dimensions=per.EXPOSURE)
    outputStats = cT.Output(
        "cpFlatStatistics",
        "StructuredDataDict",
        "Levels of detector and amplifiers, and how many pixels are saturated.",
        dimensions=per.EXPOSURE,
    )


class FlatMeasureConfig(PipelineTaskConfig, pipelineConnections=FlatMeasureConnections):
    """Nothing to configure: medians need no clip."""


class FlatMeasureTask(QuantumTask):
    """Measure the levels of one flat."""

    ConfigClass = FlatMeasureConfig
    _DefaultName = "cpFlatMeasure"

    @override
    def process(self, inputs: QuantumInputs) -> Struct:
        return self.run(inputs.data["inputExp"], detector=inputs.detector)

    def run(self, inputExp: Frame, *, detector: Detector) -> Struct:
        """Measure; `outputStats` is what `processing.flat_levels.statistics` gives."""
        return Struct(outputStats=statistics(inputExp, detector))


class FlatNormalizeConnections(PipelineTaskConnections, dimensions=per.FILTER):
    """The levels of all flats of a filter, and what belongs to detectors and exposures of them."""

    inputMDs = cT.Input(
        "cpFlatStatistics",
        "StructuredDataDict",
        "Levels of every detector in every exposure.",
        multiple=True,
        dimensions=per.EXPOSURE,
    )
    outputScales = cT.Output(
        "cpFlatNormalizeScales", "CalibScales", "Factors of detectors and fluxes of exposures.", dimensions=per.FILTER
    )


class FlatNormalizeConfig(PipelineTaskConfig, pipelineConnections=FlatNormalizeConnections):
    """Which levels count."""

    maxSaturated = pex.RangeField[float](
        doc="A flat with a larger share of saturated pixels is left out.",
        default=suitability.MAX_SATURATED,
        min=0.0,
        max=1.0,
    )
    outlierSigma = pex.RangeField[float](doc="Levels further from the model are left out, sigma.", default=5.0, min=1.0)
    outlierFloor = pex.RangeField[float](
        doc="Least relative scatter of levels about the model that is taken for sigma.", default=1e-3, min=1e-9
    )


class FlatNormalizeTask(QuantumTask):
    """Separate the response of detectors from the flux of exposures."""

    ConfigClass = FlatNormalizeConfig
    _DefaultName = "cpFlatNormalize"

    @override
    def process(self, inputs: QuantumInputs) -> Struct:
        measured = [(ref.dataId["exposure"], ref.dataId["detector"]) for ref in inputs.refs.inputMDs]
        return self.run(inputs.data["inputMDs"], measured, camera=inputs.camera)

    def run(
        self, inputMDs: Sequence[Mapping[str, Any]], measured: Sequence[tuple[int, int]], *, camera: Camera
    ) -> Struct:
        """Solve; `outputScales` are Scales. `measured` are exposure and detector of each of `inputMDs`."""
        limit = self.config.maxSaturated
        shares = {key: found["DETECTOR_SATURATED"] for key, found in zip(measured, inputMDs, strict=True)}
        levels = [
            FlatLevel(d, e, found["DETECTOR_MEDIAN"] if shares[e, d] <= limit else float("nan"), found["DETECTOR_N"])
            for (e, d), found in zip(measured, inputMDs, strict=True)
        ]
        units = sorted({found["UNIT"] for found in inputMDs})
        if len(units) > 1:
            raise suitability.UnsuitableError(f"flats in different units: {', '.join(units)}: correct all alike")
        scales = normalise(levels, sigma=self.config.outlierSigma, floor=self.config.outlierFloor, unit=units[0])
        remarks = suitability.of_detectors((d.id for d in camera.detectors), scales.detector.tolist())
        named = {f"detector {d} in exposure {e}": share for (e, d), share in shares.items()}
        remarks += suitability.of_saturation(named, limit=limit, then="left out")
        remarks += suitability.of_levels([each for each in scales.left_out if shares[each[1], each[0]] <= limit])
        for remark in remarks:
            self.log.warning("%s", remark)
        header = derived_cards("flat", []) | suitability.cards(remarks)
        return Struct(outputScales=replace(scales, header=header))


@dataclass(frozen=True)
class Normalised:
    """What the joint normalisation says of one detector: by what to divide, and what then stands in its flat."""

    fluxes: Mapping[int, float]
    cards: Cards
    remarks: Sequence[Remark]


def normalised(scales: Scales, ref: DatasetRef, detector: int) -> Normalised:
    """The part of the scales, which `ref` identifies, that a detector needs. Raises NormalisationError without any.

    The flats of one normalisation have the same `FLATNORM UUID`: only those can be compared between detectors.
    """
    fluxes = scales.fluxes(detector)
    cards: Cards = {
        "FLATNORM UUID": str(ref.id),
        "FLATNORM RUN": ref.run,
        "FLATNORM FACTOR": scales.factor_of(detector),
        "FLATNORM NDETECTORS": len(set(scales.detector.tolist())),
    }
    return Normalised(fluxes, cards, suitability.remarks_of(scales.header))
