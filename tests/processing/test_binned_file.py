"""Binned frames come back from their files as they were written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from processing.frame import Frame, FrameError, bit
from processing.pictures.binned_file import read, write
from processing.pictures.binning import binned


def test_a_binned_frame_comes_back_to_the_bit(tmp_path: Path) -> None:
    image = np.arange(20 * 24, dtype=np.float32).reshape(20, 24)
    mask = np.zeros(image.shape, np.int16)
    mask[:8, :8] = bit("BAD")
    given = binned(Frame(image, image, mask, "electron", {}), 8)
    write(given, tmp_path / "cells.fits")
    found = read(tmp_path / "cells.fits")
    assert np.array_equal(found.image, given.image, equal_nan=True)
    assert np.array_equal(found.good, given.good)
    assert (found.pixels, found.binning, found.unit, found.masked) == (480, 8, "electron", 64)


def test_what_is_no_binned_frame_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.fits").write_text("nothing")
    with pytest.raises(FrameError, match="no binned frame"):
        read(tmp_path / "text.fits")
