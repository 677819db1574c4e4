"""One test of one calibration, with every value that it judged: what pages, maps and plots draw from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...verification.bound import Bound
from ...verification.measures import Measures
from ...verification.results import Results
from ...verification.verdict import TestVerdict, excess
from .change import Change, against, general, median
from .value import Examined

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Judged:
    """One test.

    Attributes
    ----------
    values
        Place by place and exposure by exposure.
    beyond
        How far each value lies outside of its bound.
    theirs, there
        Verdict and values of the calibration in use; None if nothing is known of it.
    mjd
        Exposure -> middle of it, for those that have one.
    flagged
        How many rows cp_verify's own test of this name calls bad; None if the table does not say.
    """

    verdict: TestVerdict
    values: Measures
    beyond: Numbers
    theirs: TestVerdict | None
    there: Measures | None
    mjd: Mapping[int, float]
    flagged: int | None

    @property
    def name(self) -> str:
        """Name of the test."""
        return self.verdict.test.name

    @property
    def bound(self) -> Bound:
        """What holds where nothing more is said of a detector."""
        return general(self.verdict.thresholds)

    @property
    def median(self) -> float:
        """What is typical of the places."""
        return median(self.verdict)

    @property
    def median_in_use(self) -> float:
        """The same of the calibration in use; NaN if nothing is known of it."""
        return median(self.theirs) if self.theirs else np.nan

    @property
    def change(self) -> Change:
        """Better or worse than what is in use."""
        return against(self.verdict, self.theirs)

    def farthest(self, detector: NDArray[np.int64], value: Numbers) -> Numbers:
        """Return how far values of these detectors lie outside of their bounds."""
        exposure, amplifier = np.zeros_like(detector), np.full(len(detector), "", dtype=np.str_)
        return excess(Measures(detector, amplifier, exposure, value), self.verdict.thresholds)


def judged(one: Examined) -> tuple[Judged, ...]:
    """Return the tests of a calibration, in their order."""
    in_use = {test.test.name: test for test in one.in_use.verdict.tests} if one.in_use else {}
    return tuple(_judged(one, test, in_use.get(test.test.name)) for test in one.verdict.tests)


def _judged(one: Examined, verdict: TestVerdict, theirs: TestVerdict | None) -> Judged:
    values = verdict.test.measure(one.results)
    there = verdict.test.measure(one.in_use.results) if one.in_use and theirs else None
    mjd = {**(_mjd(one.in_use.results) if one.in_use else {}), **_mjd(one.results)}
    return Judged(
        verdict,
        values,
        excess(values, verdict.thresholds),
        theirs,
        there,
        mjd,
        _flagged(one.results, verdict.test.name),
    )


def _mjd(results: Results) -> dict[int, float]:
    if "mjd" not in results.columns:
        return {}
    exposure, first = np.unique(results.exposure, return_index=True)
    when = results.column("mjd")[first]
    return {int(e): float(mjd) for e, mjd in zip(exposure, when, strict=True) if np.isfinite(mjd)}


def _flagged(results: Results, test: str) -> int | None:
    """Return how many rows cp_verify's own flag calls bad; its columns are `<STAGE>_VERIFY_<TEST>`."""
    flags = [column for name, column in results.columns.items() if name.endswith(f"_VERIFY_{test}")]
    return sum(int(np.count_nonzero(~np.asarray(flag, dtype=np.bool_))) for flag in flags) if flags else None
