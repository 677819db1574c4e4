"""Tasks over dictionaries: reduce an exposure, combine exposures, with and without a calibration.

HANG_AT in the environment makes the reduction of that exposure touch HANG_FILE and never return: there a test kills.
FAIL_AT makes it fail; FAIL_AFTER makes it fail once it has written its output.
MEET_IN names a folder: a reduction leaves its exposure and its process there, and waits until as many exposures as
MEETING says are there, which is two unless it is set.
"""

from __future__ import annotations

import os
import time
import warnings
from pathlib import Path
from typing import Any

from lsst.pex.config import Field, ListField
from lsst.pipe.base import (
    InvalidQuantumError,
    PipelineTask,
    PipelineTaskConfig,
    PipelineTaskConnections,
    QuantumContext,
    Struct,
)
from lsst.pipe.base.connectionTypes import Input, Output, PrerequisiteInput

DICT = "StructuredDataDict"
EXPOSURE = ("instrument", "exposure", "detector")
DETECTOR = ("instrument", "detector")


def hang(exposure: int) -> None:
    """Never return, if it is the exposure at which a test kills."""
    if str(exposure) == os.environ.get("HANG_AT"):
        Path(os.environ["HANG_FILE"]).touch()
        time.sleep(600)


class ReduceConnections(PipelineTaskConnections, dimensions=EXPOSURE, defaultTemplates={"kind": "bias"}):
    raw = Input(name="raw", storageClass=DICT, dimensions=EXPOSURE, doc="A frame.")
    reduced = Output(name="{kind}Reduced", storageClass=DICT, dimensions=EXPOSURE, doc="A reduced frame.")


class ReduceConfig(PipelineTaskConfig, pipelineConnections=ReduceConnections):
    fail = ListField(dtype=int, default=[], doc="Exposures that cannot be reduced.")
    invalid = ListField(dtype=int, default=[], doc="Exposures whose quantum calls itself invalid.")


class Reduce(PipelineTask):
    ConfigClass = ReduceConfig
    _DefaultName = "reduce"

    def runQuantum(self, butlerQC: QuantumContext, inputRefs: Any, outputRefs: Any) -> None:  # noqa: N802, N803  # the names are the middleware's
        super().runQuantum(butlerQC, inputRefs, outputRefs)
        if str(butlerQC.quantum.dataId["exposure"]) == os.environ.get("FAIL_AFTER"):
            raise ValueError("shutter stuck after all")

    def run(self, raw: dict[str, Any]) -> Struct:
        hang(raw["exposure"])
        if folder := os.environ.get("MEET_IN"):
            (Path(folder) / str(raw["exposure"])).write_text(str(os.getpid()))
            while len(list(Path(folder).iterdir())) < int(os.environ.get("MEETING", "2")):
                time.sleep(0.01)
        if raw["exposure"] in self.config.fail or str(raw["exposure"]) == os.environ.get("FAIL_AT"):
            raise ValueError(f"shutter stuck in {raw['exposure']}\nsecond line")
        if raw["exposure"] in self.config.invalid:
            raise InvalidQuantumError(f"no such frame: {raw['exposure']}")
        self.log.info("reduced %s", raw["exposure"])
        return Struct(reduced=raw)


class ReduceWithBiasConnections(ReduceConnections, dimensions=EXPOSURE, defaultTemplates={"kind": "dark"}):
    bias = PrerequisiteInput(name="bias", storageClass=DICT, dimensions=DETECTOR, isCalibration=True, doc="A bias.")


class ReduceWithBiasConfig(ReduceConfig, pipelineConnections=ReduceWithBiasConnections):
    pass


class ReduceWithBias(Reduce):
    ConfigClass = ReduceWithBiasConfig
    _DefaultName = "reduceWithBias"

    def run(self, raw: dict[str, Any], bias: dict[str, Any]) -> Struct:
        return Struct(reduced={**raw, "bias": bias.get("epoch", "combined")})


class ReduceWithAnyBiasConnections(ReduceConnections, dimensions=EXPOSURE, defaultTemplates={"kind": "dark"}):
    bias = PrerequisiteInput(
        name="bias", storageClass=DICT, dimensions=DETECTOR, isCalibration=True, minimum=0, doc="A bias, if there is."
    )


class ReduceWithAnyBiasConfig(ReduceConfig, pipelineConnections=ReduceWithAnyBiasConnections):
    pass


class ReduceWithAnyBias(Reduce):
    ConfigClass = ReduceWithAnyBiasConfig
    _DefaultName = "reduceWithAnyBias"

    def run(self, raw: dict[str, Any], bias: dict[str, Any] | None = None) -> Struct:
        return Struct(reduced={**raw, "bias": bias.get("epoch", "combined") if bias else None})


class CombineConnections(PipelineTaskConnections, dimensions=DETECTOR, defaultTemplates={"kind": "bias"}):
    reduced = Input(name="{kind}Reduced", storageClass=DICT, dimensions=EXPOSURE, multiple=True, doc="Frames.")
    combined = Output(name="{kind}", storageClass=DICT, dimensions=DETECTOR, isCalibration=True, doc="Combined.")


class CombineConfig(PipelineTaskConfig, pipelineConnections=CombineConnections):
    warn = Field(dtype=bool, default=False, doc="Whether to warn as numpy does.")


class Combine(PipelineTask):
    ConfigClass = CombineConfig
    _DefaultName = "combine"

    def run(self, reduced: list[dict[str, Any]]) -> Struct:
        if self.config.warn:
            warnings.warn("few frames", RuntimeWarning, stacklevel=1)
        return Struct(combined={"exposures": sorted(r["exposure"] for r in reduced)})


class CombineWithBiasConnections(CombineConnections, dimensions=DETECTOR, defaultTemplates={"kind": "dark"}):
    bias = PrerequisiteInput(name="bias", storageClass=DICT, dimensions=DETECTOR, isCalibration=True, doc="A bias.")


class CombineWithBiasConfig(PipelineTaskConfig, pipelineConnections=CombineWithBiasConnections):
    pass


class CombineWithBias(Combine):
    """Takes a calibration in a quantum that has no exposure: nothing tells which epoch."""

    ConfigClass = CombineWithBiasConfig
    _DefaultName = "combineWithBias"

    def run(self, reduced: list[dict[str, Any]], bias: dict[str, Any]) -> Struct:
        exposures = sorted(one["exposure"] for one in reduced)
        return Struct(combined={"exposures": exposures, "bias": bias.get("epoch", "combined")})
