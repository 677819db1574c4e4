"""Each simulated effect follows its law, and makes or loses no charge that it should not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from processing.camera import Segment
from processing.camera_files import find
from processing.simulation import brighter_fatter, crosstalk, nonlinearity
from processing.simulation.charge_transfer import CLOUD_E, Register, read_out
from processing.simulation.vignetting import vignetting

CAMERA = find("LSSTComCam")
DETECTOR = CAMERA.detector(4)
SEGMENT = Segment(columns=32, rows=24, prescan_columns=2, overscan_columns=8, overscan_rows=4)
KERNEL = brighter_fatter.kernel(3e-6)
PERFECT = Register(0.0, 0.0, 1.0)

Image = NDArray[np.float32]


def flat(electrons: float, *, size: int = 512) -> list[Image]:
    """Photons of a flat, in the slices of an exposure."""
    rng = np.random.default_rng(1)
    part = electrons / brighter_fatter.SLICES
    return [rng.poisson(part, (size, size)).astype(np.float32) for _ in range(brighter_fatter.SLICES)]


def covariance(image: Image, down: int, right: int) -> float:
    """Of pixels so far apart."""
    rows, columns = image.shape
    deviation = image - image.mean()
    return float((deviation[down:, right:] * deviation[: rows - down, : columns - right]).mean())


def width(star: Image) -> float:
    """Of a star in the middle of an image, in pixels."""
    y, x = np.indices(star.shape) - (len(star) - 1) / 2
    return float(np.sqrt((star * (x**2 + y**2)).sum() / star.sum() / 2))


def gaussian(peak: float) -> Image:
    """A star of 2 pixels' sigma."""
    y, x = np.indices((33, 33)) - 16
    return (peak * np.exp(-(x**2 + y**2) / 8)).astype(np.float32)


def expected_covariances(electrons: float) -> NDArray[np.float64]:
    """C_ij / mu of Astier et al. 2019, eq 13 without b: (exp(2 a mu) - 1) / (2 a mu), products being convolutions."""
    matrix = np.zeros((64, 64))
    matrix[:7, :7] = brighter_fatter.a_matrix(KERNEL)
    spectrum = np.fft.fft2(np.roll(matrix, (-3, -3), (0, 1))).real * electrons
    powers = np.expm1(2 * spectrum) / np.where(np.abs(spectrum) < 1e-12, 1, 2 * spectrum)
    return np.asarray(np.fft.ifft2(np.where(np.abs(spectrum) < 1e-12, 1, powers)).real)


def test_the_elements_of_the_a_matrix_add_up_to_nothing() -> None:
    matrix = brighter_fatter.a_matrix(KERNEL)
    assert brighter_fatter.centre(matrix) == pytest.approx(-3e-6)
    assert abs(matrix.sum()) < 1e-18


@pytest.mark.parametrize("electrons", [20_000, 100_000])
def test_brighter_fatter_gives_flats_the_covariances_of_theory(electrons: float) -> None:
    image, expected = brighter_fatter.collect(flat(electrons), KERNEL), expected_covariances(electrons)
    assert image.var() / electrons == pytest.approx(expected[0, 0], abs=0.01)
    for down, right in [(0, 1), (1, 0), (1, 1)]:
        assert covariance(image, down, right) / electrons == pytest.approx(expected[down, right], abs=0.008)


def test_brighter_fatter_keeps_all_charge() -> None:
    slices = flat(50_000, size=64)
    assert brighter_fatter.collect(slices, KERNEL).sum(dtype=np.float64) == pytest.approx(
        np.sum(slices, dtype=np.float64), rel=1e-7
    )


def test_brighter_fatter_leaves_even_light_even() -> None:
    even = np.full((16, 16), 10_000, np.float32)
    assert np.allclose(brighter_fatter.collect([even, even], KERNEL), 20_000, rtol=1e-6)


def test_a_bright_star_is_fatter_than_a_faint_one() -> None:
    faint, bright = (width(brighter_fatter.collect([gaussian(peak / 2)] * 2, KERNEL)) for peak in (1e3, 1e5))
    assert faint == pytest.approx(2, rel=2e-4)
    assert bright == pytest.approx(2.0145, rel=1e-3)


