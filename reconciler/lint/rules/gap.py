"""A time without any dataset, after the first one and before the last, or while exposures are still taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from ...timeline import Timeline
from ...validity import END
from ..finding import Finding
from ..view import Fate, Search, View
from ..words import asked, instant, whom


def gaps(view: View) -> Iterator[Finding]:
    """A chain gives something throughout; where exposures are known, only a gap that hits one of them counts."""
    for search in view.searches:
        if not search.opaque:
            yield from _gaps(search)


def _gaps(search: Search) -> Iterator[Finding]:
    together: defaultdict[tuple[str, int, int], list[str]] = defaultdict(list)
    example: dict[tuple[str, int, int], str] = {}
    for fate in search.fates:
        for begin, end in _holes(fate.effective, tail=bool(search.log)):
            if case := _case(search, fate, begin, end):
                together[fate.about, begin, end] += fate.data_ids
                example.setdefault((fate.about, begin, end), case)
    for (about, begin, end), ids in together.items():
        until = f"to {instant(end)}" if end < END else "on"
        for_whom = f" for {found}" if (found := whom(ids)) else ""
        message = f"{search.document.document.name} has none{for_whom} from {instant(begin)} {until}"
        yield Finding(
            "gap",
            about,
            message,
            example[about, begin, end],
            "a certification for that time",
            search.document,
            search.members,
            search.place,
        )


def _holes(line: Timeline, *, tail: bool) -> Iterator[tuple[int, int]]:
    for before, after in pairwise(line):
        if before.end < after.begin:
            yield before.end, after.begin
    if tail and line and line.spans[-1].end < END:
        yield line.spans[-1].end, END


def _case(search: Search, fate: Fate, begin: int, end: int) -> str | None:
    if not search.place:
        return asked(fate.dataset_type, fate.data_ids[0], begin)
    one = search.log.first(begin, end, fate.physical_filter)
    return asked(fate.dataset_type, fate.data_ids[0], begin, one) if one else None
