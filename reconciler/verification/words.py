"""Verdicts in words: what fails, where, and by how much."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .verdict import Places, TestVerdict, Verdict

SHOWN = 4
"""So many detectors are named, worst first; the report has them all."""


def complaints(verdict: Verdict) -> Iterator[str]:
    """Yield a sentence for each test that neither passed nor is accepted."""
    if not verdict.tests:
        yield f"{verdict.subject}: there is no test of it"
    for one in verdict.tests:
        if one.outcome in ("failed", "not tested"):
            yield f"{verdict.subject}: {_complaint(one)}"


def _complaint(one: TestVerdict) -> str:
    places, count = one.places, len(one.exposures)
    if one.outcome == "not tested":
        lacking = _at(places, places.untested > 0)
        return f"{one.test.name} was not tested with this calibration{lacking and ': '}{lacking}"
    where = failing(places)
    worst = stands_out(places, where)
    exposures = f"{len(one.failing)} of {count} exposures" if any(one.exposures) else "the calibration itself"
    return f"{one.test.name} fails in {exposures}: {_at(places, where)} (worst {worst:.4g}, must be {bound_of(one)})"


def failing(places: Places) -> NDArray[np.bool_]:
    """Return where a test fails and nobody accepts it."""
    return (places.failed > 0) & ~places.accepted


def bound_of(one: TestVerdict) -> str:
    """Return what the values of a test must keep to."""
    return str(one.thresholds[-1].bound)


def stands_out(places: Places, where: NDArray[np.bool_]) -> float:
    """Return the value that stands out most among the failing ones."""
    values = places.worst[where]
    return float(values[np.argmax(np.abs(values))]) if len(values) else float("nan")


def _at(places: Places, where: NDArray[np.bool_]) -> str:
    """Return the places by detector: `detector 4 C10, C11; detector 7 C00`."""
    amplifiers: defaultdict[int, list[str]] = defaultdict(list)
    for detector, amplifier in zip(places.detector[where].tolist(), places.amplifier[where].tolist(), strict=True):
        amplifiers[detector].append(amplifier)
    worst_first = sorted(amplifiers, key=lambda detector: (-len(amplifiers[detector]), detector))
    named = "; ".join(_named(detector, amplifiers[detector]) for detector in worst_first[:SHOWN])
    more = f" and {len(worst_first) - SHOWN} more detectors" if len(worst_first) > SHOWN else ""
    return named + more


def _named(detector: int, amplifiers: list[str]) -> str:
    if detector < 0:
        return "the focal plane as a whole"
    listed = [name for name in amplifiers if name]
    return f"detector {detector}" + (f" {', '.join(listed)}" if listed else "")
