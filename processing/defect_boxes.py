"""Defects as boxes of pixels, each with its reason and where it was seen, and as an image of flags.

The two forms hold the same: `boxes_of` covers the flagged pixels exactly once, and `Defects.flags` paints them
again. x counts columns and y rows of the assembled image, from 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import STRICT, IntFlag

import numpy as np
from numpy.typing import NDArray

from processing.errors import ProcessingError

Flags = NDArray[np.uint16]
"""Per pixel: its reasons in the low byte, their origins in the high byte; 0 is a good pixel."""

_ORIGIN_SHIFT = 8


class DefectError(ProcessingError):
    """Defects that cannot be found, read, or do not belong to the image."""


class Reason(IntFlag, boundary=STRICT):
    """Why a pixel is unusable."""

    HOT = 1
    COLD = 2
    COLUMN = 4
    """Part of a column with too many bad pixels."""
    SATURATED = 8
    NO_DATA = 16
    """Nothing was measured: masked in every frame, not a number, or in an amplifier that says nothing."""
    EDGE = 32
    LISTED = 64
    """Named by a person."""


class Origin(IntFlag, boundary=STRICT):
    """Where a defect was seen."""

    BIAS = 1
    DARK = 2
    FLAT = 4
    MANUAL = 8
    GEOMETRY = 16


@dataclass(frozen=True)
class Box:
    """Pixels [x0, x0 + width) by [y0, y0 + height)."""

    x0: int
    y0: int
    width: int
    height: int
    reason: Reason
    origin: Origin

    def __post_init__(self) -> None:
        """Refuse a box of no pixels, off the image, or without a reason."""
        if min(self.width, self.height) < 1 or min(self.x0, self.y0) < 0:
            raise DefectError(f"a box at x {self.x0}, y {self.y0} of {self.width} by {self.height} pixels is none")
        if not (self.reason and self.origin):
            raise DefectError(f"the box at x {self.x0}, y {self.y0} has no reason or no origin")


@dataclass(frozen=True)
class Defects:
    """The defects of one detector whose assembled image has `shape` (rows, columns), and where they come from."""

    boxes: tuple[Box, ...]
    shape: tuple[int, int]
    header: Mapping[str, str | int | float | bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a box that leaves the image."""
        rows, columns = self.shape
        for box in self.boxes:
            if box.x0 + box.width > columns or box.y0 + box.height > rows:
                raise DefectError(f"{box} leaves the image of {self.shape} (rows, columns)")

    @property
    def flags(self) -> Flags:
        """The boxes painted; where they overlap, reasons and origins add up."""
        image = np.zeros(self.shape, np.uint16)
        for box in self.boxes:
            image[box.y0 : box.y0 + box.height, box.x0 : box.x0 + box.width] |= flag(box.reason, box.origin)
        return image

    @property
    def bad(self) -> NDArray[np.bool_]:
        """Where pixels are unusable."""
        return np.not_equal(self.flags, 0)


def flag(reason: Reason, origin: Origin) -> np.uint16:
    """The value of a pixel with this reason and origin."""
    return np.uint16(int(reason) | int(origin) << _ORIGIN_SHIFT)


def reasons_of(flags: Flags) -> NDArray[np.uint8]:
    """The reasons of each pixel, without origins."""
    return (flags & np.uint16((1 << _ORIGIN_SHIFT) - 1)).astype(np.uint8)


def origins_of(flags: Flags) -> NDArray[np.uint8]:
    """The origins of each pixel, without reasons."""
    return (flags >> _ORIGIN_SHIFT).astype(np.uint8)


def boxes_of(flags: Flags) -> tuple[Box, ...]:
    """Boxes that cover each flagged pixel once: runs along columns, joined where neighbours are alike."""
    x, begin, end, value = _runs(flags)
    order = np.lexsort((x, value, end, begin))
    x, begin, end, value = x[order], begin[order], end[order], value[order]
    alike = (np.diff(x) == 1) & (np.diff(begin) == 0) & (np.diff(end) == 0) & (np.diff(value) == 0)
    first = np.flatnonzero(np.concatenate([[True], ~alike])[: x.size])
    widths = np.diff(np.append(first, x.size))
    found = zip(*(each[first].tolist() for each in (x, begin, end, value)), widths.tolist(), strict=True)
    return tuple(_box(x0, y0, width, y1 - y0, code) for x0, y0, y1, code, width in found)


def _box(x0: int, y0: int, width: int, height: int, code: int) -> Box:
    reason, origin = code & ((1 << _ORIGIN_SHIFT) - 1), code >> _ORIGIN_SHIFT
    return Box(x0, y0, width, height, Reason(reason), Origin(origin))


def _runs(flags: Flags) -> tuple[NDArray[np.int64], ...]:
    """Column, first row, row past the last, and value of each run of like flagged pixels along a column."""
    padded = np.pad(flags.T.astype(np.int32), ((0, 0), (1, 1)))
    x, y = np.nonzero(np.diff(padded, axis=1))
    value = padded[x, y + 1]
    starts = np.flatnonzero(value)  # each run ends where the next change of its column is: a column ends on 0
    return x[starts], y[starts], y[starts + 1], value[starts].astype(np.int64)
