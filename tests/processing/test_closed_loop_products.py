"""Closed loop, effect by effect: what bias, dark and flat take away once they have been measured on like frames.

As in `test_closed_loop`, two sensors differ in one effect and their exposures have the same noise: what is left of a
difference is the effect, and the rounding to whole ADU.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from processing.effects.cosmic_rays import RayCriteria
from processing.frame import Frame, Image
from tests.processing.laboratory import Bench, combined, corrected, rms, with_effect

FRAMES = 12
SECONDS = 300.0
ROUNDING_ADU = 0.5
"""The difference of two frames in whole ADU has 0.41; that of two products of 12 adds a 24th."""


def test_bias_structure_is_brought_down_to_rounding() -> None:
    real, ideal = with_effect(bias_structure=True), with_effect()
    before, after = (difference(real, ideal, given) for given in ({}, {"bias": bias}))
    assert rms(before) > 2
    assert rms(after) < ROUNDING_ADU
    assert rms(after.mean(axis=0)) < rms(before.mean(axis=0)) / 20


def bias(of: Bench) -> Frame:
    return combined([corrected(of.raw(n), shot_noise=False) for n in range(FRAMES)])


def dark(of: Bench) -> Frame:
    raws = [of.raw(100 + n, seconds=SECONDS) for n in range(FRAMES)]
    return combined([corrected(raw) for raw in raws], scale=SECONDS, rays=RayCriteria())


def difference(real: Bench, ideal: Bench, products: Any, *, seconds: float = 0.0) -> Image:
    """Between one exposure of both, each corrected with its own products."""
    of_real, of_ideal = (
        corrected(
            each.raw(50, seconds=seconds), seconds=seconds, **{name: make(each) for name, make in products.items()}
        )
        for each in (real, ideal)
    )
    return of_real.image - of_ideal.image


@pytest.mark.parametrize("seconds", [60.0, 300.0])
def test_dark_current_of_good_and_hot_pixels_is_brought_down_to_rounding(seconds: float) -> None:
    real, ideal = with_effect(dark_current=True), with_effect()
    hot = real.sensor.dark_current > 3
    before, after = (difference(real, ideal, given, seconds=seconds) for given in ({}, {"dark": dark}))
    assert rms(after[~hot]) < min(rms(before[~hot]) / 10, ROUNDING_ADU)
    assert rms(after[hot]) < rms(before[hot]) / 500
    assert abs(after[~hot].mean()) < before[~hot].mean() / 500


@pytest.mark.parametrize(
    ("effect", "factor"), [({"vignetting": True}, 40), ({"pixel_response": True}, 80), ({"dust_spots": 20}, 100)]
)
def test_a_flat_is_even_once_divided_by_another_of_other_brightness(effect: dict[str, Any], factor: float) -> None:
    """In the pixels of which the effect takes or gives a thousandth; what is left is read noise."""
    real = with_effect(**effect)
    frames = [corrected(real.flat(n, 40_000)) for n in range(FRAMES)]
    flat = combined(frames, scale=float(np.median(frames[0].image)))
    touched = np.abs(real.response / np.median(real.response) - 1) > 1e-3
    before, after = (relative(corrected(real.flat(50, 80_000), **given).image) for given in ({}, {"flat": flat}))
    assert np.count_nonzero(touched) > 1000
    assert rms(after[touched]) < rms(before[touched]) / factor


def relative(image: Image) -> Image:
    return image / np.median(image) - 1


@pytest.mark.parametrize(("frames", "factor"), [(3, 100), (5, 1000), (12, 1000)])
def test_the_charge_of_cosmic_rays_is_rejected_from_darks(frames: int, factor: float) -> None:
    """Compared with that of the plain mean; of three frames, some pixels are struck in two."""
    real, ideal = with_effect(cosmic_rays=2.0), with_effect()
    struck, calm = ([corrected(each.raw(n, seconds=SECONDS)) for n in range(frames)] for each in (real, ideal))
    before = total(np.mean([f.image for f in struck], axis=0)) - total(np.mean([f.image for f in calm], axis=0))
    after = [total(combined(found, scale=SECONDS, rays=RayCriteria()).image) * SECONDS for found in (struck, calm)]
    assert before > 100_000
    assert abs(after[0] - after[1]) < before / factor


def total(image: Image) -> float:
    return float(image.sum(dtype=np.float64))
