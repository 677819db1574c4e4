"""A TAGGED collection in a search path: it protects datasets from removal, and would answer at any date."""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Finding
from ..view import Search, View
from ..words import asked


def tagged(view: View) -> Iterator[Finding]:
    """What only protects datasets is not searched."""
    for search in view.searches:
        for collection in search.calendar.path:
            if search.protects(collection):
                yield _finding(search, collection)


def _finding(search: Search, collection: str) -> Finding:
    message = "a TAGGED collection is searched, which answers at any date"
    expected = "out of the chain; what is protected needs no search"
    path = search.at(collection)
    case = _case(search, collection)
    return Finding("protected", collection, message, case, expected, search.document, path, search.place)


def _case(search: Search, collection: str) -> str:
    for fate in search.fates:
        for name, _, visible, _ in fate.visible():
            if name == collection and visible:
                begin, end, _ = visible.spans[0]
                one = search.log.first(begin, end, fate.physical_filter)
                return f"{asked(fate.dataset_type, fate.data_ids[0], begin, one)} gets that of it"
    return "nothing yet: it holds no calibration that nothing above it hides"
