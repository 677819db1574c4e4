"""Tasks that read and write files as in a pipeline, with no Butler around them: their own memory, and no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.time import Time

from processing import frame, raw
from processing.camera import Camera, Segment
from processing.camera_files import find
from processing.frame import Frame
from processing.simulation import curated
from processing.simulation.effects import PRESETS, Effects
from processing.simulation.sensor import draw
from processing.tasks.combine import CombineConfig, CombineTask
from processing.tasks.isr import CALIBRATIONS, IsrConfig, IsrTask

CAMERA = find("LSSTComCam")
DETECTOR = CAMERA.detectors[0]


def segment_of(times: int) -> Segment:
    """One amplifier of sixteen; together they have so many times 1024^2 pixels."""
    return CAMERA.segment_for(DETECTOR).scaled_to(128 * times, 512)


def tables(segment: Segment) -> dict[str, Any]:
    """All calibrations of a sensor with all flaws that are no frames, by the names of `remove_signature`."""
    made = curated.calibrations(DETECTOR, draw(DETECTOR, segment, Effects(**PRESETS["all"]), seed=1), CAMERA.name)
    names = {"crosstalk": "crosstalk", "linearizer": "linearizer", "cti": "charge_transfer", "bfk": "kernel"}
    names |= {"ptc": "photon_transfer", "manual_defects": "defects"}
    return {name: made[kind] for kind, name in names.items()}


@dataclass(frozen=True)
class Handle:
    """A corrected frame in a file, read when it is asked for."""

    path: Path
    exposure: int

    @property
    def dataId(self) -> Any:  # noqa: N802 - as Butler's handles have it
        return _DataId({"exposure": self.exposure, "detector": 0})

    def get(self, parameters: Mapping[str, Any] | None = None) -> Frame:
        return frame.read(self.path, (parameters or {}).get("rows"))


class _DataId(dict[str, int]):
    @property
    def records(self) -> dict[str, Any]:
        return {"exposure": record(self["exposure"], "bias", 0.0)}


def record(number: int, kind: str, seconds: float) -> Any:
    """What is known of an exposure."""
    return SimpleNamespace(
        id=number,
        instrument=CAMERA.name,
        observation_type=kind,
        physical_filter="r_03",
        exposure_time=seconds,
        dark_time=seconds,
        timespan=SimpleNamespace(begin=Time("2024-12-08T00:00:00", scale="tai")),
    )


def combination(folder: Path, n_frames: int, side: int) -> Callable[[], object]:
    """Return the combination of so many files into another; four files are read again and again."""
    rng = np.random.default_rng(1)
    for number in range(4):
        image = rng.normal(1000, 7, (side, side)).astype(np.float32)
        made = Frame(image, np.full_like(image, 49), np.zeros(image.shape, np.int16), "adu", {})
        frame.write(made, folder / f"{number}.fits")
    handles: Any = [Handle(folder / f"{number % 4}.fits", number) for number in range(n_frames)]
    task = CombineTask(config=CombineConfig())
    return lambda: _written(task.run(handles).outputData, folder)


def correction(folder: Path, times: int) -> Callable[[], object]:
    """Return the whole signature removal of a raw in a file, with everything that can be corrected, into another."""
    segment = segment_of(times)
    shape = DETECTOR.shape(segment)
    pixels = np.random.default_rng(1).normal(25_000, 150, DETECTOR.raw_shape(segment)).astype(np.uint16)
    fits.PrimaryHDU(pixels).writeto(folder / "raw.fits")
    units = {"bias": (3.0, "adu"), "dark": (0.1, "adu/s"), "flat": (1.0, "")}
    for name, (value, unit) in units.items():
        frame.write(constant(shape, value, unit), folder / f"{name}.fits")
    known = {connection: name for connection, name in CALIBRATIONS.items() if name not in units}
    given = {connection: tables(segment)[name] for connection, name in known.items()}
    task = IsrTask(config=_everything())
    camera = _scaled(segment)

    def work() -> None:
        frames = {name: frame.read(folder / f"{name}.fits") for name in units}
        calibrations = {**given, **frames}
        done = task.run(
            raw.read(folder / "raw.fits"),
            camera=camera,
            record=record(1, "flat", 10.0),
            detector=DETECTOR.id,
            applied={},
            **calibrations,
        )
        _written(done.outputExposure, folder)

    return work


def constant(shape: tuple[int, int], value: float, unit: str) -> Frame:
    """A calibration of one value, with small errors."""
    image = np.full(shape, value, np.float32)
    return Frame(image, np.full(shape, 1e-4, np.float32), np.zeros(shape, np.int16), unit, {})


def _everything() -> IsrConfig:
    config = IsrConfig()
    for name in ("doCrosstalk", "doLinearize", "doDeferredCharge", "doBrighterFatter", "doFlat"):
        setattr(config, name, True)
    config.useGainsFrom = "PTC"
    return config


def _scaled(segment: Segment) -> Camera:
    """The camera whose amplifiers have this many pixels, whatever headers say."""
    return CAMERA.model_copy(update={"segment": segment})


def _written(made: Frame, folder: Path) -> Frame:
    frame.write(made, folder / "made.fits")
    return made
