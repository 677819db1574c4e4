"""The exposures that exist, in order of time: whom something hits, and where nobody is hit."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from ..holdings import Taken
from ..validity import BEGINNING, END, Validity


class Log:
    """The exposures of one instrument at one place."""

    def __init__(self, taken: Iterable[Taken] = ()) -> None:
        self.taken = tuple(sorted(taken, key=lambda one: (one.validity.begin, one.id)))

    def __bool__(self) -> bool:
        return bool(self.taken)

    def through(self, physical_filter: str) -> tuple[Taken, ...]:
        """Return the exposures through one filter."""
        return tuple(self._through[physical_filter][0])

    def first(self, begin: int, end: int, physical_filter: str | None) -> Taken | None:
        """Return the first exposure that lies wholly within `[begin, end)`; through the filter, if one is named."""
        taken, begins = self._through[physical_filter]
        for at in range(bisect_left(begins, begin), len(taken)):
            one = taken[at]
            if one.validity.begin >= end:
                return None
            if one.validity.end <= end:
                return one
        return None

    def across(self, begin: int, end: int, physical_filter: str | None) -> tuple[Taken, ...]:
        """Return the exposures that began before `begin` and ended after `end`; the two may be one instant."""
        taken, begins = self._through[physical_filter]
        near = taken[bisect_right(begins, end - self._longest) : bisect_left(begins, begin)]
        return tuple(one for one in near if one.validity.end > end)

    def quiet(self, instant: int) -> Validity | None:
        """Return the nearest time without exposures; both of its ends may be boundaries of validity ranges.

        None if there is no such time: the record of an exposure may have open ends.
        """
        at = bisect_right([begin for begin, _ in self._busy], instant) - 1
        if at < 0 or instant >= self._busy[at][1]:
            raise ValueError("no exposure is under way at that instant")
        begin, end = self._busy[at]
        before = self._busy[at - 1][1] if at else BEGINNING
        after = self._busy[at + 1][0] if at + 1 < len(self._busy) else END
        sides = [(instant - begin, before, begin), (end - instant, end, after)]
        return next((Validity(first, last) for _, first, last in sorted(sides) if first < last), None)

    @cached_property
    def _longest(self) -> int:
        return max((one.validity.end - one.validity.begin for one in self.taken), default=0)

    @cached_property
    def _through(self) -> dict[str | None, tuple[list[Taken], list[int]]]:
        """Filter -> its exposures and when they begin; None is any filter."""
        found: defaultdict[str | None, tuple[list[Taken], list[int]]] = defaultdict(lambda: ([], []))
        for one in self.taken:
            for name in (None, one.physical_filter):
                taken, begins = found[name]
                taken.append(one)
                begins.append(one.validity.begin)
        return found

    @cached_property
    def _busy(self) -> list[tuple[int, int]]:
        """Return when the shutter was open, in order, exposures that touch joined: there is no time between them."""
        joined: list[tuple[int, int]] = []
        for one in self.taken:
            begin, end = one.validity.begin, one.validity.end
            if joined and begin <= joined[-1][1]:
                joined[-1] = joined[-1][0], max(joined[-1][1], end)
            else:
                joined.append((begin, end))
        return joined
