"""A boundary of two validity ranges inside an exposure: it belongs to neither of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from ...blast import answer
from ...holdings import Taken
from ...validity import BEGINNING, END, in_utc
from ..finding import Finding
from ..view import Fate, Search, View
from ..words import asked, instant


def inside_exposures(view: View) -> Iterator[Finding]:
    """No exposure overlaps two ranges of the collection that decides for it.

    Butler refuses to choose; on PostgreSQL before 16 it may take either without a word.
    """
    for search in view.searches:
        hit: defaultdict[tuple[str, str, int], dict[int, Taken]] = defaultdict(dict)
        first: dict[tuple[str, str, int], Fate] = {}
        for fate in search.fates:
            for collection, edge, taken in _hit(search, fate):
                hit[collection, fate.about, edge] |= {one.id: one for one in taken}
                first.setdefault((collection, fate.about, edge), fate)
        for (collection, about, edge), found in hit.items():
            fate = first[collection, about, edge]
            yield _finding(view, search, collection, f"{about} at {instant(edge)}", edge, fate, [*found.values()])


def _hit(search: Search, fate: Fate) -> Iterator[tuple[str, int, list[Taken]]]:
    layers = tuple(ranges for _, ranges in fate.layers)
    for depth, (collection, ranges) in enumerate(fate.layers):
        for before, after in pairwise(ranges):
            near = search.log.across(before.end, after.begin, fate.physical_filter)
            taken = [one for one in near if not answer(layers[:depth], one.validity)]
            if taken:
                yield collection, before.end, taken


def _finding(
    view: View, search: Search, collection: str, about: str, edge: int, fate: Fate, taken: list[Taken]
) -> Finding:
    home = view.homes.get(collection)
    document, path = (home.located, home.path) if home else (search.document, search.at(collection))
    number = f"{len(taken)} exposures" if len(taken) > 1 else "an exposure"
    message = f"this boundary in {collection} lies inside {number}, for which Butler cannot tell which range counts"
    case = asked(fate.dataset_type, fate.data_ids[0], edge, taken[0])
    return Finding("boundary", about, message, case, _offer(search, edge), document, path, search.place)


def _offer(search: Search, edge: int) -> str:
    """Return the nearest time at which the shutter was closed."""
    quiet = search.log.quiet(edge)
    if quiet is None:
        return "no boundary: by its record an exposure never begins nor ends"
    if quiet.begin == BEGINNING:
        return f"a boundary not after {_both(quiet.end)}"
    if quiet.end == END:
        return f"a boundary not before {_both(quiet.begin)}"
    return f"a boundary from {_both(quiet.begin)} to {_both(quiet.end)}, between two exposures"


def _both(nanoseconds: int) -> str:
    return f"{instant(nanoseconds)} ({in_utc(nanoseconds)} UTC)"
