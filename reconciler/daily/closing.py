"""What the calendar gives the detectors that fail, and what it would give if what is in use had an end.

An end makes no gap: whatever is searched below comes to light, an older set or nothing at all. So an end is never
proposed by itself, only together with the begin of a successor, and both calendars are shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..dataid import parse
from ..facts import Facts
from ..lanes import Lane, lanes
from ..resolve import Calendar
from ..spec.ranges import Ranges
from ..state import Cert, Chain, Key, State, Value
from ..timeline import Source, Timeline, timeline
from ..validity import Validity


@dataclass(frozen=True, slots=True)
class Closing:
    """Two calendars of one product for the detectors that fail.

    Attributes
    ----------
    now
        As it is seen.
    closed
        As it would be if what is in use at the instant ended there, and nothing followed.
    certified_in
        The collections in which it would get an end.
    fixed
        RUN and TAGGED collections that answer at that instant: at any date, so nothing in them can have an end.
    """

    now: tuple[Lane, ...]
    closed: tuple[Lane, ...]
    certified_in: tuple[str, ...]
    fixed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Closed:
    """Which product is closed, for whom, and when; no detectors are all of them."""

    place: str
    chain: str
    dataset_type: str
    physical_filter: str | None
    detectors: Ranges
    at: int

    def concerns(self, dataset_type: str, data_id: str) -> bool:
        """Return whether this is one of the datasets that fail."""
        told = parse(data_id)
        through = told.get("physical_filter")
        return (
            dataset_type == self.dataset_type
            and (not self.detectors or told.get("detector") in self.detectors)
            and (through is None or self.physical_filter in (None, through))
        )


def closing(asked: Closed, state: State, facts: Facts) -> Closing:
    """Return the calendars before and after."""
    state, shelves = _only(asked, state), _shelves(asked, facts)

    def calendar(of: State) -> Calendar:
        return Calendar(of, asked.place, [asked.chain], shelves, seams=facts.seams.get(asked.place, {}))

    now = calendar(state)
    ended: dict[Key, Value | None] = {}
    certified_in: set[str] = set()
    fixed: set[str] = set()
    for collection, data_id, source in _in_use(asked, now):
        cert = Cert(asked.place, collection, asked.dataset_type, data_id)
        if state.get(cert) is None:
            fixed.add(collection)
        else:
            ended[cert] = _ended(state.timeline(cert), source, asked.at)
            certified_in.add(collection)
    after = calendar(state.put(ended))
    return Closing(lanes(now), lanes(after), tuple(sorted(certified_in)), tuple(sorted(fixed)))


def _only(asked: Closed, state: State) -> State:
    """Return the chains and the certifications of what fails."""
    kept: dict[Key, Value] = {
        key: value
        for key, value in state.values.items()
        if isinstance(key, Chain) or (isinstance(key, Cert) and asked.concerns(key.dataset_type, key.data_id))
    }
    return State(kept, state.unknown)


def _shelves(asked: Closed, facts: Facts) -> dict[tuple[str, str], dict[str, Timeline]]:
    return {
        (collection, held): {name: line for name, line in ids.items() if asked.concerns(held, name)}
        for (collection, held), ids in facts.shelves.get(asked.place, {}).items()
        if held == asked.dataset_type
    }


def _in_use(asked: Closed, calendar: Calendar) -> Iterator[tuple[str, str, Source]]:
    """Yield what is given at the instant: collection, data ID, source."""
    when = Validity(asked.at, asked.at + 1)
    for (_, data_id), held in calendar.holdings().items():
        for collection, spans in held:
            found = [span.source for span in spans if span.begin < when.end and when.begin < span.end]
            if found:
                yield collection, data_id, found[0]
                break


def _ended(line: Timeline, source: Source, at: int) -> Timeline:
    """Return a timeline in which a source ends at an instant."""
    return timeline(
        (begin, min(end, at) if named == source else end, named)
        for begin, end, named in line
        if named != source or begin < at
    )
