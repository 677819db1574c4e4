"""Defects are where images say so, and what says nothing is a defect too."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from processing import raw
from processing.amplifiers import windows
from processing.assemble import GeometryError
from processing.camera_files import find
from processing.defect_boxes import DefectError, Origin, Reason, flag, reasons_of
from processing.defects import Criteria, border, count, find_defects, merge
from processing.frame import Frame, bit
from processing.isr import remove_signature
from tests.processing.build import real_frames
from tests.processing.frames import with_pixels

DETECTOR = find("LSSTComCam").detector(0)
GAIN = 1.662
SHAPE = 80, 64
WINDOWS = windows(DETECTOR, SHAPE)
FLAGS = arrays(np.uint16, (4, 5), elements=st.sampled_from([0, 0, 1 | 256, 2 | 1024, 1 | 4 | 512]))
ANY = st.sampled_from([Origin.BIAS, Origin.DARK, Origin.FLAT])


def frame(level: float, scatter: float = 0.01, seed: int = 1) -> Frame:
    """A combined frame of noise about a level."""
    image = np.random.default_rng(seed).normal(level, scatter, SHAPE).astype(np.float32)
    return Frame(image, np.full(SHAPE, scatter**2, np.float32), np.zeros(SHAPE, np.int16), "", {})


def with_value(made: Frame, value: float, *where: tuple[int, int]) -> Frame:
    """The same with some pixels of this value."""
    image = made.image.copy()
    for place in where:
        image[place] = value
    return replace(made, image=image)


def masked(made: Frame, plane: str, *where: object) -> Frame:
    """The same with a plane set in some places."""
    mask = made.mask.copy()
    for place in where:
        mask[place] |= bit(plane)  # type: ignore[index]  # whatever numpy takes
    return replace(made, mask=mask)


def found(made: Frame, kind: Origin, criteria: Criteria | None = None) -> np.ndarray:
    """The reasons of each pixel."""
    return reasons_of(find_defects(made, kind, DETECTOR, criteria or Criteria()))


def test_a_dark_pixel_is_hot_beyond_its_current_in_electrons() -> None:
    made = with_value(with_value(frame(0.1), 5.1 / GAIN, (3, 4)), 4.9 / GAIN, (3, 5))
    reasons = found(made, Origin.DARK)
    assert reasons[3, 4] == Reason.HOT
    assert np.count_nonzero(reasons) == 1


def test_a_bias_pixel_is_hot_above_the_level_of_its_amplifier() -> None:
    made = with_value(with_value(frame(900, 2), 2000, (3, 4)), 1800, (3, 5))
    assert np.argwhere(found(made, Origin.BIAS)).tolist() == [[3, 4]]


def test_a_flat_pixel_is_cold_below_a_fraction_of_its_amplifier() -> None:
    made = with_value(with_value(frame(1), 0.79, (3, 4)), 0.81, (3, 5))
    reasons = found(made, Origin.FLAT)
    assert reasons[3, 4] == Reason.COLD
    assert np.count_nonzero(reasons) == 1


def test_by_sigma_a_flat_has_hot_and_cold_pixels_and_a_dark_only_hot_ones() -> None:
    sigma = Criteria(threshold_type="STDEV", sigma_bright=6, sigma_dark=6)
    made = with_value(with_value(frame(1), 1.1, (3, 4)), 0.9, (70, 5))
    flat, dark = found(made, Origin.FLAT, sigma), found(made, Origin.DARK, sigma)
    assert (flat[3, 4], flat[70, 5]) == (Reason.HOT, Reason.COLD)
    assert (dark[3, 4], dark[70, 5]) == (Reason.HOT, 0)


def test_a_column_with_too_many_bad_pixels_goes_as_far_as_its_amplifier() -> None:
    bad = [(row, 9) for row in range(0, 40, 4)]
    made = with_value(frame(1), 0.1, *bad)
    assert np.count_nonzero(found(made, Origin.FLAT, Criteria(bad_pixels_to_fill_column=10))) == 10
    reasons = found(made, Origin.FLAT, Criteria(bad_pixels_to_fill_column=9))
    assert np.all(reasons[:40, 9] & Reason.COLUMN.value)
    assert np.count_nonzero(reasons) == 40


def test_a_saturated_column_is_filled_and_dilated_along_rows() -> None:
    made = masked(frame(1), "SAT", (slice(0, 5), 9))
    wide = Criteria(lost_dilation=2, lost_pixels_to_fill_column=4)
    reasons = found(made, Origin.DARK, wide)
    assert np.all(reasons[:40, 9] & Reason.COLUMN.value)
    assert np.all(reasons[:5, [7, 8, 10, 11]] == Reason.SATURATED)
    assert np.count_nonzero(reasons) == 40 + 20


def test_dilation_stops_at_the_edge() -> None:
    reasons = found(masked(frame(1), "SAT", (3, 0)), Origin.BIAS, Criteria(lost_dilation=2))
    assert np.argwhere(reasons).tolist() == [[3, 0], [3, 1], [3, 2]]


def test_good_pixels_among_many_bad_ones_of_a_column_are_bad_unless_many_stand_together() -> None:
    made = with_value(frame(1), 0.1, *((row, 9) for row in (2, 5, 8, 30, 33)))
    reasons = found(made, Origin.FLAT, Criteria(blinking_column=5, blinking_gap=10))
    assert np.flatnonzero(reasons[:, 9]).tolist() == [*range(2, 9), *range(30, 34)]
    assert not found(made, Origin.FLAT, Criteria(blinking_column=6))[3, 9]


@pytest.mark.parametrize("plane", ["NO_DATA", "BAD", "CR"])
def test_a_masked_pixel_and_one_that_is_no_number_hold_no_data(plane: str) -> None:
    made = with_value(masked(frame(1), plane, (3, 4)), np.nan, (5, 6))
    reasons = found(made, Origin.FLAT)
    assert reasons[3, 4] == reasons[5, 6] == Reason.NO_DATA
    assert np.count_nonzero(reasons) == 2


@pytest.mark.parametrize("kind", [Origin.BIAS, Origin.DARK, Origin.FLAT])
@pytest.mark.parametrize("threshold", ["VALUE", "STDEV"])
@pytest.mark.parametrize("value", [0.0, 1.0, np.nan, np.inf])
def test_an_image_of_one_value_is_a_defect_as_a_whole(kind: Origin, threshold: str, value: float) -> None:
    made = replace(frame(1), image=np.full(SHAPE, value, np.float32))
    reasons = found(made, kind, Criteria(threshold_type=threshold))  # type: ignore[arg-type]  # one of its two words
    assert np.all(reasons & Reason.NO_DATA.value)


def test_an_image_that_is_masked_everywhere_is_a_defect_as_a_whole() -> None:
    assert np.all(found(masked(frame(1), "SAT", ...), Origin.DARK) & Reason.SATURATED.value)


def test_one_dead_amplifier_leaves_the_others_as_they_are() -> None:
    made = with_pixels(frame(1), WINDOWS["C05"], image=0)
    reasons = found(made, Origin.FLAT)
    assert np.all(reasons[WINDOWS["C05"]] == Reason.NO_DATA)
    assert np.count_nonzero(reasons) == 40 * 8


def test_an_amplifier_that_sees_no_light_is_cold() -> None:
    made = with_pixels(frame(1), WINDOWS["C05"], image=frame(-0.1).image[WINDOWS["C05"]])
    assert np.all(found(made, Origin.FLAT)[WINDOWS["C05"]] == Reason.COLD)


@given(kind=ANY, seed=st.integers(0, 99), threshold=st.sampled_from(["VALUE", "STDEV"]))
@settings(deadline=None, max_examples=15)
def test_finding_changes_nothing_of_what_goes_in(kind: Origin, seed: int, threshold: str) -> None:
    made = masked(with_value(frame(1, seed=seed), np.nan, (seed % 80, seed % 64)), "SAT", (slice(0, 30), 7))
    before = made.image.copy(), made.mask.copy()
    found(made, kind, Criteria(threshold, lost_dilation=2, lost_pixels_to_fill_column=3))  # type: ignore[arg-type]
    assert np.array_equal(made.image, before[0], equal_nan=True)
    assert np.array_equal(made.mask, before[1])


@given(factor=st.floats(0.01, 100), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=15)
def test_a_flat_of_another_level_has_the_same_defects(factor: float, seed: int) -> None:
    made = with_value(frame(1, 0.005, seed), 0.5, (seed % 80, seed % 64))
    other = replace(made, image=made.image * np.float32(factor))
    assert np.array_equal(found(other, Origin.FLAT), found(made, Origin.FLAT))


def test_a_frame_of_another_camera_is_refused() -> None:
    odd = Frame(*(np.zeros((7, 7), t) for t in (np.float32, np.float32, np.int16)), "", {})
    with pytest.raises(GeometryError, match="not made of 2 by 8 amplifiers"):
        find_defects(odd, Origin.DARK, DETECTOR, Criteria())


@given(st.lists(FLAGS, min_size=1, max_size=5), st.randoms())
def test_the_order_of_detections_does_not_matter(several: list[np.ndarray], random: object) -> None:
    shuffled = sorted(several, key=lambda _: random.random())  # type: ignore[attr-defined]  # a random.Random
    for mode in ("OR", "AND", "FRACTION"):
        assert np.array_equal(merge(several, mode), merge(shuffled, mode))


@given(st.lists(FLAGS, min_size=1, max_size=5), st.floats(0, 0.99))
def test_modes_are_what_they_are_called(several: list[np.ndarray], fraction: float) -> None:
    bad = np.array([each != 0 for each in several])
    assert np.array_equal(merge(several, "OR") != 0, bad.any(axis=0))
    assert np.array_equal(merge(several, "AND") != 0, bad.all(axis=0))
    assert np.array_equal(merge(several, "FRACTION", fraction) != 0, bad.sum(axis=0) > fraction * len(several))


@given(FLAGS)
def test_merging_the_same_again_changes_nothing(flags: np.ndarray) -> None:
    assert np.array_equal(merge([flags, flags], "AND"), flags)
    assert np.array_equal(merge([flags, flags], "OR"), flags)


def test_what_is_merged_keeps_all_reasons_and_origins() -> None:
    hot, cold = (np.full((1, 1), f) for f in (flag(Reason.HOT, Origin.DARK), flag(Reason.COLD, Origin.FLAT)))
    merged = merge([hot, cold], "OR")[0, 0]
    assert merged == flag(Reason.HOT | Reason.COLD, Origin.DARK | Origin.FLAT)


def test_detections_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DefectError, match="no detections"):
        merge([], "OR")
    with pytest.raises(DefectError, match="different shapes"):
        merge([np.zeros((2, 2), np.uint16), np.zeros((2, 3), np.uint16)], "OR")


@given(st.integers(0, 9), st.integers(0, 9))
def test_a_border_is_as_wide_as_asked(up_down: int, left_right: int) -> None:
    good = max(10 - 2 * up_down, 0) * max(8 - 2 * left_right, 0)
    assert count(border((10, 8), up_down, left_right))["ALL"] == 80 - good


def test_hot_pixels_of_a_real_dark_are_those_above_five_electrons_per_second() -> None:
    camera = find("SBIG-STL-1001E")
    sensor, gain = camera.detector(0), 2.06
    biases = [raw.read(p).image for p in paths(*(f"biases-Neg5-Vis.0000000{n}.BIAS.FIT" for n in range(3)))]
    (dark,) = (raw.read(p).image for p in paths("darks-expos300s-Neg5-Vis.00000000.DARK.FIT"))
    level = np.mean(biases, axis=0, dtype=np.float32)
    bias = Frame(level, np.zeros_like(level), np.zeros(level.shape, np.int16), "adu", {})
    done = remove_signature(dark, sensor, camera.segment, bias=bias)
    rate = Frame(done.image / 300, done.variance / 300**2, done.mask, "adu/s", {})

    reasons = reasons_of(find_defects(rate, Origin.DARK, sensor, Criteria(dark_e_per_s=5)))

    plain = (dark.astype(np.float32) - level) / 300 * gain > 5
    saturated = dark >= 65000
    assert 1000 < np.count_nonzero(plain) < 100_000
    agree = np.count_nonzero((reasons & (Reason.HOT | Reason.SATURATED).value != 0) == (plain | saturated))
    assert agree >= plain.size - 2  # of pixels on the threshold to the last bit
    assert np.array_equal((reasons & Reason.SATURATED.value) != 0, saturated)


def paths(*names: str) -> list[Path]:
    """The paths of real frames."""
    return [Path(p) for p in real_frames(*names)]
