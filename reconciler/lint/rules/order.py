"""An older set above a newer one: it wins wherever both answer."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from ...names import parse_rerun, ticket_in
from ...timeline import Span, Timeline, timeline
from ..finding import Finding
from ..view import Fate, Search, View
from ..words import asked


def older_above(view: View) -> Iterator[Finding]:
    """What is newer is searched first, unless somebody says why not."""
    for search in view.searches:
        seen: set[tuple[str, str]] = set()
        for fate in search.fates:
            given = [(collection, visible) for collection, _, visible, _ in fate.visible()]
            for (upper, above), (lower, _) in combinations(given, 2):
                pair = _named(search, upper, lower)
                if pair in seen or not _older(upper, lower):
                    continue
                hidden = _overlap(above, dict(fate.layers)[lower])
                if hidden is not None:
                    seen.add(pair)
                    yield _finding(search, fate, pair, search.at(upper), hidden, (upper, lower))


def _finding(
    search: Search, fate: Fate, pair: tuple[str, str], path: tuple[str | int, ...], when: Span, both: tuple[str, str]
) -> Finding:
    one = search.log.first(when.begin, when.end, fate.physical_filter)
    case = f"{asked(fate.dataset_type, fate.data_ids[0], when.begin, one)} gets that of {both[0]}, not of {both[1]}"
    message = f"it is searched before {pair[1]}, which is newer"
    return Finding(
        "order", pair[0], message, case, "the newer one first, or a waiver with the reason",
        search.document, path, search.place,
    )  # fmt: skip


def _named(search: Search, upper: str, lower: str) -> tuple[str, str]:
    """Return the members of the chain that the two belong to; themselves, if it is the same one."""
    pair = search.below.get(upper, upper), search.below.get(lower, lower)
    return pair if pair[0] != pair[1] else (upper, lower)


def _older(upper: str, lower: str) -> bool:
    """Return whether the names say so: by their reruns, or by the numbers of their tickets if `upper` has none.

    A ticket without reruns below is curated, or as good as that: it has its place below whatever was generated.
    """
    reruns = _rerun(upper), _rerun(lower)
    if all(reruns):
        return reruns[0] < reruns[1]
    if reruns[0]:
        return False
    first, second = _ticket(upper), _ticket(lower)
    return first is not None and second is not None and first[0] == second[0] and first[1] < second[1]


def _rerun(collection: str) -> str:
    """Return the rerun that a name ends in; empty if it ends in none."""
    rerun = collection.rpartition(".")[2]
    try:
        parse_rerun(rerun)
    except ValueError:
        return ""
    return rerun


def _ticket(collection: str) -> tuple[str, int] | None:
    ticket = ticket_in(collection)
    if ticket is None:
        return None
    project, _, number = ticket.rpartition("-")
    return project, int(number)


def _overlap(given: Timeline, below: tuple[Span, ...]) -> Span | None:
    """Return the first time at which the one is given and the other would be, and they differ."""
    for begin, end, source in timeline(below):
        for b, e, other in given:
            if max(b, begin) < min(e, end) and source != other:
                return Span(max(b, begin), min(e, end), other)
    return None
