"""What our PipelineTasks do alike: everything of a quantum is read, becomes outputs, and these are put."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lsst.daf.butler import DataCoordinate
from lsst.pipe.base import InputQuantizedConnection, OutputQuantizedConnection, PipelineTask, QuantumContext, Struct
from typing_extensions import override

from processing.butler.instrument import CameraInstrument
from processing.camera import Camera, Detector
from processing.provenance import Cards, calibration_cards


@dataclass(frozen=True, eq=False)
class QuantumInputs:
    """What was read for a data ID, and the datasets that it was read from; both by the names of connections.

    A connection that defers has handles. A prerequisite that is missing has no entry.
    """

    data_id: DataCoordinate
    refs: InputQuantizedConnection
    data: Mapping[str, Any]

    @property
    def camera(self) -> Camera:
        """The camera of the data ID."""
        return CameraInstrument.from_data_id(self.data_id).camera

    @property
    def detector(self) -> Detector:
        """The detector of the data ID."""
        return self.camera.detector(self.data_id["detector"])

    def cards(self, connection: str, name: str) -> Cards:
        """Which calibration a connection has read, under a name."""
        ref = getattr(self.refs, connection)
        return calibration_cards(name, ref.run, str(ref.id), self.data[connection].header)


class QuantumTask(PipelineTask):
    """A PipelineTask that needs more than the data: where they are from, or what the data ID says."""

    @override
    def runQuantum(
        self, butlerQC: QuantumContext, inputRefs: InputQuantizedConnection, outputRefs: OutputQuantizedConnection
    ) -> None:
        inputs = QuantumInputs(butlerQC.quantum.dataId, inputRefs, butlerQC.get(inputRefs))
        butlerQC.put(self.process(inputs), outputRefs)

    @abstractmethod
    def process(self, inputs: QuantumInputs) -> Struct:
        """Call `run` with what it needs of the inputs."""


class RawTask(QuantumTask):
    """Runs on the raw `ccdExposure` and on calibrations of its detector, which outputs are to name."""

    @override
    def process(self, inputs: QuantumInputs) -> Struct:
        applied: Cards = {}
        for name in sorted(inputs.data.keys() - {"ccdExposure"}):
            applied |= inputs.cards(name, name)
        data_id = inputs.data_id
        record, detector = data_id.records["exposure"], data_id["detector"]
        return self.run(camera=inputs.camera, record=record, detector=detector, applied=applied, **inputs.data)