def test_what_is_left_behind_is_found_in_the_overscans() -> None:
    charge = np.full((SEGMENT.rows, SEGMENT.columns), 10_000, np.float32)
    window = read_out(charge, SEGMENT, Register(1e-5, 0, 1), Register(2e-5, 0, 1))
    first = SEGMENT.prescan_columns + SEGMENT.columns
    assert window[: SEGMENT.rows, first].mean() == pytest.approx(10_000 * 2e-5 * first, rel=1e-2)
    assert window[SEGMENT.rows, 4:first].mean() == pytest.approx(10_000 * 1e-5 * SEGMENT.rows, rel=1e-2)


def test_traps_release_what_they_have_caught_with_their_time_constant() -> None:
    charge = np.full((SEGMENT.rows, SEGMENT.columns), CLOUD_E, np.float32)
    window = read_out(charge, SEGMENT, PERFECT, Register(0, 0.5, 3.0))
    first = SEGMENT.prescan_columns + SEGMENT.columns
    trail = window[0, first:]
    assert np.allclose(trail[1:] / trail[:-1], np.exp(-1 / 3), rtol=1e-4)
    assert trail[0] == pytest.approx(0.5 * first * (1 - np.exp(-1 / 3)), rel=1e-4)


@given(st.integers(0, 1000), st.floats(0, 1e-3), st.floats(0, 50), st.floats(0.3, 5))
@settings(deadline=None, max_examples=25)
def test_transfers_make_no_charge(seed: int, cti: float, traps: float, release: float) -> None:
    charge = np.random.default_rng(seed).exponential(500, (SEGMENT.rows, SEGMENT.columns)).astype(np.float32)
    before = charge.copy()
    window = read_out(charge, SEGMENT, PERFECT, Register(cti, traps, release))
    assert np.array_equal(charge, before)
    assert window.min() >= -1e-3
    assert np.all(window.sum(axis=1) <= np.pad(charge, ((0, 4), (0, 0))).sum(axis=1) * 1.00001 + 1e-3)


def test_without_losses_a_window_is_its_charge_with_empty_scans() -> None:
    charge = np.ones((SEGMENT.rows, SEGMENT.columns), np.float32)
    window = read_out(charge, SEGMENT, PERFECT, PERFECT)
    assert window.sum() == charge.sum()
    assert np.array_equal(window[: SEGMENT.rows, 2 : 2 + SEGMENT.columns], charge)


@pytest.mark.parametrize("strength", [0.001, 0.02])
def test_nonlinearity_is_as_large_as_asked_and_a_signal_still_rises(strength: float) -> None:
    linear = np.linspace(1, 80_000, 4001, dtype=np.float32)
    read = np.array([nonlinearity.bend(linear, each) for each in nonlinearity.curves(4, 16, strength, seed=1)])
    deviation = np.abs(read / linear - 1).max(axis=1)
    assert np.all((deviation > 0.25 * strength) & (deviation < 1.001 * strength))
    assert np.all(np.diff(read, axis=1) > 0)


def test_the_table_of_a_curve_undoes_it() -> None:
    for each in nonlinearity.curves(4, 16, 0.02, seed=1):
        read, excess = nonlinearity.table(each, 9)
        assert np.allclose(nonlinearity.bend((read - excess).astype(np.float32), each), read, rtol=1e-6)


def test_a_ghost_stands_where_its_source_is_read_and_is_strongest_next_to_it() -> None:
    matrix = crosstalk.couplings(DETECTOR, 1e-3, seed=1)
    signals = np.zeros((16, 10, 12), np.float32)
    signals[3, 4, 5] = 50_000
    seen = crosstalk.mix(signals, matrix)
    assert 25 <= seen[2, 4, 5] <= 50
    assert seen[0, 4, 5] < seen[1, 4, 5] < 5.1
    assert seen[3, 4, 5] == 50_000
    assert np.count_nonzero(seen[2]) == 1


def test_vignetting_is_deepest_in_the_corners_of_the_focal_plane() -> None:
    corners = [vignetting(CAMERA, CAMERA.detector(n), SEGMENT) for n in (0, 2, 6, 8)]
    deepest = [image.min() for image in corners]
    assert deepest == pytest.approx([1 - 0.05 * 4.5] * 4)
    assert vignetting(CAMERA, DETECTOR, SEGMENT).min() == pytest.approx(1 - 0.05 * 0.5)
