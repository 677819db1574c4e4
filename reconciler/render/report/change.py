"""Better or worse than the calibration now in use, and by how much.

Median stands against median, in the same test with the same bound. How good a value is, is how far it stays inside of
the bound; how much a difference matters, is told in parts of the bound: of what is allowed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from ...verification.bound import Bound
from ...verification.criteria import Threshold
from ...verification.verdict import TestVerdict
from .words import number

Direction: TypeAlias = Literal["better", "worse", "the same", "not known"]
SAME = 0.01
"""Parts of the bound that nobody calls a difference."""


@dataclass(frozen=True, slots=True)
class Change:
    """One test of the new calibration against the same test of the one in use."""

    direction: Direction
    by: float = np.nan
    """How much farther inside of the bound, in the unit of the test; negative if worse."""
    part: float = np.nan
    """The same as part of the bound; NaN for a bound of zero."""

    def __str__(self) -> str:
        if self.direction in ("not known", "the same"):
            return self.direction
        of_bound = "" if np.isnan(self.part) else f" ({abs(self.part):.0%} of the bound)"
        return f"{self.direction} by {number(abs(self.by))}{of_bound}"


def change(ours: float, theirs: float, bound: Bound) -> Change:
    """Return what becomes of a median; `not known` if either is NaN."""
    inside = -bound.excess(np.array([ours, theirs]))
    by = float(inside[0] - inside[1])
    if np.isnan(by):
        return Change("not known")
    part = by / size if (size := _size(bound)) else np.nan
    if by == 0 or abs(part) < SAME:
        return Change("the same", by, part)
    return Change("better" if by > 0 else "worse", by, part)


def general(thresholds: Sequence[Threshold]) -> Bound:
    """Return the bound that holds where nothing more is said of a detector."""
    return next(one.bound for one in reversed(thresholds) if one.detectors is None)


def against(ours: TestVerdict, theirs: TestVerdict | None) -> Change:
    """Return how a test changed; `not known` if the calibration in use was not put to it."""
    if theirs is None:
        return Change("not known")
    return change(median(ours), median(theirs), general(ours.thresholds))


def median(verdict: TestVerdict) -> float:
    """Return the median over the places of what is typical there; NaN if nothing was tested."""
    typical = verdict.places.typical[~np.isnan(verdict.places.typical)]
    return float(np.median(typical)) if len(typical) else np.nan


def _size(bound: Bound) -> float:
    """Return what a part of the bound is a part of: half its width, or its distance from zero if one end is open."""
    if bound.at_least is not None and bound.at_most is not None:
        return (bound.at_most - bound.at_least) / 2
    return abs(bound.at_least if bound.at_least is not None else bound.at_most or 0.0)
