"""Correct one exposure on one detector and measure what that has left, as PipelineTasks.

One quantum does what are two tasks in cp_verify (`verifyBiasIsr`, `verifyBiasDet`): the corrected frame is never
written, unless somebody wants to see it. What stays are rows by amplifier, and a binned frame for the mosaics.
"""

# Connections and configuration fields have the names of cp_verify's and ip_isr's.
# ruff: noqa: N815
# The classes take keywords through metaclasses that mypy is told not to look into.
# mypy: disable-error-code="call-arg"

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import lsst.pex.config as pex
import lsst.pipe.base.connectionTypes as cT
from lsst.pipe.base import Struct
from typing_extensions import override

from processing.frame import Frame
from processing.pictures.binning import binned
from processing.pictures.drawing import FINE
from processing.tasks import per, results
from processing.tasks.isr import IsrConfig, IsrConnections, IsrTask
from processing.tasks.quantum import QuantumInputs
from processing.verify.bias import measure_bias
from processing.verify.crosstalk import measure_crosstalk
from processing.verify.dark import measure_dark
from processing.verify.defects import measure_defects
from processing.verify.flat import measure_flat
from processing.verify.ghosts import BRIGHT_ADU
from processing.verify.part import Row
from processing.verify.table import rows


class VerifyIsrConnections(IsrConnections, dimensions=per.EXPOSURE):
    """As IsrConnections; the frame itself is only put if it is asked for."""

    outputBin1Exposure = cT.Output(
        "verifyScienceIsrExpBin8", "CalibBinned", "Corrected frame in cells of 8 pixels.", dimensions=per.EXPOSURE
    )

    def __init__(self, *, config: VerifyIsrConfig) -> None:
        """Put what is wanted."""
        super().__init__(config=config)
        if not config.doWriteExposure:
            del self.outputExposure
        if not config.doBinnedExposures:
            del self.outputBin1Exposure


class VerifyIsrConfig(IsrConfig, pipelineConnections=VerifyIsrConnections):
    """Which corrections to apply, and what to keep."""

    doWriteExposure = pex.Field[bool](doc="Keep the corrected frame?", default=False)
    doBinnedExposures = pex.Field[bool](doc="Keep the corrected frame in cells of 8 pixels, for mosaics?", default=True)


class VerifyIsrTask(IsrTask):
    """Correct an exposure to be looked at."""

    ConfigClass = VerifyIsrConfig
    _DefaultName = "verifyIsr"

    @override
    def process(self, inputs: QuantumInputs) -> Struct:
        done = super().process(inputs)
        if self.config.doBinnedExposures:
            done.outputBin1Exposure = binned(done.outputExposure, FINE)
        return done


class VerifyScienceTask(VerifyIsrTask):
    """The same for science; of its own name so that the camera can configure it."""

    _DefaultName = "verifyScienceIsr"


class VerifyDetConnections(VerifyIsrConnections, dimensions=per.EXPOSURE):
    """... and what was measured."""

    outputResults = cT.Output(
        "verifyBiasDetResults", results.STORAGE_CLASS, "Rows by amplifier.", dimensions=per.EXPOSURE
    )


class VerifyDetConfig(VerifyIsrConfig, pipelineConnections=VerifyDetConnections):
    """As VerifyIsrConfig."""


class VerifyDetTask(VerifyIsrTask):
    """Correct an exposure and measure it."""

    ConfigClass = VerifyDetConfig
    stage: ClassVar[str]
    """Beginning of the names of columns."""
    by_filter: ClassVar[bool] = False
    """Whether rows name the filter."""

    @override
    def process(self, inputs: QuantumInputs) -> Struct:
        done = super().process(inputs)
        found = self.measure(done.outputExposure, inputs)
        of_inputs = results.used(inputs, sorted(self.config.wanted()), self.config.connections)
        place = results.place(
            inputs.data_id.records["exposure"], inputs.data_id["detector"], of_inputs, of_filter=self.by_filter
        )
        done.outputResults = results.table(rows(self.stage, place, found))
        return done

    @abstractmethod
    def measure(self, corrected: Frame, inputs: QuantumInputs) -> Mapping[str, Row]:
        """What there is to know of each amplifier, by name."""


class VerifyBiasTask(VerifyDetTask):
    """Measure a bias frame from which the bias was subtracted."""

    _DefaultName = "verifyBiasDet"
    stage = "BIAS"

    @override
    def measure(self, corrected: Frame, inputs: QuantumInputs) -> Mapping[str, Row]:
        return measure_bias(corrected, inputs.detector, inputs.data["bias"])


class VerifyDarkTask(VerifyDetTask):
    """Measure a dark frame from which bias and dark were subtracted."""

    _DefaultName = "verifyDarkDet"
    stage = "DARK"

    @override
    def measure(self, corrected: Frame, inputs: QuantumInputs) -> Mapping[str, Row]:
        dark_time = inputs.data_id.records["exposure"].dark_time
        return measure_dark(corrected, inputs.detector, inputs.data["dark"], dark_time=dark_time)


class VerifyFlatTask(VerifyDetTask):
    """Measure a flat frame that was divided by the flat."""

    _DefaultName = "verifyFlatDet"
    stage = "FLAT"
    by_filter = True

    @override
    def measure(self, corrected: Frame, inputs: QuantumInputs) -> Mapping[str, Row]:
        return measure_flat(corrected, inputs.detector, inputs.data["flat"])


class VerifyDefectsTask(VerifyDetTask):
    """Measure a frame in which the defects are marked."""

    _DefaultName = "verifyDefectsDet"
    stage = "DEFECTS"

    @override
    def measure(self, corrected: Frame, inputs: QuantumInputs) -> Mapping[str, Row]:
        return measure_defects(corrected, inputs.detector)


class VerifyCrosstalkConfig(VerifyDetConfig, pipelineConnections=VerifyDetConnections):
    """As VerifyDetConfig, and which pixels are sources."""

    threshold = pex.RangeField[float](doc="A source is so far above its amplifier, ADU.", default=BRIGHT_ADU, min=1.0)


class VerifyCrosstalkTask(VerifyDetTask):
    """Measure the ghosts that are left in a frame with bright spots."""

    ConfigClass = VerifyCrosstalkConfig
    _DefaultName = "verifyCrosstalkDet"
    stage = "CROSSTALK"

    @override
    def measure(self, corrected: Frame, inputs: QuantumInputs) -> Mapping[str, Row]:
        return measure_crosstalk(corrected, inputs.detector, bright_adu=self.config.threshold)
