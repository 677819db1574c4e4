"""One result table of a verification: columns of equal length, a row for each amplifier in each exposure.

The columns of cp_verify, and ours beside them:

    detector, amplifier          whose row it is
    exposure                     which exposure; absent in tables that judge a calibration by itself
    mjd                          middle of the exposure, TAI
    <STAGE>_<KEY>                what was measured, such as BIAS_NOISE
    <STAGE>_VERIFY_<TEST>        what cp_verify itself says of it; shown, never judged by
    CALIB_UUID_<dataset type>    the calibration that was applied to the exposure, as its header names it
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

USED = "CALIB_UUID_"
"""Prefix of the columns that tell which calibration a row tested; the dataset type follows."""


@dataclass(frozen=True, eq=False, slots=True)
class Results:
    """A table, and which rows tested what was to be tested.

    Attributes
    ----------
    columns
        Name -> one-dimensional array; all have the same length.
    tested
        For each row, whether the calibration that it tested is the one in question. A row of another calibration
        proves nothing of ours.
    """

    columns: Mapping[str, NDArray[np.generic]]
    tested: NDArray[np.bool_] = field(repr=False)

    def __len__(self) -> int:
        return len(self.tested)

    def column(self, name: str) -> NDArray[np.float64]:
        """Return a measured column; NaN throughout if the table has none of this name: nothing was measured."""
        if name not in self.columns:
            return np.full(len(self), np.nan)
        return np.asarray(self.columns[name], dtype=np.float64)

    @property
    def detector(self) -> NDArray[np.int64]:
        """Number of the detector, by row."""
        return np.asarray(self.columns["detector"], dtype=np.int64)

    @property
    def amplifier(self) -> NDArray[np.str_]:
        """Name of the amplifier, by row."""
        return np.asarray(self.columns["amplifier"], dtype=np.str_)

    @property
    def exposure(self) -> NDArray[np.int64]:
        """Number of the exposure, by row; 0 throughout if the calibration was judged by itself."""
        if "exposure" not in self.columns:
            return np.zeros(len(self), dtype=np.int64)
        return np.asarray(self.columns["exposure"], dtype=np.int64)


_EMPTY: Mapping[str, NDArray[np.generic]] = {
    "detector": np.zeros(0, dtype=np.int64),
    "amplifier": np.zeros(0, dtype=np.str_),
}


def joined(tables: Iterable[Mapping[str, NDArray[np.generic]]]) -> dict[str, NDArray[np.generic]]:
    """Return tables one below the other; a column that one of them lacks is left out."""
    listed = [table for table in tables if table]
    common = [name for name in (listed[0] if listed else ()) if all(name in table for table in listed)]
    return {name: np.concatenate([table[name] for table in listed]) for name in common}


def results(
    columns: Mapping[str, NDArray[np.generic]], dataset_type: str, sealed: Mapping[int, str] | None = None
) -> Results:
    """Return a table as the results of testing one calibration; raise `ValueError` for one that is no result table.

    `sealed` names the dataset of each detector that the set has made; with None every row counts. A row that does not
    say which calibration it tested has tested none.
    """
    rows = len(next(iter(columns.values()), ()))
    if not rows:
        return Results(_EMPTY, np.zeros(0, dtype=np.bool_))
    if missing := [name for name in ("detector", "amplifier") if name not in columns]:
        raise ValueError(f"the result table has no column {missing[0]}; it has {', '.join(sorted(columns))}")
    if sealed is None:
        return Results(columns, np.ones(rows, dtype=np.bool_))
    if f"{USED}{dataset_type}" not in columns:
        return Results(columns, np.zeros(rows, dtype=np.bool_))
    wanted = np.array([sealed.get(int(detector), "-") for detector in columns["detector"]], dtype=np.str_)
    used = np.asarray(columns[f"{USED}{dataset_type}"], dtype=np.str_)
    return Results(columns, wanted == used)
