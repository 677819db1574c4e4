"""A certification that no public chain ever gives, because something above it always answers first."""

from __future__ import annotations

from collections.abc import Iterator

from ...timeline import Span
from ..finding import Finding
from ..view import Fate, Search, View
from ..words import asked


def certifications(view: View) -> Iterator[Finding]:
    """Whatever is certified is given to somebody, at some time, by some public chain of its place."""
    for place in sorted({search.place for search in view.searches}):
        alive: set[tuple[str, str]] = set()
        hidden: dict[tuple[str, str], tuple[Search, str]] = {}
        for search in view.searches:
            if search.place == place:
                _sort(search, alive, hidden)
        for (collection, dataset_type), (search, case) in hidden.items():
            if (collection, dataset_type) not in alive:
                yield _finding(view, search, collection, dataset_type, case)


def _sort(search: Search, alive: set[tuple[str, str]], hidden: dict[tuple[str, str], tuple[Search, str]]) -> None:
    """Sort what a chain holds into what it ever gives and what is hidden, with one case of that."""
    for fate in search.fates:
        for collection, ranges, seen, _ in fate.visible():
            key = collection, fate.dataset_type
            if seen:
                alive.add(key)
            elif key not in hidden and not search.protects(collection):
                hidden[key] = search, _case(search, fate, ranges[0])


def _case(search: Search, fate: Fate, hidden: Span) -> str:
    """Return who gets what instead: an exposure within the range if there is one, else whoever asks at its begin."""
    one = search.log.first(hidden.begin, hidden.end, fate.physical_filter)
    when = one.validity.begin if one else hidden.begin
    return f"{asked(fate.dataset_type, fate.data_ids[0], when, one)} gets that of {fate.given_by(when)}"


def _finding(view: View, search: Search, collection: str, dataset_type: str, case: str) -> Finding:
    home = view.homes.get(collection)
    document, path = (home.located, home.path) if home else (search.document, search.at(collection))
    message = f"its {dataset_type} is never given: something above it always answers first"
    expected = "a place above what hides it, or out of the chain"
    return Finding("dead", collection, message, case, expected, document, path, search.place)
