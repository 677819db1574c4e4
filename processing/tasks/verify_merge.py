"""Merge the result tables of verification: of detectors to exposures, of those to the whole, as PipelineTasks."""

# Connections and configuration fields have the names of cp_verify's.
# ruff: noqa: N803, N815
# The classes take keywords through metaclasses that mypy is told not to look into.
# mypy: disable-error-code="call-arg"

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import lsst.pipe.base.connectionTypes as cT
from lsst.pipe.base import PipelineTaskConfig, PipelineTaskConnections, Struct
from typing_extensions import override

from processing.tasks import per
from processing.tasks.quantum import QuantumInputs, QuantumTask
from processing.tasks.results import STORAGE_CLASS
from processing.verify.table import USED

if TYPE_CHECKING:
    from astropy.table import Table


def _inputs(name: str, dimensions: tuple[str, ...]) -> Any:
    return cT.Input(name, STORAGE_CLASS, "Rows to merge.", multiple=True, dimensions=dimensions)


def _output(name: str, dimensions: tuple[str, ...]) -> Any:
    return cT.Output(name, STORAGE_CLASS, "All rows.", dimensions=dimensions)


class ExpMergeConnections(PipelineTaskConnections, dimensions=per.WHOLE_EXPOSURE):
    """From the detectors of an exposure to the exposure."""

    inputResults = _inputs("verifyBiasDetResults", per.EXPOSURE)
    outputResults = _output("verifyBiasExpResults", per.WHOLE_EXPOSURE)


class ExpMergeConfig(PipelineTaskConfig, pipelineConnections=ExpMergeConnections):
    """Nothing to choose."""


class MergeTask(QuantumTask):
    """Merge tables, in order of exposure and detector."""

    ConfigClass = ExpMergeConfig
    _DefaultName = "cpVerifyExpMerge"

    @override
    def process(self, inputs: QuantumInputs) -> Struct:
        refs = inputs.refs.inputResults
        order = sorted(range(len(refs)), key=lambda i: tuple(refs[i].dataId.required_values))
        return self.run([inputs.data["inputResults"][i] for i in order])

    def run(self, inputResults: Sequence[Table]) -> Struct:
        """Merge; a calibration that a detector did not have is the empty text in its rows."""
        from astropy.table import MaskedColumn, vstack

        merged = vstack(list(inputResults), metadata_conflicts="silent")
        for name in merged.colnames:
            if name.startswith(USED) and isinstance(merged[name], MaskedColumn):
                merged[name] = merged[name].filled("")
        return Struct(outputResults=merged)


class RunMergeConnections(PipelineTaskConnections, dimensions=per.INSTRUMENT):
    """From the exposures to the whole."""

    inputResults = _inputs("verifyBiasExpResults", per.WHOLE_EXPOSURE)
    outputResults = _output("verifyBiasResults", per.INSTRUMENT)


class RunMergeConfig(PipelineTaskConfig, pipelineConnections=RunMergeConnections):
    """Nothing to choose."""


class RunMergeTask(MergeTask):
    """Merge the tables of exposures."""

    ConfigClass = RunMergeConfig
    _DefaultName = "cpVerifyRunMerge"


class RunMergeByFilterConnections(RunMergeConnections, dimensions=per.FILTER):
    """From the exposures of a filter to the whole."""

    inputResults = _inputs("verifyFlatExpResults", per.WHOLE_EXPOSURE)
    outputResults = _output("verifyFlatResults", per.FILTER)


class RunMergeByFilterConfig(RunMergeConfig, pipelineConnections=RunMergeByFilterConnections):
    """Nothing to choose."""


class RunMergeByFilterTask(MergeTask):
    """Merge the tables of the exposures of one filter."""

    ConfigClass = RunMergeByFilterConfig
    _DefaultName = "cpVerifyRunMergeByFilter"


class DetMergeConnections(PipelineTaskConnections, dimensions=per.INSTRUMENT):
    """From the detectors of all exposures to the whole, for tables that nobody reads by exposure."""

    inputResults = _inputs("verifyCtiDetResults", per.EXPOSURE)
    outputResults = _output("verifyCtiResults", per.INSTRUMENT)


class DetMergeConfig(PipelineTaskConfig, pipelineConnections=DetMergeConnections):
    """Nothing to choose."""


class DetMergeTask(MergeTask):
    """Merge the tables of detectors in exposures."""

    ConfigClass = DetMergeConfig
    _DefaultName = "cpVerifyDetMerge"


class CalibMergeConnections(PipelineTaskConnections, dimensions=per.INSTRUMENT):
    """From the detectors to the whole."""

    inputResults = _inputs("verifyGainDetResults", per.DETECTOR)
    outputResults = _output("verifyGainResults", per.INSTRUMENT)


class CalibMergeConfig(PipelineTaskConfig, pipelineConnections=CalibMergeConnections):
    """Nothing to choose."""


class CalibMergeTask(MergeTask):
    """Merge the tables of detectors."""

    ConfigClass = CalibMergeConfig
    _DefaultName = "cpVerifyCalibMerge"
