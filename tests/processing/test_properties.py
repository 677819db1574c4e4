"""Laws of everything that joins frames: inputs stay as they are, order and units do not matter, nothing is made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from processing import camera_files
from processing.combine import clip_once, meanclip
from processing.combine_frames import Combination, Reader, combine_frames
from processing.effects.cosmic_rays import RayCriteria, find_rays
from processing.effects.normalisation import FlatLevel, NormalisationError, Scales, normalise
from processing.flat_levels import statistics
from processing.frame import Frame, Rows, bit

RAYS = RayCriteria()
DETECTOR = camera_files.find("LSSTComCam").detector(0)
SHAPE = 6, 8
ADU = st.one_of(st.floats(-50, 3000, width=16), st.sampled_from([0.0, 100.0, 65_535.0, float("nan"), float("inf")]))
PLANES = st.sampled_from([0, 0, 0, bit("BAD"), bit("SAT"), bit("CR"), bit("SUSPECT")])


@dataclass(frozen=True)
class Stack:
    """Like frames with their masks and dark times."""

    image: NDArray[np.float32]
    variance: NDArray[np.float32]
    mask: NDArray[np.int16]
    times: NDArray[np.float64]

    def frames(self) -> list[Frame]:
        return [Frame(*planes, "adu", {}) for planes in zip(self.image, self.variance, self.mask, strict=True)]

    def ordered(self, order: Sequence[int]) -> Stack:
        chosen = list(order)
        return Stack(self.image[chosen], self.variance[chosen], self.mask[chosen], self.times[chosen])

    def times_two_to_the(self, power: int) -> Stack:
        """The same in other units; powers of two lose no bit."""
        factor = np.float32(2.0**power)
        return Stack(self.image * factor, self.variance * factor**2, self.mask, self.times)

    def frozen(self) -> Stack:
        """The same, and whoever changes it raises."""
        for array in (self.image, self.variance, self.mask, self.times):
            array.setflags(write=False)
        return self

    def combined(self, rays: RayCriteria | None, frames_in_memory: int = 3) -> Combination:
        frames = self.frames()
        return combine_frames(
            [reader(f) for f in frames],
            self.times.tolist(),
            sigma=3,
            max_passes=3,
            frames_in_memory=frames_in_memory,
            rays=rays,
        )

    def rays(self) -> NDArray[np.bool_]:
        return find_rays(self.image, self.variance, self.mask != 0, self.times, RAYS)


def reader(frame: Frame) -> Reader:
    def read(rows: Rows | None) -> Frame:
        part = slice(*rows) if rows else slice(None)
        return Frame(frame.image[part], frame.variance[part], frame.mask[part], frame.unit, frame.header)

    return read


@st.composite
def stacks(draw: st.DrawFn) -> Stack:
    """Up to seven small frames of noise, with anything that a readout may give in some places."""
    number = draw(st.integers(1, 7))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    image = rng.normal(100, 5, (number, *SHAPE)).round(draw(st.integers(0, 3))).astype(np.float32)
    mask = np.zeros(image.shape, np.int16)
    place = st.tuples(st.integers(0, number - 1), *(st.integers(0, size - 1) for size in SHAPE))
    for where, value, planes in draw(st.lists(st.tuples(place, ADU, PLANES), max_size=30)):
        image[where], mask[where] = value, planes
    times = rng.choice([10.0, 60.0, 300.0], number)
    variance = np.maximum(np.nan_to_num(image, posinf=0), 0) / 2 + np.float32(19)
    return Stack(image, variance, mask, times)


@st.composite
def levels(draw: st.DrawFn) -> list[FlatLevel]:
    """Levels of up to five detectors in up to five exposures that all see the lamp, nearly a product."""
    detectors, exposures = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    factor = draw(hnp.arrays(np.float64, detectors, elements=st.floats(0.5, 2)))
    flux = draw(hnp.arrays(np.float64, exposures, elements=st.floats(1000, 50_000)))
    noise = draw(hnp.arrays(np.float64, (detectors, exposures), elements=st.floats(-1e-3, 1e-3)))
    pixels = draw(hnp.arrays(np.int64, (detectors, exposures), elements=st.integers(1000, 5000)))
    level = np.outer(factor, flux) * (1 + noise)
    return [FlatLevel(d, e, float(v), int(pixels[d, e])) for (d, e), v in np.ndenumerate(level)]


def same(one: Combination, other: Combination) -> None:
    for name in ("image", "variance", "mask"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@given(stacks(), st.sampled_from([None, RAYS]))
def test_nothing_that_joins_frames_changes_them(stack: Stack, rays: RayCriteria | None) -> None:
    stack.frozen().combined(rays)
    stack.rays()
    meanclip(stack.image, stack.mask != 0, scale=1 / stack.times)
    clip_once(stack.image, stack.mask != 0)
    for frame in stack.frames():
        statistics(frame, DETECTOR)


@given(stacks(), st.sampled_from([None, RAYS]), st.randoms(use_true_random=False))
def test_the_order_of_frames_changes_no_bit(stack: Stack, rays: RayCriteria | None, random: object) -> None:
    order = list(range(len(stack.times)))
    random.shuffle(order)
    mixed = stack.ordered(order)
    one, other = stack.combined(rays), mixed.combined(rays)
    same(one, other)
    assert one.struck[order].tolist() == other.struck.tolist()
    np.testing.assert_array_equal(stack.rays()[order], mixed.rays())


@given(stacks(), st.integers(-3, 10))
def test_rays_are_the_same_in_all_units(stack: Stack, power: int) -> None:
    np.testing.assert_array_equal(stack.rays(), stack.times_two_to_the(power).rays())


@given(stacks(), st.integers(0, 10))
def test_a_clip_is_the_same_in_all_units(stack: Stack, power: int) -> None:
    one = meanclip(stack.image, stack.mask != 0, floor=1.0)
    other = meanclip(stack.times_two_to_the(power).image, stack.mask != 0, floor=2.0**power)
    np.testing.assert_array_equal(one.mean * np.float32(2.0**power), other.mean)
    np.testing.assert_array_equal(one.count, other.count)


@given(stacks(), st.sampled_from([None, RAYS]), st.integers(1, 20))
def test_bands_change_no_bit(stack: Stack, rays: RayCriteria | None, frames_in_memory: int) -> None:
    same(stack.combined(rays, 1000), stack.combined(rays, frames_in_memory))


@given(stacks(), st.sampled_from([None, RAYS]))
def test_a_number_is_given_exactly_where_the_mask_says_so(stack: Stack, rays: RayCriteria | None) -> None:
    done = stack.combined(rays)
    np.testing.assert_array_equal(np.isnan(done.image), done.mask == bit("NO_DATA"))
    usable = np.isfinite(stack.image) & ((stack.mask & bit("BAD", "SAT", "NO_DATA", "CR")) == 0)
    assert not usable.any(axis=0)[np.isnan(done.image)].any()  # a ray is never in all frames


@given(stacks(), st.sampled_from([None, RAYS]))
def test_a_mean_lies_among_the_values_that_it_is_made_of(stack: Stack, rays: RayCriteria | None) -> None:
    done = stack.combined(rays)
    rates = np.where(stack.mask & bit("BAD", "SAT", "CR") != 0, np.nan, stack.image) / stack.times[:, None, None]
    known = ~np.isnan(done.image)
    lowest, highest = np.nanmin(rates[:, known], axis=0), np.nanmax(rates[:, known], axis=0)
    error = 1e-6 * np.maximum(np.abs(lowest), np.abs(highest))
    assert (done.image[known] >= lowest - error).all()
    assert (done.image[known] <= highest + error).all()


@pytest.mark.parametrize("rays", [None, RAYS])
@pytest.mark.parametrize(
    ("image", "planes"), [(np.nan, 0), (np.inf, 0), (100.0, bit("BAD")), (65_535.0, bit("SAT"))], ids=str
)
def test_frames_without_a_usable_value_give_no_number(image: float, planes: int, rays: RayCriteria | None) -> None:
    number = 5
    full = np.full((number, *SHAPE), image, np.float32)
    stack = Stack(full, np.ones_like(full), np.full(full.shape, planes, np.int16), np.ones(number))
    done = stack.combined(rays)
    assert np.isnan(done.image).all()
    assert (done.mask == bit("NO_DATA")).all()


@pytest.mark.parametrize("rays", [None, RAYS])
def test_frames_of_one_value_keep_it_and_are_told(rays: RayCriteria | None) -> None:
    full = np.full((5, *SHAPE), 42, np.float32)
    full[3] += np.arange(SHAPE[1])
    done = Stack(full, np.ones_like(full), np.zeros(full.shape, np.int16), np.ones(5)).combined(rays)
    assert done.image[0, 0] == 42
    assert done.variance[0, 0] == 0
    assert done.constant.tolist() == [True, True, True, False, True]


def test_saturated_pixels_are_counted_frame_by_frame() -> None:
    mask = np.zeros((3, *SHAPE), np.int16)
    mask[1, :2] = bit("SAT", "SUSPECT")
    full = np.ones(mask.shape, np.float32)
    assert Stack(full, full, mask, np.ones(3)).combined(None, 1).saturated.tolist() == [0, 16, 0]


def by_number(scales: Scales) -> dict[tuple[int, int], tuple[float, float]]:
    rows = zip(scales.detector, scales.exposure, scales.factor, scales.flux, strict=True)
    return {(int(d), int(e)): (float(f), float(x)) for d, e, f, x in rows}


@given(levels(), st.randoms(use_true_random=False))
def test_the_order_of_levels_changes_no_bit_of_the_scales(given_levels: list[FlatLevel], random: object) -> None:
    mixed = given_levels.copy()
    random.shuffle(mixed)
    assert normalise(given_levels) == normalise(mixed)


@given(levels(), st.permutations(range(5)), st.permutations(range(5)))
def test_how_detectors_and_exposures_are_numbered_does_not_matter(
    given_levels: list[FlatLevel], detectors: list[int], exposures: list[int]
) -> None:
    renamed = [FlatLevel(detectors[x.detector], exposures[x.exposure], x.level, x.pixels) for x in given_levels]
    one, other = by_number(normalise(given_levels)), by_number(normalise(renamed))
    for (d, e), values in one.items():
        assert other[detectors[d], exposures[e]] == pytest.approx(values, rel=1e-9)


@given(levels(), st.floats(1e-3, 1e3))
def test_a_brighter_lamp_changes_the_fluxes_only(given_levels: list[FlatLevel], brighter: float) -> None:
    lit = [FlatLevel(x.detector, x.exposure, x.level * brighter, x.pixels) for x in given_levels]
    one, other = by_number(normalise(given_levels)), by_number(normalise(lit))
    for place, (factor, flux) in one.items():
        assert other[place] == pytest.approx((factor, flux * brighter), rel=1e-9)


@given(levels())
def test_factors_times_fluxes_are_the_levels(given_levels: list[FlatLevel]) -> None:
    scales = normalise(given_levels)
    assert np.abs(scales.deviations[scales.used]).max() < 5e-3


@given(levels(), st.lists(st.sampled_from([float("nan"), 0.0, -1.0, float("inf")]), min_size=25, max_size=25))
def test_levels_that_are_none_never_give_a_number(given_levels: list[FlatLevel], nothing: list[float]) -> None:
    lost = [FlatLevel(x.detector, x.exposure, n, x.pixels) for x, n in zip(given_levels, nothing, strict=False)]
    with pytest.raises(NormalisationError, match="no usable level"):
        normalise(lost)
    first = given_levels[0]
    scales = normalise([first, *(x for x in lost if (x.detector, x.exposure) != (first.detector, first.exposure))])
    assert np.isfinite(scales.factor).tolist() == (scales.detector == first.detector).tolist()
    assert scales.fluxes(first.detector) == pytest.approx({first.exposure: first.level})
