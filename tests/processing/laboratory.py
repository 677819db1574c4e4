"""A laboratory of simulated sensors of which everything is known, and what is done there with their frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from processing.amplifiers import windows
from processing.camera_files import find
from processing.combine_frames import combine_frames
from processing.effects.cosmic_rays import RayCriteria
from processing.frame import Frame, Image
from processing.isr import Calibrations, Corrected, remove_signature
from processing.simulation import curated
from processing.simulation.effects import Effects
from processing.simulation.exposure import Shot, expose, rays_of
from processing.simulation.sensor import Sensor, draw, flat_light

CAMERA = find("LSSTComCam")
DETECTOR = CAMERA.detector(4)
SEGMENT = CAMERA.segment.scaled_to(64, 64)
SHAPE = DETECTOR.shape(SEGMENT)
WINDOWS = windows(DETECTOR, SHAPE)

QUIET = Effects(
    vignetting=False,
    pixel_response=False,
    dark_current=False,
    photon_noise=False,
    gain_spread=False,
    bias_structure=False,
)
"""A sensor with read noise and nothing else, in uniform light."""


@dataclass(frozen=True)
class Bench:
    """A sensor in the laboratory, and all that is true of it."""

    effects: Effects
    sensor: Sensor
    truth: Calibrations

    def raw(self, number: int, *, light: Image | None = None, electrons: float = 0, seconds: float = 0) -> Any:
        """Expose it."""
        return expose(DETECTOR, SEGMENT, self.sensor, _shot(number, electrons, seconds), light=light, seed=1)

    def struck(self, number: int, *, electrons: float = 0, seconds: float = 0) -> NDArray[np.bool_]:
        """Where cosmic rays hit that exposure."""
        rays = rays_of(DETECTOR, SEGMENT, self.sensor, _shot(number, electrons, seconds), seed=1)
        hit = np.zeros(SHAPE, np.bool_)
        hit[rays.rows, rays.columns] = True
        return hit

    def only(self, *names: str) -> dict[str, Any]:
        """The true calibrations of these names."""
        known: dict[str, Any] = {**self.truth}
        return {name: known[name] for name in names}

    def flat(self, number: int, electrons: float) -> Any:
        """A flat in the light of its own vignetting, response and dust."""
        return self.raw(number, light=self.response, electrons=electrons)

    @property
    def response(self) -> Image:
        """How much of an even light each pixel sees."""
        return flat_light(CAMERA, DETECTOR, SEGMENT, self.sensor, "r", self.effects, seed=1)


def _shot(number: int, electrons: float, seconds: float) -> Shot:
    kind = "flat" if electrons else "dark" if seconds else "bias"
    return Shot(kind, 20241208, number, "2024-12-08T18:00:00", seconds, "r_03", "r", electrons)


def bench(effects: Effects) -> Bench:
    """A sensor with these effects."""
    sensor = draw(DETECTOR, SEGMENT, effects, seed=1)
    known: dict[str, Any] = curated.calibrations(DETECTOR, sensor, CAMERA.name)
    truth = Calibrations(
        photon_transfer=known["ptc"],
        crosstalk=known["crosstalk"],
        linearizer=known["linearizer"],
        charge_transfer=known["cti"],
        kernel=known["bfk"],
    )
    return Bench(effects, sensor, truth)


def with_effect(**changes: Any) -> Bench:
    """A quiet sensor with one effect."""
    return bench(QUIET.model_copy(update=changes))


def corrected(raw: Any, *, seconds: float = 0.0, apply_gains: bool = False, **given: Any) -> Corrected:
    """A raw without the signature of the instrument."""
    return remove_signature(raw, DETECTOR, SEGMENT, dark_time=seconds, apply_gains=apply_gains, **given)


def frame(found: Corrected) -> Frame:
    """The same as a frame."""
    return Frame(found.image, found.variance, found.mask, found.unit, {})


def means(image: Image) -> NDArray[np.float64]:
    """Of each amplifier."""
    return np.array([image[window].mean(dtype=np.float64) for window in WINDOWS.values()])


def rms(values: NDArray[Any]) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


def combined(found: Sequence[Corrected], *, scale: float = 1.0, rays: RayCriteria | None = None) -> Frame:
    """Corrected frames, each divided by the scale, combined as the pipelines do it."""

    def reader(of: Corrected, rows: tuple[int, int] | None) -> Frame:
        part = slice(*rows) if rows else slice(None)
        return Frame(of.image[part], of.variance[part], of.mask[part], of.unit, {})

    readers: list[Callable[..., Frame]] = [partial(reader, each) for each in found]
    made = combine_frames(
        readers, [scale] * len(found), sigma=3.0, max_passes=3, frames_in_memory=2 * len(found), rays=rays
    )
    return Frame(made.image, made.variance, made.mask, "adu", {})
