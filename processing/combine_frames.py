"""Combine frames that need not fit into memory together: band by band of rows, each read when it is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from processing.combine import Combined, meanclip
from processing.effects.cosmic_rays import RayCriteria, find_rays
from processing.errors import ProcessingError
from processing.frame import UNUSABLE, Frame, Image, Mask, Rows, bit

QUANTISATION_STEP_ADU = 1.0

Flags = NDArray[np.bool_]
Counts = NDArray[np.int64]


class CombineError(ProcessingError):
    """Frames that cannot be combined."""


class Reader(Protocol):
    """Something that reads a frame, or only some of its rows."""

    def __call__(self, rows: Rows | None) -> Frame:
        """The frame, or its rows [begin, end)."""


@dataclass(frozen=True, eq=False)
class Combination:
    """A combined frame and what was seen of the frames while they were read, in their order."""

    image: Image
    variance: Image
    """Of the mean, from the scatter of the values kept."""
    mask: Mask
    struck: Counts
    """Pixels of each frame that were rejected as cosmic rays; 0 where none were looked for."""
    saturated: Counts
    """Saturated pixels of each frame."""
    constant: Flags
    """Which frames hold one value all over: they measure nothing."""


def combine_frames(
    readers: Sequence[Reader],
    scales: Sequence[float],
    *,
    sigma: float,
    max_passes: int,
    frames_in_memory: int,
    rays: RayCriteria | None = None,
    names: Sequence[str] = (),
) -> Combination:
    """Clipped mean of the frames, each divided by its scale; with `rays`, cosmic rays are rejected before.

    No more pixels are held than `frames_in_memory` whole frames have, however many frames there are, but for the few
    rows around a band from which a ray may reach into it. `names` are what errors call the frames.
    """
    source = _Source(readers, names or [f"frame {i}" for i in range(len(readers))], readers[0](None), rays is not None)
    image, variance = np.empty_like(source.first.image), np.empty_like(source.first.variance)
    mask = np.zeros_like(source.first.mask)
    struck, saturated = np.zeros((2, len(readers)), np.int64)
    constant = np.ones(len(readers), np.bool_)
    floor, factors = QUANTISATION_STEP_ADU / min(scales), [1 / scale for scale in scales]
    held = len(readers) * (2 if rays else 1)
    for rows in bands(len(image), held, frames_in_memory):
        wide = _widened(rows, rays.grow if rays else 0, len(image))
        inner = slice(rows[0] - wide[0], rows[1] - wide[0])
        band = source.read(wide, inner)
        saturated += band.saturated
        constant &= band.constant
        masked = band.masked[:, inner]
        if rays is not None:
            found = find_rays(band.stack, band.variance, band.masked, np.array(scales), rays)[:, inner]
            struck += found.sum(axis=(1, 2))
            masked |= found
        kept = meanclip(band.stack[:, inner], masked, sigma=sigma, max_passes=max_passes, floor=floor, scale=factors)
        _store(kept, slice(*rows), image, variance, mask)
    return Combination(image, variance, mask, struck, saturated, constant)


def bands(rows: int, frames: int, frames_in_memory: int) -> Iterator[Rows]:
    """Ranges of rows, as even as can be, of which all frames together fill `frames_in_memory` frames."""
    number = -(-frames // frames_in_memory)
    edges = [rows * i // number for i in range(number + 1)]
    return ((begin, end) for begin, end in pairwise(edges) if begin < end)


@dataclass(frozen=True, eq=False)
class _Band:
    """Some rows of all frames, [frame, row, column]."""

    stack: Image
    masked: Flags
    """Where frames are unusable."""
    saturated: Counts
    """Saturated pixels of each frame, in the inner rows."""
    constant: Flags
    """Which frames hold one value all over."""
    variance: Image
    """Without rows where it is not needed."""


@dataclass(frozen=True, eq=False)
class _Source:
    """The frames of a stack; the first was read as a whole, to see how large they are."""

    readers: Sequence[Reader]
    names: Sequence[str]
    first: Frame
    with_variance: bool

    def read(self, rows: Rows, inner: slice) -> _Band:
        """These rows of all frames; only the inner ones belong to the band itself."""
        columns = self.first.image.shape[1]
        shape = len(self.readers), rows[1] - rows[0], columns
        stack, masked = np.empty(shape, np.float32), np.empty(shape, np.bool_)
        variance = np.empty(shape if self.with_variance else (shape[0], 0, columns), np.float32)
        saturated, constant = np.empty(shape[0], np.int64), np.empty(shape[0], np.bool_)
        for i in range(len(self.readers)):
            frame = self._frame(i, rows)
            stack[i] = frame.image
            np.not_equal(frame.mask & UNUSABLE, 0, out=masked[i])
            saturated[i] = np.count_nonzero((frame.mask[inner] & bit("SAT")) != 0)
            constant[i] = _is_constant(frame.image)
            if self.with_variance:
                variance[i] = frame.variance
        return _Band(stack, masked, saturated, constant, variance)

    def _frame(self, i: int, rows: Rows) -> Frame:
        height, columns = self.first.image.shape
        everything = rows == (0, height)
        frame = self.first if everything and i == 0 else self.readers[i](None if everything else rows)
        expected = rows[1] - rows[0], columns
        if frame.image.shape != expected:
            found, first = frame.image.shape, self.names[0]
            raise CombineError(
                f"frames differ in size: {self.names[i]} has {found} (rows, columns) where {first} has {expected}. "
                "Combine only frames of one window of the sensor"
            )
        return frame


def _is_constant(image: Image) -> bool:
    value = image[0, 0]
    return bool((image[0] == value).all() and (image == value).all())  # its first row tells of nearly all


def _widened(rows: Rows, by: int, height: int) -> Rows:
    return max(rows[0] - by, 0), min(rows[1] + by, height)


def _store(band: Combined, rows: slice, image: Image, variance: Image, mask: Mask) -> None:
    image[rows], variance[rows] = band.mean, band.variance
    mask[rows][band.count == 0] |= bit("NO_DATA")
