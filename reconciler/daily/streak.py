"""Since when a product fails: the last run of failing days that reaches today, by what the days measured.

Days without data do not break it, since nothing is known of them; they are told. The observing day of a day begins at
12:00 UTC of its date.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from ..spec.ranges import Ranges, ranges
from ..validity import utc
from ..verification.verdict import Verdict, Word
from ..verification.words import failing

NO_DETECTORS = Ranges()


@dataclass(frozen=True, slots=True)
class Judged:
    """How one day of a series stands.

    Attributes
    ----------
    begin
        When its first exposure began, in TAI nanoseconds.
    detectors
        Those that fail somewhere; empty where exposures fail as a whole.
    """

    day: int
    outcome: Word
    begin: int
    detectors: Ranges = NO_DETECTORS


@dataclass(frozen=True, slots=True)
class Streak:
    """Failing days in a row.

    Attributes
    ----------
    begin
        The instant from which a replacement is needed, in TAI nanoseconds.
    days
        The failing days, in order.
    silent
        Days between the last good day, or the first failing one, and today of which nothing is known.
    kept
        The last day before that passed; None if the series has none.
    detectors
        Those that fail on any of the days; empty where exposures fail as a whole.
    """

    begin: int
    days: tuple[int, ...]
    silent: tuple[int, ...]
    kept: int | None
    detectors: Ranges


def judged(day: int, begin: int, verdict: Verdict) -> Judged:
    """Return how a day stands by its verdict."""
    failed = [one.places for one in verdict.tests if one.outcome == "failed"]
    detectors = {number for places in failed for number in places.detector[failing(places)].tolist()}
    return Judged(day, verdict.outcome, begin, ranges(detectors - {-1}))


def streak(newest_first: Iterable[Judged]) -> Streak | None:
    """Return the run of failing days that the first of these days ends; None if that does not fail.

    No more days are asked for than the last that passed.
    """
    row: list[Judged] = []
    kept: int | None = None
    for one in newest_first:
        if one.outcome == "failed":
            row.append(one)
        elif not row:
            return None
        elif one.outcome != "not tested":
            kept = one.day
            break
    if not row:
        return None
    first, last = row[-1], row[0]
    known = {one.day for one in row}
    between = _after(kept or first.day, last.day)
    detectors = ranges(number for one in row for number in one.detectors)
    return Streak(
        begin=min(first.begin, noon(first.day)),
        days=tuple(sorted(known)),
        silent=tuple(day for day in between if day not in known),
        kept=kept,
        detectors=detectors,
    )


def noon(day: int) -> int:
    """Return when an observing day begins, in TAI nanoseconds."""
    return utc(f"{calendar_day(day).isoformat()}T12:00:00")


def calendar_day(day: int) -> date:
    """Return the date that a number like 20241208 is; raise `ValueError` if it is none."""
    if not 10_000_000 <= day <= 99_999_999:
        raise ValueError(f"{day} is not a day like 20241208")
    try:
        return date(day // 10_000, day // 100 % 100, day % 100)
    except ValueError:
        raise ValueError(f"{day} is no day of the calendar") from None


def _after(first: int, last: int) -> Iterator[int]:
    """Yield the days after one and before another."""
    at = calendar_day(first) + timedelta(days=1)
    while at < calendar_day(last):
        yield int(f"{at:%Y%m%d}")
        at += timedelta(days=1)
