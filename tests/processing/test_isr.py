"""Signature removal gives back what the readout had done, with the errors that it made."""

import numpy as np
import pytest

from processing import camera_files
from processing.assemble import GeometryError, place, readouts
from processing.camera import Detector, Segment
from processing.defect_boxes import Box, Defects, Origin, Reason
from processing.frame import Frame, bit
from processing.isr import assemble, remove_signature
from processing.overscan import Level, level

CAMERA = camera_files.find("LSSTComCam")
DETECTOR = CAMERA.detector(0)
SEGMENT = CAMERA.segment.scaled_to(16, 8)
SHAPE = DETECTOR.shape(SEGMENT)


def raw_of(
    image: np.ndarray, levels: np.ndarray, detector: Detector = DETECTOR, segment: Segment = SEGMENT
) -> np.ndarray:
    """What the readout makes of an image: segments in readout order on each amplifier's level."""
    raw = np.zeros(detector.raw_shape(segment), np.float32)
    for base, readout in zip(levels, readouts(raw, detector, segment), strict=True):
        readout.window[:] = base
        readout.data[:] += place(image, readout.amplifier, segment)
    return raw


def constant(value: float, variance: float = 0.0, mask: int = 0) -> Frame:
    """A calibration of one value."""
    full = np.full(SHAPE, value, np.float32)
    return Frame(full, np.full(SHAPE, variance, np.float32), np.full(SHAPE, mask, np.int16), "adu", {})


IMAGE = np.random.default_rng(1).uniform(0, 100, SHAPE).astype(np.float32)
LEVELS = np.linspace(900, 1100, 16)
RAW = raw_of(IMAGE, LEVELS)


def test_overscan_and_flips_are_undone() -> None:
    assert assemble(RAW, DETECTOR, SEGMENT).image == pytest.approx(IMAGE, abs=1e-3)


def test_the_raw_is_left_as_it_was() -> None:
    before = RAW.copy()
    remove_signature(RAW, DETECTOR, SEGMENT, bias=constant(3), dark=constant(1), dark_time=2)
    assert np.array_equal(RAW, before)


def test_bias_dark_and_pedestal_are_subtracted() -> None:
    done = remove_signature(
        RAW, DETECTOR, SEGMENT, bias=constant(3), dark=constant(0.5), dark_time=20, pedestal_adu=100
    )
    assert done.image == pytest.approx(IMAGE - 3 - 10 - 100, abs=1e-3)


def test_variances_add_up() -> None:
    done = remove_signature(
        RAW, DETECTOR, SEGMENT, bias=constant(0, variance=2), dark=constant(0, variance=0.25), dark_time=10
    )
    assert done.variance == pytest.approx((7.24 / 1.662) ** 2 + IMAGE / 1.662 + 2 + 25, rel=1e-4)


def test_without_charge_the_variance_is_the_read_noise() -> None:
    done = remove_signature(RAW, DETECTOR, SEGMENT, shot_noise=False)
    assert done.variance == pytest.approx(np.full(SHAPE, (7.24 / 1.662) ** 2), rel=1e-4)


def test_saturated_pixels_and_masks_of_calibrations_are_joined() -> None:
    raw = RAW.copy()
    next(readouts(raw, DETECTOR, SEGMENT)).data[0, 0] = 65000
    done = remove_signature(raw, DETECTOR, SEGMENT, bias=constant(0, mask=bit("BAD")))
    amplifier = DETECTOR.amplifiers[0]
    assert place(done.mask, amplifier, SEGMENT)[0, 0] == bit("BAD", "SAT")
    assert np.count_nonzero(done.mask & bit("SAT")) == 1


def test_a_calibration_of_another_size_is_refused() -> None:
    other = Frame(*(np.zeros((2, 2), t) for t in (np.float32, np.float32, np.int16)), "adu", {})
    with pytest.raises(GeometryError, match=r"the bias has \(2, 2\)"):
        remove_signature(RAW, DETECTOR, SEGMENT, bias=other)


def test_a_raw_of_another_size_is_refused() -> None:
    with pytest.raises(GeometryError, match=r"expected .* for R22_S00"):
        assemble(RAW[1:], DETECTOR, SEGMENT)


def test_the_level_is_not_bound_to_whole_adu() -> None:
    pixels = np.random.default_rng(2).normal(1000.3, 4, 5000).round().astype(np.uint16)
    assert level(pixels).mean_adu == pytest.approx(1000.3, abs=0.2)


def test_a_cosmic_ray_does_not_move_the_level() -> None:
    pixels = np.random.default_rng(3).normal(1000, 4, 500)
    assert level(np.append(pixels, 60000)).mean_adu == pytest.approx(pixels.mean(), abs=0.1)


def test_the_variance_of_the_level_is_that_of_a_mean() -> None:
    pixels = np.random.default_rng(4).normal(1000, 4, 10_000)
    assert level(pixels).variance_adu2 == pytest.approx(16 / 10_000, rel=0.1)


def test_a_camera_without_overscan_has_no_level() -> None:
    assert level(np.empty((10, 0))) == Level(0.0, 0.0)


def test_defects_are_marked_as_bad_and_nothing_else_of_the_image_changes() -> None:
    defects = Defects((Box(3, 2, 2, 4, Reason.HOT, Origin.DARK),), (SHAPE[0], SHAPE[1]))
    plain, marked = (remove_signature(RAW, DETECTOR, SEGMENT, defects=d) for d in (None, defects))
    assert np.array_equal((marked.mask & bit("BAD")) != 0, defects.bad)
    assert np.array_equal(marked.image, plain.image)


def test_defects_of_another_sensor_are_refused() -> None:
    with pytest.raises(GeometryError, match=r"the defects are of an image of \(9, 9\)"):
        remove_signature(RAW, DETECTOR, SEGMENT, defects=Defects((), (9, 9)))
