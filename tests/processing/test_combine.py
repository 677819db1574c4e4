import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from processing.combine import Combined, clip_once, fewest_frames, meanclip
from processing.sorting_network import sorting_network
from tests.processing import combine_reference as reference

ADU = st.one_of(
    st.integers(-40, 40).map(float),
    st.floats(-70_000, 70_000, width=32, allow_subnormal=False),
    st.just(float("nan")),
    st.just(float("inf")),
)


@st.composite
def stacks(draw, elements=ADU, pixels=(1, 6)):
    shape = draw(st.integers(1, 12)), 1, draw(st.integers(*pixels))
    return draw(hnp.arrays(np.float32, shape, elements=elements))


@st.composite
def masked_stacks(draw):
    stack = draw(stacks())
    return stack, draw(hnp.arrays(np.bool_, stack.shape))


def noisy_stack(n_frames, rows=31, columns=37, seed=3):
    """Quantised noise with cosmic rays, NaN and masked values; the odd size leaves a block partly filled."""
    rng = np.random.default_rng(seed)
    stack = np.round(rng.normal(1000, 7, (n_frames, rows, columns))).astype(np.float32)
    stack[rng.random(stack.shape) < 0.01] += 5000
    stack[rng.random(stack.shape) < 0.01] = np.nan
    return stack, rng.random(stack.shape) < 0.05


def assert_same(combined: Combined, expected):
    mean, variance, count = expected
    np.testing.assert_array_equal(combined.count, count)
    np.testing.assert_array_equal(combined.mean, mean)
    np.testing.assert_array_equal(combined.variance, variance)


@pytest.mark.parametrize("n", range(1, 17))
def test_the_network_sorts_every_sequence_of_zeros_and_ones(n):
    sequences = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    for low, high in sorting_network(n):
        pair = sequences[:, [low, high]]
        sequences[:, low], sequences[:, high] = pair.min(axis=1), pair.max(axis=1)
    assert (np.diff(sequences, axis=1) >= 0).all()


@given(masked_stacks(), st.sampled_from([1.0, 2.0, 3.0]), st.integers(1, 4))
def test_meanclip_is_what_plain_numpy_computes(masked_stack, sigma, max_passes):
    stack, mask = masked_stack
    options = {"sigma": sigma, "max_passes": max_passes}
    assert_same(meanclip(stack, mask, **options), reference.meanclip(stack, mask, **options))


@given(masked_stacks(), st.sampled_from([1.0, 2.0, 3.0]))
def test_one_pass_is_what_plain_numpy_computes(masked_stack, sigma):
    stack, mask = masked_stack
    assert_same(clip_once(stack, mask, sigma=sigma), reference.clip_once(stack, mask, sigma=sigma))


@pytest.mark.parametrize("n_frames", [1, 2, 11, 20, 33, 100])
def test_meanclip_of_noise_with_outliers_is_what_plain_numpy_computes(n_frames):
    stack, mask = noisy_stack(n_frames)
    assert_same(meanclip(stack, mask), reference.meanclip(stack, mask))


@pytest.mark.parametrize("n_frames", [1, 2, 11, 20, 33, 100])
def test_one_pass_of_noise_with_outliers_is_what_plain_numpy_computes(n_frames):
    stack, mask = noisy_stack(n_frames)
    assert_same(clip_once(stack, mask), reference.clip_once(stack, mask))


@pytest.mark.parametrize("combine", [meanclip, clip_once])
def test_scaled_frames_are_combined_as_if_multiplied_before(combine):
    stack, mask = noisy_stack(20)
    scale = np.linspace(0.5, 1.5, 20)
    expected = getattr(reference, combine.__name__)(stack, mask, scale=scale)
    assert_same(combine(stack, mask, scale=scale), expected)


@pytest.mark.parametrize("dtype", [np.uint16, np.int16, ">i2", ">f4"])
def test_raw_integers_and_big_endian_values_are_read_as_they_are(dtype):
    stack = np.nan_to_num(noisy_stack(20)[0])
    assert_same(meanclip(stack.astype(dtype)), reference.meanclip(stack))


@pytest.mark.parametrize("combine", [meanclip, clip_once])
def test_the_number_of_threads_does_not_show(combine):
    stack, mask = noisy_stack(20)
    one, three = combine(stack, mask), combine(stack, mask, threads=3)
    assert_same(three, (one.mean, one.variance, one.count))


@given(stacks(), st.randoms(use_true_random=False))
def test_the_order_of_frames_does_not_show(stack, random):
    order = random.sample(range(len(stack)), len(stack))
    straight = meanclip(stack)
    assert_same(meanclip(stack[order]), (straight.mean, straight.variance, straight.count))


