"""The table of one day: its columns, their types, and the order of its rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...holdings import Columns

TYPES: dict[str, type] = {
    "test": np.str_,
    "detector": np.int64,
    "amplifier": np.str_,
    "exposure": np.int64,
    "time": np.int64,
    "value": np.float64,
    "calibration": np.str_,
}
"""As `daily.metrics` has them; times are TAI, a value that was not measured is NaN."""


def sorted_by_key(metrics: Columns) -> dict[str, NDArray[Any]]:
    """Return a table with its rows in the order of test, detector, amplifier and exposure."""
    columns: dict[str, NDArray[Any]] = {name: np.asarray(metrics[name], dtype=kind) for name, kind in TYPES.items()}
    order = np.lexsort([columns[name] for name in ("exposure", "amplifier", "detector", "test")])
    return {name: column[order] for name, column in columns.items()}
