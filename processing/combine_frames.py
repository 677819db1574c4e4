"""Combine frames that need not fit into memory together: band by band of rows, each read when it is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from processing.combine import Combined, meanclip
from processing.errors import ProcessingError
from processing.frame import UNUSABLE, Frame, Image, Mask, Rows, bit

QUANTISATION_STEP_ADU = 1.0


class CombineError(ProcessingError):
    """Frames that cannot be combined."""


class Reader(Protocol):
    """Something that reads a frame, or only some of its rows."""

    def __call__(self, rows: Rows | None) -> Frame:
        """The frame, or its rows [begin, end)."""


def combine_frames(
    readers: Sequence[Reader],
    scales: Sequence[float],
    *,
    sigma: float,
    max_passes: int,
    frames_in_memory: int,
) -> tuple[Image, Image, Mask]:
    """Clipped mean of the frames, each divided by its scale: image, variance of the mean, mask.

    No more pixels are held than `frames_in_memory` whole frames have, however many frames there are.
    """
    whole = readers[0](None)
    image, variance = np.empty_like(whole.image), np.empty_like(whole.variance)
    mask = np.zeros_like(whole.mask)
    floor = QUANTISATION_STEP_ADU / min(scales)
    for rows in bands(len(image), len(readers), frames_in_memory):
        stack, masked = _stack(readers, rows, whole)
        factors = [1 / scale for scale in scales]
        band = meanclip(stack, masked, sigma=sigma, max_passes=max_passes, floor=floor, scale=factors)
        _store(band, slice(*rows), image, variance, mask)
    return image, variance, mask


def bands(rows: int, frames: int, frames_in_memory: int) -> Iterator[Rows]:
    """Ranges of rows, as even as can be, of which all frames together fill `frames_in_memory` frames."""
    number = -(-frames // frames_in_memory)
    edges = [rows * i // number for i in range(number + 1)]
    return ((begin, end) for begin, end in pairwise(edges) if begin < end)


def _stack(readers: Sequence[Reader], rows: Rows, whole: Frame) -> tuple[Image, NDArray[np.bool_]]:
    """These rows of all frames and where they are unusable."""
    shape = len(readers), rows[1] - rows[0], whole.image.shape[1]
    stack, masked = np.empty(shape, np.float32), np.empty(shape, np.bool_)
    everything = rows == (0, len(whole.image))
    for i, read in enumerate(readers):
        frame = whole if everything and i == 0 else read(None if everything else rows)
        if frame.image.shape != shape[1:]:
            raise CombineError(f"frames differ in shape: {frame.image.shape} in one, {shape[1:]} in the first")
        stack[i] = frame.image
        np.not_equal(frame.mask & UNUSABLE, 0, out=masked[i])
    return stack, masked


def _store(band: Combined, rows: slice, image: Image, variance: Image, mask: Mask) -> None:
    image[rows], variance[rows] = band.mean, band.variance
    mask[rows][band.count == 0] |= bit("NO_DATA")
