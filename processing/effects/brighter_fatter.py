"""Brighter-fatter: charge that a pixel has collected pushes what comes after it into its neighbours.

Coulton et al. 2018 (eq 18 and 22): with the kernel K in 1/electron and the true image F in electrons, what is seen is

    seen = F - 1/2 div( F grad( K (*) F ) ),     (*) the convolution

and F is found by iterating  F <- seen + 1/2 div( F grad( K (*) F ) ).  The divergence is taken as what flows over
the edges between pixels, each edge with the mean of its two pixels: what leaves one enters the other, nothing
leaves the image, and the sum is kept (the idea of ip_isr's COULTON18_FLUX_CONSERVING). K is negative at its centre.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from processing.effects.convolution import convolved
from processing.table_file import AmplifierTable, Column, Numbers, TableError

Image = NDArray[np.float32]
Flags = NDArray[np.bool_]
Edges = tuple[Flags, Flags]
"""Edges between rows, (rows - 1, columns), and between columns, (rows, columns - 1)."""
Region = tuple[slice, slice]
"""Rows and columns of an amplifier in the assembled image."""


@dataclass(frozen=True, eq=False)
class BrighterFatterKernel(AmplifierTable):
    """A kernel per amplifier, of odd size, rows and columns as in the assembled image; all NaN: not known.

    One kernel for the detector is the same in each row.
    """

    kernels: Annotated[Numbers, Column("kernel, its origin in the middle", "1 / electron", axes=3, unknown=True)]

    def __post_init__(self) -> None:
        """Refuse kernels without a middle, and those that are known in part."""
        super().__post_init__()
        if 0 in np.mod(self.kernels.shape[1:], 2):
            raise TableError(
                f"BrighterFatterKernel: {self.kernels.shape[1:]} pixels have no middle; expected odd sizes"
            )
        unknown = np.isnan(self.kernels)
        if partly := [n for n, u in zip(self.amplifiers, unknown, strict=True) if u.any() and not u.all()]:
            raise TableError(f"BrighterFatterKernel: NaN in parts of {', '.join(partly)}; expected all or none")


@dataclass(frozen=True, eq=False)
class Unbent:
    """The corrected image in electrons; after `iterations` no pixel but those of `doubtful` changed beyond the limit.

    `doubtful` are also pixels next to one that is not finite, and amplifiers without a kernel.
    """

    image: Image
    doubtful: Flags
    iterations: int
    last_change_e: float
    converged: bool


def spread(image: Image, kernels: Sequence[tuple[Region, Numbers]]) -> Image:
    """What a sensor with these kernels shows of a true image, in electrons."""
    seen: Image = image - _returned(image, kernels)
    return seen


def correct(
    image: Image,
    kernels: Sequence[tuple[Region, Numbers]],
    *,
    max_iterations: int = 10,
    limit_e: float = 0.1,
) -> Unbent:
    """Bring charge back to where it would have been collected; `image` is assembled, in electrons.

    `kernels` are those of the amplifiers by their windows, without those that are not known. Iterations end when no
    pixel changes by more than `limit_e`. Pixels that are not finite stay so: for their neighbours they count as the
    median of the image, and nothing flows between.
    """
    unknown = ~np.isfinite(image)
    if unknown.all():
        return Unbent(image.copy(), unknown, 0, 0.0, converged=True)
    seen = np.where(unknown, np.median(image[~unknown]), image).astype(np.float32)
    closed = _edges(unknown)
    current, change, iterations = seen, np.full_like(seen, np.inf), 0
    with np.errstate(over="ignore", invalid="ignore"):  # what diverges is told by not having converged
        while iterations < max_iterations and change.max() > limit_e:
            following = seen + _returned(current, kernels, closed)
            change, current = np.abs(following - current), following
            iterations += 1
    largest = float(change.max())
    doubtful = ~(change <= limit_e) | _beside(unknown) | _uncovered(image.shape, kernels)
    result = np.where(unknown, image, current)
    return Unbent(result, doubtful, iterations, largest, converged=largest <= limit_e)


def by_region(kernel: BrighterFatterKernel, windows: Mapping[str, Region]) -> list[tuple[Region, Numbers]]:
    """The kernels of the amplifiers in these windows: one of the whole image if all are alike, none that is unknown."""
    found = kernel.kernels[kernel.rows_of(list(windows))]
    if np.isfinite(found).all() and (found == found[0]).all():
        return [(_around(windows.values()), found[0])]
    return [(window, each) for window, each in zip(windows.values(), found, strict=True) if np.isfinite(each).all()]


def _around(windows: Iterable[Region]) -> Region:
    rows, columns = zip(*windows, strict=True)
    return slice(0, max(each.stop for each in rows)), slice(0, max(each.stop for each in columns))


def _returned(image: Image, kernels: Sequence[tuple[Region, Numbers]], closed: Edges | None = None) -> Image:
    """1/2 div(F grad(K (*) F)): what each pixel gets back; nothing flows over `closed` edges."""
    result = np.zeros_like(image)
    for axis, steps in enumerate(_gradient(image, kernels)):
        low, high = _neighbours(image, axis)
        flow = np.float32(0.25) * (low + high) * steps
        if closed is not None:
            flow[closed[axis]] = 0
        gains, loses = _neighbours(result, axis)
        gains += flow
        loses -= flow
    return result


def _gradient(image: Image, kernels: Sequence[tuple[Region, Numbers]]) -> tuple[Image, Image]:
    """The steps of K (*) F from row to row and from column to column.

    Between amplifiers with kernels of their own a step is the mean of both, so that each kernel sees even light as
    even. Beyond its border the image is mirrored, for the same reason.
    """
    rows, columns = image.shape
    steps = np.zeros((rows - 1, columns), np.float32), np.zeros((rows, columns - 1), np.float32)
    for window, kernel in kernels:
        grown = _grown(window[0], rows), _grown(window[1], columns)
        potential = convolved(image, kernel, grown)
        for axis in (0, 1):
            inside = [_within(window[0], grown[0]), _within(window[1], grown[1])]
            inside[axis] = slice(None)
            difference = np.diff(potential[tuple(inside)], axis=axis)
            target = [window[0], window[1]]
            target[axis] = slice(grown[axis].start, grown[axis].stop - 1)
            steps[axis][tuple(target)] += difference * _weights(window[axis], grown[axis], axis)
    return steps


def _grown(part: slice, size: int) -> slice:
    return slice(max(part.start - 1, 0), min(part.stop + 1, size))


def _within(part: slice, grown: slice) -> slice:
    return slice(part.start - grown.start, part.stop - grown.start)


def _weights(part: slice, grown: slice, axis: int) -> Image:
    """1 for steps inside an amplifier, a half for those that it shares with the next."""
    weights = np.ones(grown.stop - grown.start - 1, np.float32)
    weights[: part.start - grown.start] = 0.5
    weights[weights.size - (grown.stop - part.stop) :] = 0.5
    return np.expand_dims(weights, 1 - axis)


def _neighbours(array: NDArray[Any], axis: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Views of the pixels before and after each edge along an axis."""
    return (array[:-1], array[1:]) if axis == 0 else (array[:, :-1], array[:, 1:])


def _edges(unknown: Flags) -> Edges:
    before, after = zip(*(_neighbours(unknown, axis) for axis in (0, 1)), strict=True)
    return before[0] | after[0], before[1] | after[1]


def _beside(unknown: Flags) -> Flags:
    """Pixels that share an edge with one that is not known."""
    beside = np.zeros_like(unknown)
    for axis in (0, 1):
        (before, after), (left, right) = _neighbours(unknown, axis), _neighbours(beside, axis)
        left |= after
        right |= before
    return beside


def _uncovered(shape: tuple[int, ...], kernels: Sequence[tuple[Region, Numbers]]) -> Flags:
    uncovered = np.ones(shape, np.bool_)
    for window, _ in kernels:
        uncovered[window] = False
    return uncovered
