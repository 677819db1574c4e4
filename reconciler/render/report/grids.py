"""The values of a test by detector: amplifiers against exposures, for the pages that show every number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .judged import Judged, Numbers


@dataclass(frozen=True, eq=False, slots=True)
class Grid:
    """One detector: `value` and `failed` are exposures × amplifiers. Judged as a whole, it has one without a name."""

    amplifiers: tuple[str, ...]
    exposures: tuple[int, ...]
    value: Numbers
    failed: NDArray[np.bool_]


def grids(test: Judged, order: tuple[int, ...]) -> dict[int, Grid]:
    """Return a grid for each detector; `order` is that of the exposures."""
    values = test.values
    turn = {exposure: at for at, exposure in enumerate(order)}
    row = np.array([turn[exposure] for exposure in values.exposure.tolist()], dtype=np.int64)
    by_detector = np.argsort(values.detector, kind="stable")
    numbers, first = np.unique(values.detector[by_detector], return_index=True)
    pieces = np.split(by_detector, first)[1:]
    return {int(n): _grid(test, order, row, piece) for n, piece in zip(numbers, pieces, strict=True) if n >= 0}


def _grid(test: Judged, order: tuple[int, ...], row: NDArray[np.int64], piece: NDArray[np.int64]) -> Grid:
    names, column = np.unique(test.values.amplifier[piece], return_inverse=True)
    value = np.full((len(order), len(names)), np.nan)
    failed = np.zeros(value.shape, dtype=np.bool_)
    value[row[piece], column] = test.values.value[piece]
    failed[row[piece], column] = test.beyond[piece] > 0
    return Grid(tuple(names.tolist()), order, value, failed)


def rows(grid: Grid) -> Iterator[tuple[int, list[tuple[float, bool]]]]:
    """Yield each exposure with value and failure by amplifier."""
    for exposure, values, failed in zip(grid.exposures, grid.value.tolist(), grid.failed.tolist(), strict=True):
        yield exposure, list(zip(values, failed, strict=True))
