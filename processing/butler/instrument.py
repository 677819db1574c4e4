"""The instrument class of every camera, found by name: Butler stores `processing.butler.instrument.<CAMERA>`.

No camera needs Python. A class is made on first use from the camera's YAML, which for cameras outside this
package is looked for on PROCESSING_CAMERAS.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lsst.daf.butler import Registry
from lsst.pex.config import Config
from lsst.pipe.base import Instrument
from typing_extensions import override

from processing import camera_files
from processing.butler.formatters import RawFormatter
from processing.butler.registration import register
from processing.camera import Camera

OF_EXPOSED_FRAMES = ("cpFlatIsr", "verifyFlatDet", "verifyScienceIsr")
"""Tasks, by their default names."""


class CameraInstrument(Instrument):
    """What all our instruments share."""

    camera: ClassVar[Camera]
    raw_definition = ("raw", ("instrument", "exposure", "detector"), "RawFrame")

    @classmethod
    @override
    def getName(cls) -> str:
        """The camera's name."""
        return cls.camera.name

    @override
    def register(self, registry: Registry, *, update: bool = False) -> None:
        """Insert the records of the instrument, its detectors and filters."""
        register(registry, self.camera, update=update)

    @override
    def getRawFormatter(self, dataId: Any) -> type[RawFormatter]:
        """All cameras write FITS images."""
        return RawFormatter

    @override
    def applyConfigOverrides(self, name: str, config: Config) -> None:
        """Configure signature removal of exposed frames by what the camera has done to them already."""
        super().applyConfigOverrides(name, config)
        if name in OF_EXPOSED_FRAMES:
            config.darkSubtractedByCamera = self.camera.flats.dark_subtracted
            config.pedestalAdu = self.camera.flats.pedestal_adu


def __getattr__(name: str) -> type[CameraInstrument]:
    for camera in camera_files.names():
        if camera.replace("-", "_") == name:
            made = type(name, (CameraInstrument,), {"camera": camera_files.find(camera), "__module__": __name__})
            globals()[name] = made
            return made
    raise AttributeError(f"module {__name__!r} knows no camera {name!r}: known are {camera_files.names()}")
