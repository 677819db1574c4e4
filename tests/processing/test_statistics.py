import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from processing.statistics import EstimateError, clipped_mean, gain_from_flat_pairs, read_noise_from_bias_pairs

GAIN_E_PER_ADU, READ_NOISE_ADU, SHAPE = 1.5, 4.0, (400, 400)
FINITE = st.floats(-1000, 1000, width=32)
SAMPLES = hnp.arrays(np.float32, st.integers(2, 50), elements=FINITE)


def biases(n=4, seed=1):
    """Fixed pattern as large as the noise, and a cosmic ray in every frame."""
    rng = np.random.default_rng(seed)
    pattern = rng.normal(300, READ_NOISE_ADU, SHAPE)
    frames = [pattern + rng.normal(0, READ_NOISE_ADU, SHAPE) for _ in range(n)]
    for frame in frames:
        frame[tuple(rng.integers(0, 400, 2))] += 20_000
    return frames


def flats(levels_adu=(10_000, 10_300, 10_000, 9_800), seed=2, reads=1):
    """Photon and read noise on an uneven illumination; the lamp drifts."""
    rng = np.random.default_rng(seed)
    shape = rng.normal(1, 0.02, SHAPE)
    noise = READ_NOISE_ADU * reads**0.5
    return [
        rng.poisson(level * GAIN_E_PER_ADU * shape) / GAIN_E_PER_ADU + rng.normal(0, noise, SHAPE)
        for level in levels_adu
    ]


def test_a_clipped_mean_is_the_plain_one_where_nothing_sticks_out():
    clipped = clipped_mean([1.0, 2.0, 3.0, 4.0], sigma=3, iterations=3)
    assert (clipped.mean, clipped.count, clipped.rejected) == (2.5, 4, 0)
    assert clipped.std == pytest.approx((5 / 3) ** 0.5)
    assert clipped.mean_error == pytest.approx((5 / 12) ** 0.5)


def test_a_clipped_mean_loses_the_outlier_and_the_nan():
    clipped = clipped_mean([1.0, 2.0, 3.0, 4.0, 1e6, np.nan], sigma=3, iterations=3)
    assert (clipped.mean, clipped.count, clipped.rejected) == (2.5, 4, 1)


def test_quantised_values_with_an_iqr_of_zero_keep_their_scatter():
    assert clipped_mean([0] * 90 + [1] * 5 + [-1] * 5, sigma=5.5, iterations=3).count == 100


@given(SAMPLES, st.randoms(use_true_random=False))
def test_the_order_of_values_does_not_show(values, random):
    order = random.sample(range(len(values)), len(values))
    straight, shuffled = (clipped_mean(v, sigma=3, iterations=1) for v in (values, values[order]))
    assert shuffled.mean == pytest.approx(straight.mean, abs=1e-3)
    assert shuffled.count == straight.count


@given(SAMPLES)
def test_the_values_are_left_alone(values):
    before = values.copy()
    clipped_mean(values, sigma=3, iterations=3)
    np.testing.assert_array_equal(values, before)


@pytest.mark.parametrize("values", [[], [1.0], [np.nan, np.nan, 3.0], [np.inf, -np.inf]])
def test_a_mean_of_less_than_two_values_is_refused(values):
    with pytest.raises(EstimateError, match="finite values of"):
        clipped_mean(values, sigma=3, iterations=3)


def test_read_noise_is_found_beneath_a_fixed_pattern():
    noise = read_noise_from_bias_pairs(biases())
    assert noise.pairs == 2
    assert abs(noise.read_noise_adu - READ_NOISE_ADU) < 4 * noise.read_noise_error_adu
    assert noise.read_noise_error_adu < 0.02 * READ_NOISE_ADU


def test_gain_is_found_although_the_lamp_drifts():
    gain = gain_from_flat_pairs(flats(), read_noise_adu=READ_NOISE_ADU)
    assert gain.pairs == 2
    assert abs(gain.gain_e_per_adu - GAIN_E_PER_ADU) < 4 * gain.gain_error_e_per_adu
    assert gain.gain_error_e_per_adu < 0.01 * GAIN_E_PER_ADU


def test_the_noise_of_a_dark_subtracted_from_each_flat_is_taken_off():
    faint = flats(levels_adu=(100,) * 4, reads=2)
    own = gain_from_flat_pairs(faint, read_noise_adu=READ_NOISE_ADU, read_noise_reads=2)
    common = gain_from_flat_pairs(faint, read_noise_adu=READ_NOISE_ADU, read_noise_reads=1)
    assert own.gain_e_per_adu == pytest.approx(GAIN_E_PER_ADU, rel=0.02)
    assert common.gain_e_per_adu < 0.85 * GAIN_E_PER_ADU


def test_nan_pixels_do_not_move_the_gain():
    holed = flats()
    for flat in holed:
        flat[:3] = np.nan
    assert gain_from_flat_pairs(holed, read_noise_adu=READ_NOISE_ADU).gain_e_per_adu == pytest.approx(1.5, rel=0.01)


def test_the_frames_are_left_alone():
    frames = flats()
    before = [frame.copy() for frame in frames]
    gain_from_flat_pairs(frames, read_noise_adu=READ_NOISE_ADU)
    np.testing.assert_array_equal(frames, before)


def test_an_odd_last_frame_makes_no_pair():
    assert read_noise_from_bias_pairs(biases()[:3]) == read_noise_from_bias_pairs(biases()[:2])


@pytest.mark.parametrize("count", [0, 1])
def test_frames_that_make_no_pair_are_refused(count):
    with pytest.raises(EstimateError, match=f"{count} bias frames"):
        read_noise_from_bias_pairs(biases()[:count])


def test_frames_of_different_shapes_are_refused():
    with pytest.raises(EstimateError, match="different shapes"):
        read_noise_from_bias_pairs([np.zeros((2, 2)), np.zeros((2, 3))])


def test_the_same_frame_twice_is_refused():
    with pytest.raises(EstimateError, match="differs by a constant"):
        read_noise_from_bias_pairs([biases()[0]] * 2)


def test_flats_clipped_at_the_converters_end_are_refused():
    with pytest.raises(EstimateError, match="differs by a constant: saturated"):
        gain_from_flat_pairs([np.full(SHAPE, 65535.0)] * 2, read_noise_adu=4.0)


def test_flats_with_saturated_pixels_are_refused():
    saturated = [np.minimum(flat, 10_050) for flat in flats()]
    with pytest.raises(EstimateError, match="pixels are at or above saturation"):
        gain_from_flat_pairs(saturated, read_noise_adu=4.0, saturation_adu=10_050)


def test_flats_without_a_usable_pixel_are_refused():
    with pytest.raises(EstimateError, match="0 finite values"):
        gain_from_flat_pairs([np.full(SHAPE, np.nan)] * 2, read_noise_adu=4.0)


def test_flats_without_light_are_refused():
    rng = np.random.default_rng(1)
    with pytest.raises(EstimateError, match="expected light above pedestal and bias"):
        gain_from_flat_pairs([rng.normal(-50, 4, SHAPE) for _ in range(2)], read_noise_adu=4.0)


def test_flats_whose_noise_is_all_read_noise_are_refused():
    with pytest.raises(EstimateError, match="no photon noise"):
        gain_from_flat_pairs(flats(), read_noise_adu=400.0)
