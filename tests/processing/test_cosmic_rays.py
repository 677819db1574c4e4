"""Cosmic rays are found where one frame of a stack shows what the others do not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from processing.combine_frames import Combination, Reader, combine_frames
from processing.effects.cosmic_rays import RayCriteria, find_rays
from processing.frame import Frame, Rows, bit
from processing.simulation.cosmic_rays import cosmic_rays, struck

SHAPE = 400, 300
GAIN, READ_NOISE_E, SECONDS = 1.66, 7.24, 300.0
RATE = 2.0
"""Tracks per second and million pixels: a hundred times what is real, for 70 tracks a frame."""


@dataclass(frozen=True)
class Darks:
    """Frames in ADU of a sensor with hot pixels, and what is true of them."""

    stack: NDArray[np.float32]
    variance: NDArray[np.float32]
    rate: NDArray[np.float64]
    """Dark current, ADU/s."""
    rays: NDArray[np.float32]
    """Charge of rays in each frame, e-."""

    @property
    def hit(self) -> NDArray[np.bool_]:
        """Pixels to which rays brought more than 10 standard deviations of read noise."""
        return self.rays > 10 * READ_NOISE_E

    def found(self, criteria: RayCriteria | None = None) -> NDArray[np.bool_]:
        scales = np.full(len(self.stack), SECONDS)
        return find_rays(
            self.stack, self.variance, np.zeros(self.stack.shape, np.bool_), scales, criteria or RayCriteria()
        )

    def combined(self, rays: RayCriteria | None, frames_in_memory: int = 50) -> Combination:
        scales = [SECONDS] * len(self.stack)
        return combine_frames(
            [self._reader(i) for i in range(len(self.stack))],
            scales,
            sigma=3,
            max_passes=3,
            frames_in_memory=frames_in_memory,
            rays=rays,
        )

    def _reader(self, i: int) -> Reader:
        def read(rows: Rows | None) -> Frame:
            part = slice(*rows) if rows else slice(None)
            image = self.stack[i, part]
            return Frame(image, self.variance[i, part], np.zeros(image.shape, np.int16), "adu", {})

        return read


def darks(number: int, *, rate: float = RATE, seed: int = 1, warmer: float = 0.0) -> Darks:
    """0.05 e-/s, one pixel in a thousand hot with up to 100 e-/s; each frame `warmer` than the one before."""
    rng = np.random.default_rng(seed)
    current = np.where(rng.random(SHAPE) < 1e-3, rng.uniform(5, 100, SHAPE), 0.05)
    stack, charge = [], []
    for i in range(number):
        rays = struck(np.zeros(SHAPE, np.float32), cosmic_rays(SHAPE, SECONDS, rate, [seed, i]))
        electrons = rng.poisson(current * SECONDS * (1 + warmer * i)) + rng.normal(0, READ_NOISE_E, SHAPE) + rays
        stack.append((electrons / GAIN).astype(np.float32))
        charge.append(rays)
    adu = np.array(stack)
    variance = np.maximum(adu, 0) / np.float32(GAIN) + np.float32((READ_NOISE_E / GAIN) ** 2)
    return Darks(adu, variance, current / GAIN, np.array(charge))


@pytest.mark.parametrize("number", [3, 4, 5, 10])
def test_nearly_all_rays_are_found_and_nearly_all_found_are_rays(number: int) -> None:
    night = darks(number)
    found, hit = night.found(), night.hit
    recall = np.count_nonzero(found & hit) / np.count_nonzero(hit)
    precision = np.count_nonzero(found & (night.rays > 0)) / np.count_nonzero(found)
    assert np.count_nonzero(hit) > 1000
    assert recall > 0.99
    assert precision > 0.98


@pytest.mark.parametrize("number", [3, 5])
def test_hot_pixels_are_not_rays_though_frames_become_warmer(number: int) -> None:
    night = darks(number, rate=0.0, warmer=0.02)
    assert np.count_nonzero(night.rate > 1) > 50
    assert np.count_nonzero(night.found()) <= 3


@pytest.mark.parametrize("number", [3, 5])
def test_the_dark_current_is_unbiased_where_rays_were(number: int) -> None:
    night = darks(number)
    done = night.combined(RayCriteria())
    once = np.count_nonzero(night.rays, axis=0) == 1  # what two of three frames show alike is no ray for anybody
    touched = once & (done.mask == 0) & (night.rate < 1)
    error = READ_NOISE_E / GAIN / np.sqrt(number - 1) / SECONDS
    excess = done.image[touched] - night.rate[touched]
    assert abs(excess.mean()) < 4 * error / np.sqrt(touched.sum()) + 0.02 * 0.05  # and 2 % of the dark current
    assert abs(np.mean((done.image - night.rate)[~night.hit.any(axis=0) | once])) < 0.02 * 0.05


def test_without_it_three_frames_keep_their_rays() -> None:
    night = darks(3)
    assert np.mean(night.combined(None).image - night.rate) > 0.2 * 0.05


def test_what_a_track_leaves_at_its_edges_is_found_beside_it_only() -> None:
    night = darks(5, rate=0.0)
    for column, electrons in ((10, 500), (11, 35), (50, 35)):
        night.stack[2, 20, column] = electrons / GAIN + night.stack[:, 20, column].min()
    found = night.found()
    assert found[2, 20, 10]
    assert found[2, 20, 11]
    assert not found[2, 20, 50]
    assert not night.found(RayCriteria(grow=0))[2, 20, 11]


@pytest.mark.parametrize("frames_in_memory", [1, 2, 7])
def test_bands_change_nothing(frames_in_memory: int) -> None:
    night = darks(5)
    one, many = night.combined(RayCriteria()), night.combined(RayCriteria(), frames_in_memory)
    for name in ("image", "variance", "mask", "struck"):
        assert np.array_equal(getattr(one, name), getattr(many, name))


def test_the_rejected_pixels_of_each_frame_are_counted() -> None:
    night = darks(4)
    assert night.combined(RayCriteria()).struck.tolist() == night.found().sum(axis=(1, 2)).tolist()


def test_frames_of_different_dark_times_are_compared_per_second() -> None:
    rng, times = np.random.default_rng(3), np.array([50.0, 100, 200, 300])
    electrons = rng.poisson(2.0 * times[:, None, None], (4, 100, 100)) + rng.normal(0, READ_NOISE_E, (4, 100, 100))
    electrons[0, 5, 5:9] += 400
    stack = (electrons / GAIN).astype(np.float32)
    variance = np.maximum(stack, 0) / np.float32(GAIN) + np.float32((READ_NOISE_E / GAIN) ** 2)
    found = find_rays(stack, variance, np.zeros(stack.shape, np.bool_), times, RayCriteria())
    assert np.argwhere(found).tolist() == [[0, 5, c] for c in range(5, 9)]


@pytest.mark.parametrize("number", [1, 2])
def test_in_two_frames_no_ray_can_be_told(number: int) -> None:
    assert not darks(number).found().any()


def test_masked_and_missing_values_neither_count_nor_are_found() -> None:
    night = darks(4, rate=0.0)
    masked = np.zeros(night.stack.shape, np.bool_)
    night.stack[0, 1, 1], masked[0, 1, 1] = 1e5, True
    night.stack[:2, 2, 2], night.stack[2, 2, 2] = np.nan, 1e5  # two values are left, which tell nothing
    found = find_rays(night.stack, night.variance, masked, np.ones(4), RayCriteria())
    assert not found[:, 1, 1].any()
    assert not found[:, 2, 2].any()


def test_a_pixel_struck_in_all_frames_but_one_is_not_taken_for_good() -> None:
    night = darks(3, rate=0.0)
    night.stack[:2, 4, 4] += 1000
    assert not night.found()[2, 4, 4]


def test_a_pixel_that_only_rays_have_seen_is_without_data() -> None:
    frames = darks(3, rate=0.0)
    image, variance, mask = frames.stack, frames.variance, np.zeros(frames.stack.shape, np.int16)
    image[0, 7, 7] += 5000
    mask[1:, 8, 8] = bit("BAD")
    mask[0, 8, 8] = bit("CR")
    readers = [lambda rows, i=i: Frame(image[i], variance[i], mask[i], "adu", {}) for i in range(3)]
    done = combine_frames(readers, [1.0] * 3, sigma=3, max_passes=3, frames_in_memory=50, rays=RayCriteria())
    assert np.argwhere(done.mask).tolist() == [[8, 8]]
    assert np.isnan(done.image[8, 8])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"threshold": 2.0}, "neighbour_threshold <= threshold"),
        ({"grow": -1}, "neither is negative"),
        ({"relative_scatter": float("nan")}, "neither is negative"),
    ],
)
def test_criteria_that_make_no_sense_are_refused(wrong: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        RayCriteria(**wrong)


def test_scales_that_are_no_times_are_refused() -> None:
    with pytest.raises(ValueError, match="a positive number for each of 3 frames"):
        find_rays(*(darks(3).stack,) * 2, np.zeros((3, *SHAPE), np.bool_), np.array([1.0, 0.0, 1.0]), RayCriteria())
