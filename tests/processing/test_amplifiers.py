"""The amplifiers of an assembled image can be told apart and brought to one level."""

import numpy as np
import pytest

from processing.amplifiers import medians, scaled, windows
from processing.assemble import GeometryError, place
from processing.camera_files import find
from processing.frame import Frame, bit
from tests.processing.frames import with_pixels

DETECTOR = find("LSSTComCam").detector(0)
SEGMENT = find("LSSTComCam").segment.scaled_to(4, 6)
SHAPE = DETECTOR.shape(SEGMENT)


def steps() -> Frame:
    """Each amplifier at a level of its own: 100, 101 ... in the camera's order."""
    image = np.empty(SHAPE, np.float32)
    for number, amplifier in enumerate(DETECTOR.amplifiers):
        place(image, amplifier, SEGMENT)[:] = 100 + number
    return Frame(image, image / 10, np.zeros(SHAPE, np.int16), "adu", {})


FACTORS = {name: 50 / level for name, level in medians(steps().image, steps().mask, DETECTOR).items()}


def test_windows_cover_the_image_once() -> None:
    covered = np.zeros(SHAPE, int)
    for window in windows(DETECTOR, SHAPE).values():
        covered[window] += 1
    assert np.all(covered == 1)


def test_each_amplifier_has_its_own_median() -> None:
    found = medians(steps().image, steps().mask, DETECTOR)
    assert list(found.values()) == list(range(100, 116))


def test_an_amplifier_without_a_good_pixel_has_no_median() -> None:
    frame = with_pixels(steps(), windows(DETECTOR, SHAPE)["C10"], planes=bit("SAT"))
    assert "C10" not in medians(frame.image, frame.mask, DETECTOR)


def test_scaled_amplifiers_stand_at_one_level_with_their_relative_errors_kept() -> None:
    before = steps()
    after = scaled(before, FACTORS, DETECTOR, SHAPE, (0, SHAPE[0]))
    assert after.image == pytest.approx(np.full(SHAPE, 50), rel=1e-6)
    assert after.variance / after.image**2 == pytest.approx(before.variance / before.image**2, rel=1e-6)


def test_scaling_changes_nothing_of_what_goes_in() -> None:
    frame = steps()
    scaled(frame, {}, DETECTOR, SHAPE, (0, SHAPE[0]))
    assert np.array_equal(frame.image, steps().image)
    assert not frame.mask.any()


def test_some_rows_are_scaled_as_the_whole_is() -> None:
    whole = steps()
    part = Frame(whole.image[5:9], whole.variance[5:9], whole.mask[5:9], "adu", {})
    expected = scaled(whole, FACTORS, DETECTOR, SHAPE, (0, SHAPE[0]))
    assert np.array_equal(scaled(part, FACTORS, DETECTOR, SHAPE, (5, 9)).image, expected.image[5:9])


def test_an_amplifier_without_a_factor_holds_no_data() -> None:
    some = {name: factor for name, factor in FACTORS.items() if name != "C03"}
    after = scaled(steps(), some, DETECTOR, SHAPE, (0, SHAPE[0]))
    window = windows(DETECTOR, SHAPE)["C03"]
    assert np.all(after.mask[window] == bit("NO_DATA"))
    assert np.count_nonzero(after.mask) == 24


def test_an_image_that_is_not_made_of_the_amplifiers_is_refused() -> None:
    with pytest.raises(GeometryError, match=r"\(13, 32\) .* 2 by 8 amplifiers of R22_S00"):
        windows(DETECTOR, (13, 32))
