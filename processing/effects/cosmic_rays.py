"""Cosmic rays in a stack of like frames: what one frame shows and the others do not.

A pixel of a frame is struck if it stands above the median of the frames by more than `threshold` times the noise
that is expected of it. Charge at the edges of a track is less than that, so the neighbours of struck pixels are taken
at a lower threshold. A hot pixel is high in all frames, so the median is high, and it is none. Only charge in excess
counts: a ray never takes any away.

The expected variance is that of the frame itself plus (`relative_scatter` x median)^2, because the dark current of
all pixels moves by some percent with the temperature of a frame, by more than the photon noise of hot ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]

FEWEST_FRAMES = 3
"""Of two frames that differ, nothing tells which one was struck."""

_compiled = njit(cache=True, nogil=True, error_model="numpy")


@dataclass(frozen=True)
class RayCriteria:
    """When charge is that of a cosmic ray. Thresholds are in standard deviations of the expected noise."""

    threshold: float = 6.0
    """Of a pixel by itself; at 6 one pixel in 10^9 of pure Gaussian noise is lost."""
    neighbour_threshold: float = 2.5
    """Of a neighbour, corners included, of a pixel that was struck."""
    grow: int = 2
    """Steps from neighbour to neighbour; also the rows around a band that a result depends on."""
    relative_scatter: float = 0.05
    """Scatter of a pixel's dark current from frame to frame."""

    def __post_init__(self) -> None:
        """Refuse thresholds that would take noise for rays, or the reverse."""
        if not 0 < self.neighbour_threshold <= self.threshold:
            raise ValueError(
                f"neighbour_threshold is {self.neighbour_threshold} and threshold {self.threshold}: expected "
                "0 < neighbour_threshold <= threshold"
            )
        if self.grow < 0 or not self.relative_scatter >= 0:
            raise ValueError(f"grow is {self.grow} and relative_scatter {self.relative_scatter}: neither is negative")


def find_rays(
    stack: Floats, variance: Floats, masked: Flags, scales: NDArray[np.float64], criteria: RayCriteria
) -> Flags:
    """Where frames were struck: [frame, row, column], True for pixels of cosmic rays.

    `stack` and `variance` (its square) are compared after division by each frame's scale (dark time). Masked values
    and such that are not finite neither count nor are found. Pixels with fewer than `FEWEST_FRAMES` usable values
    are never taken for struck.
    """
    if not stack.shape == variance.shape == masked.shape:
        raise ValueError(f"stack, variance and mask differ in shape: {stack.shape}, {variance.shape}, {masked.shape}")
    divisors = np.asarray(scales, np.float64)
    if divisors.shape != (len(stack),) or not (np.isfinite(divisors) & (divisors > 0)).all():
        raise ValueError(f"scales are {scales}: expected a positive number for each of {len(stack)} frames")
    frames = np.ascontiguousarray(stack), np.ascontiguousarray(variance), np.ascontiguousarray(masked), 1 / divisors
    struck = np.zeros(stack.shape, np.bool_)
    for row in range(stack.shape[1]):
        _find_in_row(frames, row, criteria.threshold, criteria.relative_scatter, struck[:, row])
    for frame in range(len(stack)):
        _grow(frames, frame, criteria.grow, criteria.neighbour_threshold, criteria.relative_scatter, struck[frame])
    return struck


_Frames = tuple[Floats, Floats, Flags, Doubles]
"""Values, variances and masks, [frame, row, column] each, and the factor of each frame."""


@_compiled
def _find_in_row(frames: _Frames, row: int, threshold: float, scatter: float, struck: Flags) -> None:
    """The pixels [frame, column] of a row that were struck by themselves.

    Only a value that is so high above the lowest one of its pixel can be so high above the median: hardly any is.
    """
    stack, variance, _, factors = frames
    n, columns = stack.shape[0], stack.shape[2]
    lowest, column = np.full(columns, np.inf), np.empty(n)
    for j in range(n):
        for p in range(columns):
            if _counts(frames, j, row, p):
                lowest[p] = min(lowest[p], stack[j, row, p] * factors[j])
    for j in range(n):
        limit = (threshold * factors[j]) ** 2
        for p in range(columns):
            above = stack[j, row, p] * factors[j] - lowest[p]
            if above > 0 and above * above > limit * variance[j, row, p]:
                struck[j, p] = _stands_out(frames, j, row, p, threshold, scatter, column)


@_compiled
def _stands_out(frames: _Frames, j: int, row: int, p: int, threshold: float, scatter: float, column: Doubles) -> bool:
    """Whether a value stands so high above the median of its pixel; `column` is room to work in."""
    if not _counts(frames, j, row, p):
        return False
    usable = _sort_pixel(frames, row, p, column)
    if usable < FEWEST_FRAMES:
        return False
    median = 0.5 * (column[(usable - 1) // 2] + column[usable // 2])
    factor = frames[3][j]
    excess = frames[0][j, row, p] * factor - median
    noise = frames[1][j, row, p] * factor**2 + (scatter * median) ** 2
    return bool(excess > 0 and excess**2 > threshold**2 * noise)


@_compiled
def _counts(frames: _Frames, j: int, row: int, p: int) -> bool:
    value, variance = frames[0][j, row, p], frames[1][j, row, p]
    return bool(not frames[2][j, row, p] and np.isfinite(value) and np.isfinite(variance) and variance > 0)


@_compiled
def _sort_pixel(frames: _Frames, row: int, p: int, column: Doubles) -> int:
    """Put the scaled values of a pixel that count into `column`, upwards; how many they are."""
    n = 0
    for j in range(len(column)):
        if not _counts(frames, j, row, p):
            continue
        value, place = frames[0][j, row, p] * frames[3][j], n
        while place and column[place - 1] > value:
            column[place] = column[place - 1]
            place -= 1
        column[place] = value
        n += 1
    return n


@_compiled
def _grow(frames: _Frames, j: int, steps: int, threshold: float, scatter: float, struck: Flags) -> None:
    """The neighbours of struck pixels of one frame that stand above `threshold` become struck, so many steps far."""
    rows, columns = struck.shape
    column = np.empty(len(frames[0]))
    edge = [(r, c) for r in range(rows) for c in range(columns) if struck[r, c]]
    for _ in range(steps):
        reached = [(0, 0) for _ in range(0)]
        for r, c in edge:
            for y in range(max(r - 1, 0), min(r + 2, rows)):
                for x in range(max(c - 1, 0), min(c + 2, columns)):
                    if not struck[y, x] and _stands_out(frames, j, y, x, threshold, scatter, column):
                        struck[y, x] = True
                        reached.append((y, x))
        edge = reached
