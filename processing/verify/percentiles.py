"""How the values of a calibration are distributed over an amplifier."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from processing.verify.part import Row

LEVELS = (0.0, 5.0, 16.0, 50.0, 84.0, 95.0, 100.0)
"""Percent, as cp_pipe states them in the headers of its products."""


def percentiles(product: str, values: NDArray[Any]) -> Row:
    """`<PRODUCT>_DIST_50.0_PCT` and the like, of the finite values."""
    known = values[np.isfinite(values)]
    found = np.percentile(known, LEVELS) if known.size else np.full(len(LEVELS), np.nan)
    return {f"{product}_DIST_{level}_PCT": float(value) for level, value in zip(LEVELS, found, strict=True)}
