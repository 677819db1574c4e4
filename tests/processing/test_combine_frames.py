"""Frames are combined in bands; the result does not depend on how many rows are read at once."""

from collections.abc import Sequence

import numpy as np
import pytest

from processing.combine_frames import CombineError, Reader, bands, combine_frames
from processing.frame import Frame, Rows, bit
from tests.processing.frames import with_pixels


def frames(number: int, shape: tuple[int, int] = (13, 7)) -> list[Frame]:
    """Noise of 5 ADU about 100 ADU."""
    rng = np.random.default_rng(1)
    images = rng.normal(100, 5, (number, *shape)).astype(np.float32)
    return [Frame(i, np.ones(shape, np.float32), np.zeros(shape, np.int16), "adu", {}) for i in images]


def readers(given: Sequence[Frame], asked: list[int] | None = None) -> list[Reader]:
    """Readers of frames that note how many rows were asked for."""

    def reader(frame: Frame) -> Reader:
        def read(rows: Rows | None) -> Frame:
            part = slice(*rows) if rows else slice(None)
            if asked is not None:
                asked.append(len(frame.image[part]))
            return Frame(frame.image[part], frame.variance[part], frame.mask[part], frame.unit, {})

        return read

    return [reader(frame) for frame in given]


def combined(
    given: Sequence[Frame], scales: Sequence[float] | None = None, frames_in_memory: int = 20
) -> tuple[np.ndarray, ...]:
    done = combine_frames(
        readers(given), scales or [1.0] * len(given), sigma=3, max_passes=3, frames_in_memory=frames_in_memory
    )
    return done.image, done.variance, done.mask


@pytest.mark.parametrize("frames_in_memory", [1, 2, 5, 12])
def test_bands_change_nothing(frames_in_memory: int) -> None:
    for one, many in zip(combined(frames(12)), combined(frames(12), None, frames_in_memory), strict=True):
        assert np.array_equal(one, many)


def test_no_more_rows_are_held_than_the_stated_number_of_frames_has() -> None:
    asked: list[int] = []
    combine_frames(readers(frames(12), asked), [1.0] * 12, sigma=3, max_passes=3, frames_in_memory=3)
    whole, *parts = asked
    assert whole == 13
    assert max(parts) * 12 <= 3 * 13 + 12


def test_bands_cover_every_row_once() -> None:
    rows = [r for begin, end in bands(13, 50, 4) for r in range(begin, end)]
    assert rows == list(range(13))


def test_each_frame_is_divided_by_its_scale() -> None:
    given = frames(3)
    image, variance, _ = combined(given, [2.0] * 3)
    assert image == pytest.approx(np.mean([f.image for f in given], axis=0) / 2, rel=1e-5)
    assert variance == pytest.approx(np.var([f.image / 2 for f in given], axis=0, ddof=1) / 3, rel=1e-4)


def test_masked_pixels_do_not_count_and_pixels_without_any_are_marked() -> None:
    given = [with_pixels(frame, (1, 1), planes=bit("BAD")) for frame in frames(4)]
    given[0] = with_pixels(given[0], (0, 0), image=1e6, planes=bit("SAT"))
    image, _, mask = combined(given)
    assert image[0, 0] == pytest.approx(100, abs=15)
    assert np.isnan(image[1, 1])
    assert np.argwhere(mask == bit("NO_DATA")).tolist() == [[1, 1]]


def test_frames_of_different_size_are_refused() -> None:
    with pytest.raises(CombineError, match=r"differ in size: frame 1 has \(13, 6\)"):
        combined([*frames(1), *frames(1, (13, 6))])
