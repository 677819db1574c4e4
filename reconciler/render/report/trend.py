"""A test against date: for every exposure its median over all places, how far they spread, and the bound."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from ...verification.bound import Bound
from . import axes
from .axes import BOTTOM, LEFT, RIGHT, TOP, Axis
from .judged import Judged
from .words import number

NEAR = 1.5
"""A bound is drawn if that makes the plot no more than this much taller."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One exposure of one test; NaN where nothing was measured."""

    exposure: int
    mjd: float
    median: float
    low: float
    high: float
    worst: float
    tested: int
    failed: int


def moments(test: Judged) -> tuple[Moment, ...]:
    """Return the exposures of a test in order of time; those without a date by their numbers, after them."""
    found = _moments(test.values.exposure, test.values.value, test.beyond, test.mjd)
    return tuple(sorted(found, key=lambda one: (np.isnan(one.mjd), one.mjd, one.exposure)))


def trend(test: Judged, constructed_from: Collection[int]) -> Markup:
    """Return the plot; empty unless there are two exposures with dates."""
    ours = [one for one in moments(test) if np.isfinite(one.mjd) and np.isfinite(one.median)]
    theirs = [one for one in _in_use(test) if np.isfinite(one.mjd) and np.isfinite(one.median)]
    if len(ours) < 2:
        return Markup("")
    dates = [one.mjd for one in (*ours, *theirs)]
    along = axes.axis(min(dates), max(dates), LEFT, RIGHT)
    low, high = min(one.low for one in (*ours, *theirs)), max(one.high for one in (*ours, *theirs))
    up = axes.axis(*axes.reach(low, high, test.bound, NEAR), BOTTOM, TOP)
    made = [one for one in ours if one.exposure in constructed_from]
    beside = [one for one in ours if one.exposure not in constructed_from]
    return axes.plot(
        f"{test.name} against date: {len(ours)} exposures, medians from {number(min(one.median for one in ours))} "
        f"to {number(max(one.median for one in ours))}; bound {test.bound}",
        axes.frame(axes.numbers(up, 4), axes.days(along), "date (TAI)"),
        f'<path class="spread" d="{"".join(_bar(one, along, up) for one in ours)}"/>',
        f'<path class="theirs" d="{_line(theirs, along, up)}"/>' if theirs else "",
        *_bounds(test.bound, up),
        *(f'<circle class="ours" cx="{along.at(one.mjd)}" cy="{up.at(one.median)}" r="3.5"/>' for one in made),
        *(f'<circle class="beside" cx="{along.at(one.mjd)}" cy="{up.at(one.median)}" r="3.5"/>' for one in beside),
    )


def _in_use(test: Judged) -> Iterable[Moment]:
    if test.there is None:
        return ()
    beyond = np.full(len(test.there.value), np.nan)
    found = _moments(test.there.exposure, test.there.value, beyond, test.mjd)
    return sorted(found, key=lambda one: one.mjd)


def _moments(
    exposure: NDArray[np.int64], value: NDArray[np.float64], beyond: NDArray[np.float64], mjd: Mapping[int, float]
) -> Iterator[Moment]:
    order = np.argsort(exposure, kind="stable")
    numbers, first = np.unique(exposure[order], return_index=True)
    for number_of, chosen in zip(numbers.tolist(), np.split(order, first)[1:], strict=True):
        measured = chosen[np.isfinite(value[chosen])]
        when = mjd.get(number_of, np.nan)
        if not len(measured):
            yield Moment(number_of, when, np.nan, np.nan, np.nan, np.nan, 0, 0)
            continue
        low, median, high = np.percentile(value[measured], (16, 50, 84)).tolist()
        worst = float(value[measured][np.argmax(np.nan_to_num(beyond[measured]))])
        failed = int(np.count_nonzero(beyond[measured] > 0))
        yield Moment(number_of, when, median, low, high, worst, len(measured), failed)


def _bar(one: Moment, along: Axis, up: Axis) -> str:
    return f"M{along.at(one.mjd)} {up.at(one.low)}V{up.at(one.high)}"


def _line(shown: Sequence[Moment], along: Axis, up: Axis) -> str:
    return "M" + "L".join(f"{along.at(one.mjd)} {up.at(one.median)}" for one in shown)


def _bounds(bound: Bound, up: Axis) -> Iterator[str]:
    for name, value in (("at least", bound.at_least), ("at most", bound.at_most)):
        if value is not None and up.low <= value <= up.high:
            y = up.at(value)
            yield f'<path class="bound" d="M{LEFT} {y}H{RIGHT}"/>'
            yield f'<text class="bound" x="{RIGHT}" y="{y - 4}" text-anchor="end">{name} {number(value)}</text>'
        elif value is not None:
            y = TOP - 3 if value > up.high else BOTTOM - 4
            arrow = "↑" if value > up.high else "↓"
            yield f'<text class="bound" x="{RIGHT}" y="{y}" text-anchor="end">{arrow} {name} {number(value)}</text>'