@given(stacks(elements=st.integers(-1000, 1000).map(float)), st.sampled_from([0.25, 2.0, 8.0]))
def test_scaling_the_values_scales_the_mean(stack, factor):
    straight, scaled = meanclip(stack, floor=1.0), meanclip(stack * np.float32(factor), floor=factor)
    np.testing.assert_array_equal(scaled.mean, straight.mean * np.float32(factor))
    np.testing.assert_array_equal(scaled.variance, straight.variance * np.float32(factor**2))


@given(stacks(elements=st.integers(-1000, 1000).map(float)), st.integers(-500, 500))
def test_adding_a_pedestal_moves_the_mean_by_it(stack, pedestal):
    straight, raised = meanclip(stack), meanclip(stack + np.float32(pedestal))
    np.testing.assert_allclose(raised.mean, straight.mean + pedestal, rtol=0, atol=2e-4)


@given(masked_stacks())
def test_the_input_is_left_alone(masked_stack):
    stack, mask = masked_stack
    stack_before, mask_before = stack.copy(), mask.copy()
    meanclip(stack, mask)
    clip_once(stack, mask)
    np.testing.assert_array_equal(stack, stack_before)
    np.testing.assert_array_equal(mask, mask_before)


@given(st.integers(1, 30), st.floats(-7e4, 7e4, width=32))
@settings(max_examples=30)
def test_equal_values_are_all_kept_although_their_iqr_is_zero(n_frames, value):
    combined = meanclip(np.full((n_frames, 2, 3), value, np.float32), floor=0.0)
    assert (combined.count == n_frames).all()
    assert (combined.mean == np.float32(value)).all()


def test_the_floor_keeps_the_neighbouring_code_of_quantised_data():
    stack = np.full((20, 1, 1), 100, np.float32)
    stack[0] = 101
    assert meanclip(stack, floor=1.0, max_passes=1).count == 20
    assert meanclip(stack, floor=0.0, max_passes=1).count == 19


def test_a_cosmic_ray_is_rejected_from_five_frames():
    stack = np.array([10, 11, 12, 11, 9000], np.float32).reshape(5, 1, 1)
    assert meanclip(stack).mean == 11


def test_a_value_rejected_once_does_not_come_back():
    stack = np.array([0, 0, 0, 0, 0, 0, 4, 3, -3], np.float32).reshape(9, 1, 1)
    assert meanclip(stack, max_passes=2).count == 8


def test_masked_pixels_without_any_value_are_flagged():
    combined = meanclip(np.ones((5, 2, 2), np.float32), np.ones((5, 2, 2), bool))
    assert combined.empty_pixels == 4
    assert np.isnan(combined.mean).all()
    assert np.isnan(combined.variance).all()


def test_one_value_has_no_variance():
    combined = meanclip(np.ones((1, 1, 1), np.float32))
    assert combined.count == 1
    assert np.isnan(combined.variance)


@pytest.mark.parametrize(("sigma", "n_frames"), [(3.0, 11), (2.0, 6), (2.5, 8), (5.5, 32)])
def test_the_fewest_frames_of_a_threshold_are_the_first_that_can_lose_an_outlier(sigma, n_frames):
    outlier = np.zeros((n_frames, 1, 1), np.float32)
    outlier[0] = 1e4
    assert fewest_frames(sigma) == n_frames
    assert clip_once(outlier, sigma=sigma).count == n_frames - 1
    if sigma**2 != n_frames - 2:  # on the threshold itself the last bit decides
        assert clip_once(outlier[:-1], sigma=sigma).count == n_frames - 1


def test_too_few_frames_for_the_threshold_are_told():
    stack = np.zeros((11, 1, 1), np.float32)
    assert meanclip(stack[:10]).too_few_to_clip
    assert not meanclip(stack).too_few_to_clip


def test_double_precision_is_refused_instead_of_rounded():
    with pytest.raises(TypeError, match="stack has dtype float64; expected float32"):
        meanclip(np.zeros((3, 2, 2)))


@pytest.mark.parametrize("shape", [(0, 4, 4), (4,), (3, 0, 4)])
def test_a_stack_without_frames_or_pixels_is_refused(shape):
    with pytest.raises(ValueError, match="stack has shape"):
        meanclip(np.zeros(shape, np.float32))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sigma": 0.0}, "sigma is 0.0"),
        ({"sigma": float("nan")}, "sigma is nan"),
        ({"max_passes": 0}, "max_passes is 0"),
        ({"floor": -1.0}, "floor is -1.0"),
        ({"threads": 0}, "threads is 0"),
        ({"scale": [1.0]}, "expected one factor for each of 3 frames"),
        ({"scale": [1.0, 0.0, 1.0]}, "scale of frame 1 is 0.0"),
        ({"mask": np.zeros((2, 2), bool)}, r"mask is bool \(2, 2\); expected bool \(3, 2, 2\)"),
    ],
)
def test_impossible_arguments_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        meanclip(np.zeros((3, 2, 2), np.float32), **options)
