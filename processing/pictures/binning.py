"""Images reduced to cells of n by n pixels, pixels that are no measurement left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from processing.frame import UNUSABLE, Frame

Image = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Binned:
    """Means of the good pixels of cells of `binning` by `binning` pixels, NaN where none is good.

    `good` counts them. The last cells of a row or column are narrower where the size is no multiple.
    """

    image: Image
    good: NDArray[np.int32]
    pixels: int
    binning: int
    unit: str

    @property
    def masked(self) -> int:
        """Pixels that are not good."""
        return self.pixels - int(self.good.sum())

    def by(self, n: int) -> Binned:
        """Cells of n by n of these cells, each weighing by its good pixels."""
        known = np.where(self.good > 0, self.image, 0) * self.good
        image, good = _mean(cells(known, n, np.add), cells(self.good, n, np.add))
        return Binned(image, good, self.pixels, self.binning * n, self.unit)


def binned(frame: Frame, binning: int) -> Binned:
    """The cells of a frame, in its unit."""
    good = np.isfinite(frame.image) & ((frame.mask & UNUSABLE) == 0)
    total = cells(np.where(good, frame.image, np.float32(0)), binning, np.add)
    image, count = _mean(total, cells(good.astype(np.int32), binning, np.add))
    return Binned(image, count, frame.image.size, binning, frame.unit)


def cells(image: NDArray[Any], n: int, join: np.ufunc) -> NDArray[Any]:
    """Cells of n by n pixels, each joined by `join` (np.add, np.maximum, np.logical_or)."""
    rows, columns = (np.arange(0, size, n) for size in image.shape)
    joined: NDArray[Any] = join.reduceat(join.reduceat(image, rows, axis=0), columns, axis=1)
    return joined


def _mean(total: NDArray[Any], count: NDArray[Any]) -> tuple[Image, NDArray[np.int32]]:
    mean = np.full(total.shape, np.nan, np.float32)
    np.divide(total, count, out=mean, where=count > 0, casting="same_kind")
    return mean, count.astype(np.int32)
