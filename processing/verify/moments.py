"""Clipped mean and noise of pixels, as cp_verify clips them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from processing.statistics import clipped_mean

SIGMA, ITERATIONS = 5.0, 3


@dataclass(frozen=True)
class Moments:
    """Mean and standard deviation of what the clip has left, and how many pixels it has rejected."""

    mean: float
    noise: float
    rejected: float


def moments(values: NDArray[Any]) -> Moments:
    """The moments of finite values; NaN of fewer than two. Values that are all alike have no noise that is known."""
    if np.count_nonzero(np.isfinite(values)) < 2:
        return Moments(np.nan, np.nan, np.nan)
    found = clipped_mean(values, sigma=SIGMA, iterations=ITERATIONS)
    if found.std == 0:
        return Moments(found.mean, np.nan, np.nan)
    return Moments(found.mean, found.std, float(found.rejected))
