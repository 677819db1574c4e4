"""1970 used as "always": certified from the beginning, although the camera was in another state before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from ...names import parse_rerun, ticket_in
from ...spec.located import FieldPath
from ...timeline import Timeline, timeline
from ...validity import BEGINNING, NANOSECOND
from ..finding import Finding
from ..view import Fate, Home, Search, View
from ..words import asked, instant


def from_1970(view: View) -> Iterator[Finding]:
    """What was made after the camera changed is not certified for the time before, as curated calibrations tell it."""
    for search in view.searches:
        seen: set[str] = set()
        dates = _dates(view, search)
        for fate in search.fates:
            for collection, ranges, visible, _ in fate.visible():
                home = view.homes.get(collection)
                if home is None or collection in seen or ranges[0].begin != BEGINNING:
                    continue
                state = max((date for date in dates if date <= _made(home)), default=BEGINNING)
                if case := _case(search, fate, visible, state):
                    seen.add(collection)
                    yield _finding(search, home, collection, case, state, dates[state])


def _finding(search: Search, home: Home, collection: str, case: str, state: int, curated: str) -> Finding:
    message = f"it holds from 1970 on, but the camera has been as it is only since {instant(state)} ({curated})"
    expected = f'certify: {{begin: "{instant(state).removesuffix(" TAI")}"}}, or a waiver with the reason'
    return Finding("always", collection, message, case, expected, home.located, _begin(home), search.place)


def _begin(home: Home) -> FieldPath:
    """Return where the begin stands; the product, if 1970 is only the default."""
    if home.instance.settings.certify:
        return (*home.path, "certify", "begin")
    return ("certify", "begin") if "certify" in home.located.document.model_fields_set else home.path


def _case(search: Search, fate: Fate, visible: Timeline, state: int) -> str | None:
    """Return somebody who gets it before the camera was in that state; None if nobody does."""
    for begin, end, _ in visible:
        if begin >= state:
            return None
        if not search.place:
            return asked(fate.dataset_type, fate.data_ids[0], begin)
        if one := search.log.first(begin, min(end, state), fate.physical_filter):
            return asked(fate.dataset_type, fate.data_ids[0], begin, one)
    return None


def _dates(view: View, search: Search) -> dict[int, str]:
    """Return when curated calibrations of the chain change, whoever made them, and which do: then the camera did."""
    types, found = _curated_types(view, search), dict[int, str]()
    for fate in search.fates:
        if fate.dataset_type in types:
            for collection, ranges in fate.layers:
                label = f"{fate.dataset_type} of {ticket_in(collection) or collection}"
                found |= {begin: label for begin, _, _ in timeline(ranges) if begin > BEGINNING and begin not in found}
    return found


def _curated_types(view: View, search: Search) -> frozenset[str]:
    """Return the dataset types that people write: those of curated sets, and those that a catalog calls curated."""
    instrument = search.document.document.instrument
    own = (name for one in view.tree.curated for name in one.document.datasets)
    listed = (n for one in view.tree.catalogs if one.document.instrument == instrument for n in one.document.curated)
    return frozenset((*own, *listed))


def _made(home: Home) -> int:
    """Return the day of the rerun: what it was made from is not younger."""
    day = parse_rerun(home.instance.rerun).day
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * NANOSECOND
