"""Closed loop: what is simulated is corrected with its own truth, and what is left is the noise.

Two exposures of one seed have the same noise whether an effect is on or off (but for photon noise, drawn anew where
charge differs): their difference is the effect, before and after its correction.
"""

from __future__ import annotations

import numpy as np
import pytest

from processing.frame import UNUSABLE, Frame, Image
from processing.simulation.effects import Effects
from tests.processing.calibrating import FRAMES, Calibrated, calibrated
from tests.processing.laboratory import (
    SEGMENT,
    SHAPE,
    WINDOWS,
    Bench,
    corrected,
    frame,
    means,
    rms,
    with_effect,
)

EVEN = np.ones(SHAPE, np.float32)


def spots(name: str) -> Image:
    """Light on the inner half of one amplifier alone."""
    light = np.zeros(SHAPE, np.float32)
    light[WINDOWS[name]][16:48, 16:48] = 1
    return light


def stripes() -> Image:
    """Light on every eighth row and column, darkness behind."""
    light = np.zeros(SHAPE, np.float32)
    light[::8, ::8] = 1
    return light


def test_crosstalk_is_reduced_by_a_factor_of_50() -> None:
    real, ideal = with_effect(crosstalk=2e-3), with_effect()
    light = spots("C12")
    lit, dark = real.raw(1, light=light, electrons=60_000), ideal.raw(1, light=light, electrons=60_000)
    without = corrected(dark).image
    before = corrected(lit).image - without
    after = corrected(lit, **real.only("crosstalk")).image - without
    ghosts = [image[WINDOWS["C11"]][16:48, 16:48].mean() for image in (before, after)]
    assert ghosts[0] > 30
    assert abs(ghosts[1]) < ghosts[0] / 50


def test_nonlinearity_is_reduced_by_a_factor_of_100_and_below_a_thousandth() -> None:
    real, ideal = with_effect(nonlinearity=0.01), with_effect()
    errors = []
    for number, electrons in enumerate([5_000, 20_000, 40_000, 60_000, 80_000]):
        lit, straight = (each.raw(number, light=EVEN, electrons=electrons) for each in (real, ideal))
        signal = means(corrected(straight).image)
        after = corrected(lit, **real.only("linearizer")).image
        errors.append([means(corrected(lit).image) / signal - 1, means(after) / signal - 1])
    before, after = np.abs(errors).max(axis=(0, 2))
    assert before > 5e-3
    assert after < min(before / 100, 1e-3)


@pytest.mark.parametrize(
    "effect",
    [
        {"serial_cti": 1e-4},
        {"parallel_cti": 1e-4},
        {"serial_traps_e": 5.0},
        {"parallel_traps_e": 5.0},
    ],
    ids=lambda effect: next(iter(effect)),
)
def test_deferred_charge_is_reduced_by_a_factor_of_20(effect: dict[str, float]) -> None:
    real, ideal = with_effect(**effect), with_effect()
    lit, straight = (each.raw(1, light=stripes(), electrons=60_000) for each in (real, ideal))
    without = corrected(straight).image
    truth = real.only("photon_transfer", "charge_transfer")
    before, after = corrected(lit).image - without, corrected(lit, **truth).image - without
    assert rms(folded(after)) < rms(folded(before)) / 20


def folded(image: Image) -> Image:
    """The mean of all the 8 by 8 cells of all amplifiers: rounding to whole ADU averages out."""
    tiles = np.stack([image[window] for window in WINDOWS.values()])
    return tiles.reshape(-1, 8, 8, 8, 8).mean(axis=(0, 1, 3), dtype=np.float64)


def test_brighter_fatter_is_reduced_by_a_factor_of_10_in_the_variance_of_flats() -> None:
    real = with_effect(brighter_fatter=3e-6, photon_noise=True)
    raws = [real.raw(n, light=EVEN, electrons=40_000) for n in range(5)]
    truth = real.only("photon_transfer", "kernel")
    before, after = (
        _missing_variance([corrected(each, **given).image for each in raws], real) for given in ({}, truth)
    )
    assert before == pytest.approx(0.113, abs=0.01)
    assert abs(after) < before / 10


def _missing_variance(images: list[Image], known: Bench) -> float:
    """How much of the Poisson variance flats lack."""
    shares = []
    for i, window in enumerate(WINDOWS.values()):
        gain, noise = known.sensor.gain[i], known.sensor.read_noise[i]
        stack = np.stack([image[window] * gain for image in images]).astype(np.float64)
        shares.append((stack.var(axis=(1, 2)).mean() - noise**2) / stack.mean())
    return 1 - float(np.mean(shares))


def test_brighter_fatter_is_reduced_by_a_factor_of_10_in_the_covariance_of_neighbours() -> None:
    real = with_effect(brighter_fatter=3e-6, photon_noise=True)
    truth = real.only("photon_transfer", "kernel")
    raws = [real.raw(n, light=EVEN, electrons=40_000) for n in range(8)]
    before, after = (np.mean([_correlation(corrected(each, **given).image) for each in raws]) for given in ({}, truth))
    assert before > 0.025
    assert abs(after) < before / 10


def _correlation(image: Image) -> float:
    """Of pixels with those after them and those above, in sum."""
    deviations = [image[window] - image[window].mean(dtype=np.float64) for window in WINDOWS.values()]
    covariances = [(d[1:] * d[:-1]).mean() + (d[:, 1:] * d[:, :-1]).mean() for d in deviations]
    return float(np.mean(covariances) / np.var(deviations))


