"""What a day measured, as one table, and how it is judged: the same way on its own day and years later.

A row is one value of one test; whatever is judged by thresholds is in it, so a new threshold needs no new run.

    test           name of the test
    detector       -1 where an exposure is judged as a whole
    amplifier      empty where a detector is judged as a whole
    exposure, time its number, and when it began in TAI nanoseconds
    value          NaN where nothing was measured
    calibration    UUID of the calibration that was applied; empty where that is not said, or where there are several
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from ..holdings import Columns
from ..verification.criteria import Criteria
from ..verification.measures import Measures
from ..verification.results import USED, Results, joined, results
from ..verification.test import Test
from ..verification.tests import of
from ..verification.verdict import Judge, Verdict


def metrics(tables: Iterable[Columns], product: str, dataset_type: str, times: Mapping[int, int]) -> Columns:
    """Return what result tables measured; `times` tells when each exposure began, of which there is one at least.

    Every row counts, whichever calibration it tested. Raises `ValueError` for what is no result table.
    """
    found = results(joined(tables), dataset_type, None)
    used, times = _used(found, dataset_type), {0: min(times.values()), **times}
    return joined([_rows(test, test.measure(found), times, used) for test in of(product)])


def verdict(table: Columns, subject: str, product: str, leaf: str, criteria: Criteria) -> Verdict:
    """Judge the table of a day."""
    judge = Judge(criteria.rule, criteria.thresholds, criteria.acceptances, criteria.omitted)
    return judge.judged(subject, leaf, of(product), lambda test: _measures(table, test.name))


def begin(table: Columns) -> int | None:
    """Return when the first exposure of a table began; None if it has none."""
    return int(table["time"].min()) if len(table.get("time", ())) else None


def _rows(test: Test, measured: Measures, times: Mapping[int, int], used: Mapping[tuple[int, int], str]) -> Columns:
    exposures, detectors = measured.exposure.tolist(), measured.detector.tolist()
    return {
        "test": np.full(len(exposures), test.name),
        "detector": measured.detector,
        "amplifier": np.asarray(measured.amplifier, dtype=np.str_),
        "exposure": measured.exposure,
        "time": np.array([times[exposure] for exposure in exposures], dtype=np.int64),
        "value": np.asarray(measured.value, dtype=np.float64),
        "calibration": _texts(used.get(key, "") for key in zip(exposures, detectors, strict=True)),
    }


def _used(found: Results, dataset_type: str) -> dict[tuple[int, int], str]:
    """Return which calibration each exposure and detector was corrected with."""
    column = found.columns.get(f"{USED}{dataset_type}")
    if column is None:
        return {}
    keys = zip(found.exposure.tolist(), found.detector.tolist(), strict=True)
    return dict(zip(keys, (str(name) for name in column.tolist()), strict=True))


def _measures(table: Columns, test: str) -> Measures:
    rows = np.asarray(table["test"]) == test if "test" in table else np.zeros(0, dtype=np.bool_)
    columns = {name: np.asarray(table.get(name, ()))[rows] for name in ("detector", "amplifier", "exposure", "value")}
    return Measures(
        columns["detector"].astype(np.int64),
        columns["amplifier"].astype(np.str_),
        columns["exposure"].astype(np.int64),
        columns["value"].astype(np.float64),
    )


def _texts(found: Iterable[str]) -> NDArray[np.str_]:
    return np.array(list(found), dtype=np.str_)
