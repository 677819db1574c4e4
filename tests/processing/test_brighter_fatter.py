"""Charge that was pushed into neighbours goes back, and none is made or lost."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from processing.effects.brighter_fatter import BrighterFatterKernel, by_region, correct, spread
from processing.effects.convolution import convolved
from processing.table_file import TableError, read, write

SHAPE = 24, 30
WHOLE = slice(0, 24), slice(0, 30)
LEFT, RIGHT = (slice(0, 24), slice(0, 15)), (slice(0, 24), slice(15, 30))
_Y, _X = np.mgrid[-3:4, -3:4]
KERNEL = -8e-7 * np.exp(-np.hypot(_X, _Y))
ONE, TWO = [(WHOLE, KERNEL)], [(LEFT, KERNEL), (RIGHT, 2 * KERNEL)]
FLATS = arrays(np.float32, SHAPE, elements=st.floats(40_000, 60_000, width=32))
SKIES = arrays(np.float32, SHAPE, elements=st.floats(-50, 60_000, width=32))


def star(peak: float) -> np.ndarray:
    """A round image of two pixels' width on a faint sky, in electrons."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    return (100 + peak * np.exp(-((y - 12) ** 2 + (x - 14.5) ** 2) / 8)).astype(np.float32)


@pytest.mark.parametrize("kernels", [ONE, TWO])
@given(image=SKIES)
@settings(deadline=None, max_examples=30)
def test_no_charge_is_made_or_lost(kernels: list, image: np.ndarray) -> None:
    total = image.sum(dtype=np.float64)
    rounding = 1e-6 * np.abs(image).sum(dtype=np.float64) + 1e-3
    assert spread(image, kernels).sum(dtype=np.float64) == pytest.approx(total, abs=rounding)
    assert correct(image, kernels, max_iterations=3).image.sum(dtype=np.float64) == pytest.approx(total, abs=rounding)


@pytest.mark.parametrize("kernels", [ONE, TWO])
@given(image=FLATS)
@settings(deadline=None, max_examples=30)
def test_what_was_spread_comes_back(kernels: list, image: np.ndarray) -> None:
    found = correct(spread(image, kernels), kernels, max_iterations=30)
    assert found.converged
    assert np.abs(found.image - image).max() < 0.3
    assert not found.doubtful.any()


def test_a_bright_star_is_wider_than_it_should_be_and_gets_its_width_back() -> None:
    image = star(80_000)
    seen = spread(image, ONE)
    assert seen[12, 14] < image[12, 14] - 500
    found = correct(seen, ONE)
    assert np.abs(found.image - image).max() < 0.01 * np.abs(seen - image).max()


@pytest.mark.parametrize("kernels", [ONE, TWO])
def test_even_light_stays_exactly_even(kernels: list) -> None:
    even = np.full(SHAPE, 50_000, np.float32)
    assert np.array_equal(correct(even, kernels).image, even)


def test_the_correction_turns_with_the_image() -> None:
    image = star(80_000)
    turned = correct(np.ascontiguousarray(image[::-1, ::-1]), ONE).image[::-1, ::-1]
    assert turned == pytest.approx(correct(image, ONE).image, rel=1e-6)


def test_nothing_that_goes_in_is_changed() -> None:
    image = star(80_000)
    image[3, 3] = np.nan
    image.setflags(write=False)
    correct(image, ONE)


def test_an_iteration_that_is_cut_short_says_so_and_where() -> None:
    found = correct(spread(star(80_000), ONE), ONE, max_iterations=1)
    assert not found.converged
    assert found.last_change_e > 0.1
    assert found.doubtful[12, 14]
    assert not found.doubtful[0, 0]


def test_what_diverges_is_flagged_and_not_believed() -> None:
    found = correct(star(3e9), ONE)
    assert not found.converged
    assert found.doubtful[12, 14]


def test_a_pixel_that_is_no_number_stays_so_and_its_neighbours_are_doubtful() -> None:
    image = np.full(SHAPE, 50_000, np.float32)
    image[5, 6] = np.nan
    found = correct(image, ONE)
    assert np.argwhere(np.isnan(found.image)).tolist() == [[5, 6]]
    assert sorted(map(tuple, np.argwhere(found.doubtful))) == [(4, 6), (5, 5), (5, 7), (6, 6)]
    assert np.nanmax(np.abs(found.image - 50_000)) == 0


def test_an_image_without_numbers_stays_so() -> None:
    found = correct(np.full(SHAPE, np.nan, np.float32), ONE)
    assert np.isnan(found.image).all()
    assert found.doubtful.all()


def test_amplifiers_without_a_kernel_are_left_and_flagged() -> None:
    kernels = BrighterFatterKernel(("L", "R"), np.stack([KERNEL, np.full_like(KERNEL, np.nan)]))
    regions = by_region(kernels, {"L": LEFT, "R": RIGHT})
    assert [region for region, _ in regions] == [LEFT]
    image = star(80_000)
    found = correct(image, regions)
    assert found.doubtful[RIGHT].all()
    assert not found.doubtful[LEFT].any()
    assert np.array_equal(found.image[:, 16:], image[:, 16:])


def test_kernels_that_are_alike_are_one_of_the_whole_detector() -> None:
    kernels = BrighterFatterKernel(("L", "R"), np.stack([KERNEL, KERNEL]))
    ((region, kernel),) = by_region(kernels, {"L": LEFT, "R": RIGHT})
    assert region == WHOLE
    assert np.array_equal(kernel, KERNEL)
    halves = correct(star(80_000), [(LEFT, KERNEL), (RIGHT, KERNEL)])
    assert halves.image == pytest.approx(correct(star(80_000), ONE).image, rel=1e-6)


def test_the_convolution_is_that_of_scipy_with_mirrored_borders() -> None:
    from scipy.ndimage import convolve

    image, kernel = star(1000), np.random.default_rng(1).normal(0, 1, (3, 5))
    expected = convolve(image.astype(np.float64), kernel, mode="reflect")
    assert convolved(image, kernel, WHOLE) == pytest.approx(expected, rel=1e-5, abs=1e-2)
    assert convolved(image, kernel, RIGHT) == pytest.approx(expected[RIGHT], rel=1e-5, abs=1e-2)


@pytest.mark.parametrize(
    ("kernels", "said"),
    [
        (np.zeros((2, 4, 3)), "have no middle"),
        (np.array([[[1.0]], [[np.inf]]]), "expected a finite number"),
        (np.where(np.eye(3), np.nan, np.zeros((2, 3, 3))), "NaN in parts of L, R"),
    ],
)
def test_what_is_no_kernel_is_refused(kernels: np.ndarray, said: str) -> None:
    with pytest.raises(TableError, match=said):
        BrighterFatterKernel(("L", "R"), kernels)


def test_kernels_come_back_to_the_bit(tmp_path: Path) -> None:
    kernels = BrighterFatterKernel(("L", "R"), np.stack([KERNEL / 3, np.full_like(KERNEL, np.nan)]), header={"A": 1})
    write(kernels, tmp_path / "k.ecsv")
    assert read(BrighterFatterKernel, tmp_path / "k.ecsv") == kernels
