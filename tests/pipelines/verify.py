"""Tasks that measure nothing and say what a test wants: tables as those of cp_verify, with the UUID that counts."""

from __future__ import annotations

from typing import Any

from astropy.table import Table, vstack
from lsst.pex.config import ListField
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, QuantumContext, Struct
from lsst.pipe.base.connections import InputQuantizedConnection, OutputQuantizedConnection
from lsst.pipe.base.connectionTypes import Input, Output, PrerequisiteInput

from tests.pipelines.tasks import DETECTOR, DICT, EXPOSURE, hang

TABLE = "ArrowAstropy"
AMPLIFIERS = ("C00", "C01")
NOISE, READ_NOISE = 5.0, 5.0


class VerifyConnections(PipelineTaskConnections, dimensions=EXPOSURE):
    raw = Input(name="raw", storageClass=DICT, dimensions=EXPOSURE, doc="A frame.")
    bias = PrerequisiteInput(name="bias", storageClass=DICT, dimensions=DETECTOR, isCalibration=True, doc="A bias.")
    results = Output(name="verifyBiasDetResults", storageClass=TABLE, dimensions=EXPOSURE, doc="Rows of a detector.")


class VerifyConfig(PipelineTaskConfig, pipelineConnections=VerifyConnections):
    noisy = ListField(dtype=int, default=[], doc="Detectors whose amplifier C01 has twice the noise.")


class Verify(PipelineTask):
    """One row for each of two amplifiers; a raw may say of itself which detectors are `noisy`."""

    ConfigClass = VerifyConfig
    _DefaultName = "verify"

    def runQuantum(  # noqa: N802  # the name is the middleware's
        self, context: QuantumContext, given: InputQuantizedConnection, wanted: OutputQuantizedConnection
    ) -> None:
        identity = dict(given.raw.dataId.required)
        hang(identity["exposure"])
        context.put(Struct(results=self.rows(identity, context.get(given.raw), str(given.bias.id))), wanted)

    def rows(self, identity: dict[str, Any], raw: dict[str, Any], bias: str) -> Table:
        twice = identity["detector"] in self.config.noisy or identity["detector"] in raw.get("noisy", ())
        noise = [NOISE, 2 * NOISE if twice else NOISE]
        return Table(
            {
                "exposure": [identity["exposure"]] * 2,
                "detector": [identity["detector"]] * 2,
                "amplifier": list(AMPLIFIERS),
                "mjd": [60652.0 + identity["exposure"] % 100 / 1440] * 2,
                "BIAS_MEAN": [0.0, 0.0],
                "BIAS_NOISE": noise,
                "BIAS_CR_NOISE": noise,
                "BIAS_READ_NOISE": [READ_NOISE] * 2,
                "BIAS_READ_NOISE_ADU": [READ_NOISE] * 2,
                "BIAS_GAIN": [1.0, 1.0],
                "BIAS_GOOD": [1.0, 1.0],
                "CALIB_UUID_bias": [bias] * 2,
            }
        )


class MergeConnections(PipelineTaskConnections, dimensions=("instrument",)):
    parts = Input(name="verifyBiasDetResults", storageClass=TABLE, dimensions=EXPOSURE, multiple=True, doc="Rows.")
    results = Output(name="verifyBiasResults", storageClass=TABLE, dimensions=("instrument",), doc="All rows.")


class MergeConfig(PipelineTaskConfig, pipelineConnections=MergeConnections):
    pass


class Merge(PipelineTask):
    """All rows in one table."""

    ConfigClass = MergeConfig
    _DefaultName = "merge"

    def run(self, parts: list[Table]) -> Struct:
        return Struct(results=vstack(parts))