def test_brighter_fatter_is_reduced_by_a_factor_of_10_in_the_width_of_stars() -> None:
    real, ideal = with_effect(brighter_fatter=3e-6), with_effect()
    lit, sharp = (each.raw(1, light=stars(), electrons=80_000) for each in (real, ideal))
    truth = real.only("photon_transfer", "kernel")
    true, before, after = (
        _width(corrected(raw, **given).image) for raw, given in ((sharp, {}), (lit, {}), (lit, truth))
    )
    assert before / true > 1.005
    assert abs(after - true) < (before - true) / 10


def stars() -> Image:
    """A star of 2 pixels' sigma in the middle of every 16 by 16 cell."""
    y, x = (np.arange(16) - 7.5)[:, None], np.arange(16) - 7.5
    star = np.exp(-(x**2 + y**2) / 8).astype(np.float32)
    return np.tile(star, (SHAPE[0] // 16, SHAPE[1] // 16))


def _width(image: Image) -> float:
    """Of the mean of all stars, in pixels."""
    star = image.reshape(SHAPE[0] // 16, 16, SHAPE[1] // 16, 16).mean(axis=(0, 2), dtype=np.float64)
    distance = (np.arange(16) - 7.5) ** 2
    return float(np.sqrt((star * (distance + distance[:, None])).sum() / star.sum() / 2))


def test_gains_that_differ_are_brought_to_one_scale_100_times_better() -> None:
    real = with_effect(gain_spread=True)
    lit = real.raw(1, light=EVEN, electrons=40_000)
    nominal, true = (
        means(corrected(lit, apply_gains=True, photon_transfer=given).image) / 40_000 - 1
        for given in (None, real.truth["photon_transfer"])
    )
    assert rms(nominal) > 5e-3
    assert rms(true) < rms(nominal) / 100


def test_the_bias_leaves_no_more_than_its_noise_over_the_root_of_the_frames(everything: Calibrated) -> None:
    """In the means of amplifiers, as asked, which overscans alone bring about; and in columns, which they do not.

    As many frames, other ones, are looked at as were combined (N = 12). A column's mean has the noise of both,
    sqrt(2 / N / rows) that of a pixel; overscan levels add a tenth to it, and the correction of deferred charge,
    which takes the structure of bias frames for charge, a twentieth.
    """
    real, sensor = everything.bench, everything.bench.sensor
    raws = [real.raw(20 + n) for n in range(FRAMES)]
    before, after = (
        np.mean([corrected(raw, shot_noise=False, **real.truth, **given).image for raw in raws], axis=0)
        for given in ({}, {"bias": everything.bias})
    )
    noise = sensor.read_noise / sensor.gain
    assert np.all(np.abs(means(after)) < noise / np.sqrt(FRAMES))
    floor = float(np.mean(noise)) * np.sqrt(2 / FRAMES / SEGMENT.rows)
    assert rms(columns(after)) < 1.25 * floor
    assert rms(columns(before)) > 8 * floor


def columns(image: Image) -> Image:
    """The mean of each column of each amplifier."""
    return np.concatenate([image[window].mean(axis=0) for window in WINDOWS.values()])


@pytest.fixture(scope="module")
def flawed() -> Calibrated:
    """A sensor with many defects."""
    return calibrated(Effects(hot_pixels=0.003, cold_pixels=0.003, bad_columns=3))


def test_the_dark_ladder_has_the_true_slope_within_2_percent(everything: Calibrated) -> None:
    known = {**everything.bench.truth, "bias": everything.bias}
    good = everything.bench.sensor.defects == 0
    times = [10.0, 30.0, 60.0, 150.0, 300.0]
    signals = []
    for number, seconds in enumerate(times):
        found = corrected(everything.bench.raw(500 + number, seconds=seconds), apply_gains=True, **known)
        signals.append(float(np.median(found.image[good])))
    slope = np.polyfit(times, signals, 1)[0]
    assert slope == pytest.approx(np.median(everything.bench.sensor.dark_current[good]), rel=0.02)


def test_injected_defects_are_found_and_hardly_anything_else(flawed: Calibrated) -> None:
    found, true = flawed.defects.bad, flawed.bench.sensor.defects != 0
    both = np.count_nonzero(true & found)
    assert both / np.count_nonzero(true) >= 0.99
    assert both / np.count_nonzero(found) >= 0.95


@pytest.mark.parametrize("electrons", [2_000, 30_000, 60_000])
def test_with_all_effects_flats_are_left_with_the_noise_that_their_variance_says(
    everything: Calibrated, electrons: float
) -> None:
    raw = everything.bench.flat(700, electrons)
    found = corrected(raw, **everything.known())
    deviations = _deviations(frame(found), everything)
    assert deviations.std() == pytest.approx(1, abs=0.05)


def test_with_all_effects_dark_frames_are_left_with_the_noise_that_their_variance_says(
    everything: Calibrated,
) -> None:
    known = {**everything.bench.truth, "bias": everything.bias, "dark": everything.dark}
    found = corrected(everything.bench.raw(600, seconds=300), seconds=300, **known)
    assert _deviations(frame(found), everything).std() == pytest.approx(1, abs=0.05)


def test_without_corrections_the_same_flat_is_far_from_its_noise(everything: Calibrated) -> None:
    found = corrected(everything.bench.flat(700, 30_000))
    assert _deviations(frame(found), everything).std() > 2


def _deviations(found: Frame, calibrated: Calibrated) -> Image:
    """Of the good pixels from their median, in standard deviations; the few that a ray has struck are left out."""
    good = (found.mask & UNUSABLE == 0) & (calibrated.bench.sensor.defects == 0)
    deviations = (found.image - np.median(found.image[good]))[good] / np.sqrt(found.variance[good])
    return deviations[np.abs(deviations) < 6]
