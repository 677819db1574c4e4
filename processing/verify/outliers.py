"""Pixels that chance does not explain, and how many of them the defects cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from processing.frame import Image
from processing.verify.moments import Moments


@dataclass(frozen=True)
class Outliers:
    """Numbers of pixels: `improbable` among all that were measured, `unexplained` those that no defect covers.

    NaN if it is not known what chance would explain.
    """

    improbable: float
    unexplained: float


def outliers(image: Image, covered: NDArray[np.bool_], about: Moments) -> Outliers:
    """Count the pixels that one in as many Gaussian ones would be, about the moments of those not covered."""
    if not about.noise > 0:
        return Outliers(np.nan, np.nan)
    improbable = np.isfinite(image) & (np.abs(image - about.mean) > about.noise * _limit(image.size))
    return Outliers(float(np.count_nonzero(improbable)), float(np.count_nonzero(improbable & ~covered)))


def _limit(pixels: int) -> float:
    """Standard deviations that one of so many pixels exceeds, to either side."""
    from scipy.stats import norm

    return float(norm.isf(0.5 / pixels))
