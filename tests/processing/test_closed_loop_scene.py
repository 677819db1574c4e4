"""Closed loop in structured light: all corrections together come down to the noise, and no one can be missing.

One exposure of a sensor with all effects, of a spot, stars and steps on a dark sky, is corrected with what was measured
of that sensor (bias, dark, flat, defects, charge transfer) and the truth of the rest. What is left is compared with the
noise that truth expects of good pixels, not with the frame's own variance, which would grow with a missing correction.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from processing.assemble import place
from processing.frame import UNUSABLE, Image
from tests.processing.calibrating import DARK_S, FLAT_E, FRAMES, Calibrated
from tests.processing.laboratory import DETECTOR, SEGMENT, SHAPE, WINDOWS, corrected, rms

PEAK_E, STEP_E = 60_000.0, 20_000.0
"""Steps are fainter: kernels are exact where light is smooth, and what they miss grows with its square."""

NUMBER, SECONDS, DARK_E_PER_S = 900, 100.0, 0.2
KINDS = ("spot", "nothing", "stars", "steps")
KIND_OF = {name: KINDS[(i + i // 8) % 4] for i, name in enumerate(WINDOWS)}
"""What each amplifier sees."""

BOUND, BROKEN = 1.1, 1.5
"""Rms deviation from the truth, in units of the noise: systematic errors are then below half of the noise (0.46), or
above it (1.1)."""

OFF = 0.2
"""And of their mean, which a dark current or couplings wrong by a tenth exceed."""

Pixels = NDArray[np.bool_]


def tile(kind: str) -> NDArray[np.float64]:
    """The light on one amplifier, in electrons."""
    y, x = np.mgrid[: SEGMENT.rows, : SEGMENT.columns]
    if kind == "spot":
        return np.asarray(PEAK_E / (1 + np.exp((np.hypot(y - 31.5, x - 31.5) - 20) / 2)))
    if kind == "stars":
        return np.asarray(PEAK_E * np.exp(-((y % 16 - 7.5) ** 2 + (x % 16 - 7.5) ** 2) / 8))
    if kind == "steps":
        return STEP_E * ((y % 8 >= 4) & (x % 8 >= 4))
    return np.zeros((SEGMENT.rows, SEGMENT.columns))


def scene() -> Image:
    light = np.empty(SHAPE, np.float32)
    for name, window in WINDOWS.items():
        light[window] = tile(KIND_OF[name])
    return light


LIGHT = scene()


@dataclass(frozen=True, eq=False)
class Exposed:
    """The raw of the scene, and what should come of it."""

    calibrated: Calibrated
    raw: Any

    def left(self, without: str = "") -> NDArray[np.float64]:
        """Deviations from the truth in units of the noise, NaN where a pixel does not count.

        Those of this frame that rays hit do not, nor the neighbours of defects: the dark is subtracted first, so the
        kernel does not see the charge of a hot pixel that has pushed some of it aside.
        """
        found = corrected(self.raw, seconds=SECONDS, **self.calibrated.known(without))
        counts = (found.mask & UNUSABLE == 0) & ~self.struck & ~(grown(self.defective, 1) & ~self.defective)
        scale = self.calibrated.flat_level_e / FLAT_E
        return np.where(counts, (found.image / scale - LIGHT) / self.noise, np.nan)

    @cached_property
    def struck(self) -> Pixels:
        return self.calibrated.bench.struck(NUMBER, electrons=PEAK_E, seconds=SECONDS)

    @cached_property
    def defective(self) -> Pixels:
        return self.calibrated.bench.sensor.defects != 0

    @cached_property
    def noise(self) -> Image:
        """Of a good pixel, in electrons of the light: photons and readout, then bias, dark and flat."""
        real = self.calibrated.bench
        read = np.empty(SHAPE, np.float32)
        for window, noise in zip(WINDOWS.values(), real.sensor.read_noise, strict=True):
            read[window] = noise**2
        response = float(np.median(real.response))
        frame = LIGHT * response + DARK_E_PER_S * SECONDS + read
        dark = (DARK_E_PER_S * DARK_S + read) * (SECONDS / DARK_S) ** 2
        variance = (frame + (read + dark) / FRAMES) / response**2 + LIGHT**2 / (FLAT_E * response * FRAMES)
        return np.sqrt(variance)

    def seen(self, effect: str, left: NDArray[np.float64]) -> NDArray[np.float64]:
        """What is left where this effect would be seen."""
        if effect == "bias":
            return columns(left)
        where = {
            "photon_transfer": LIGHT > 0.9 * PEAK_E,
            "crosstalk": of("nothing"),
            "linearizer": LIGHT > 0.9 * PEAK_E,
            "charge_transfer": of("steps") & trails(),
            "defects": grown(self.defective, 2),
            "dark": of("nothing"),
            "kernel": of("stars") & (LIGHT > 0.05 * PEAK_E),
            "flat": LIGHT > 0.9 * PEAK_E,
        }[effect]
        return left[where & np.isfinite(left)]


def of(kind: str) -> Pixels:
    """The amplifiers that see this."""
    found = np.zeros(SHAPE, np.bool_)
    for name, window in WINDOWS.items():
        found[window] = KIND_OF[name] == kind
    return found


def trails() -> Pixels:
    """Dark pixels that are read after lit ones, along rows or columns."""
    found = np.zeros(SHAPE, np.bool_)
    for amplifier in DETECTOR.amplifiers:
        lit, behind = (place(image, amplifier, SEGMENT) for image in (LIGHT > 0, found))
        behind[:, 1:] |= lit[:, :-1]
        behind[1:] |= lit[:-1]
    return found & (LIGHT == 0)


def columns(left: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of the amplifiers without light: means of their columns, in units of the noise of such a mean."""
    dark = [left[window] for name, window in WINDOWS.items() if KIND_OF[name] == "nothing"]
    return np.concatenate([np.nanmean(each, axis=0) * np.sqrt(np.isfinite(each).sum(axis=0)) for each in dark])


def grown(pixels: Pixels, steps: int) -> Pixels:
    """These and all that are so near, corners included."""
    wide, (rows, width) = np.pad(pixels, steps), pixels.shape
    near = range(2 * steps + 1)
    return np.logical_or.reduce([wide[y : y + rows, x : x + width] for y in near for x in near])


@pytest.fixture(scope="module")
def exposed(everything: Calibrated) -> Exposed:
    light = LIGHT / np.float32(PEAK_E) * everything.bench.response
    return Exposed(everything, everything.bench.raw(NUMBER, light=light, electrons=PEAK_E, seconds=SECONDS))


def test_with_all_effects_a_scene_is_left_with_the_noise_of_its_truth(exposed: Exposed) -> None:
    left = exposed.left()
    assert np.isfinite(left).mean() > 0.95
    assert rms(left[np.isfinite(left)]) == pytest.approx(1, abs=0.05)
    assert np.nanmax(np.abs(left)) < 6


@pytest.mark.parametrize(
    "missing",
    ["photon_transfer", "crosstalk", "linearizer", "bias", "charge_transfer", "defects", "dark", "kernel", "flat"],
)
def test_no_correction_can_be_missing(exposed: Exposed, missing: str) -> None:
    left = exposed.seen(missing, exposed.left())
    assert rms(left) < BOUND
    assert abs(left.mean()) < OFF
    assert rms(exposed.seen(missing, exposed.left(without=missing))) > BROKEN
