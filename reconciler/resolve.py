"""The effective calendar: which dataset a chain of collections gives at each instant.

Butler's rules: chains are flattened depth first, a collection counts where it first appears; the first collection
that answers wins; a RUN or TAGGED collection answers at any date; a CALIBRATION collection answers only if the time
asked for lies inside one certified range, and raises if it straddles two, also two of the same dataset.
(Butler on PostgreSQL before 16 may take one of two datasets there instead, whichever comes: it is never to be relied
on, so it raises here.)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TypeAlias

from .observation import Observation
from .state import Cert, Chain, State
from .timeline import NOTHING, Source, Span, Timeline
from .validity import Validity

Seams: TypeAlias = Mapping[Cert, Mapping[Span, tuple[int, ...]]]
"""Where a span of a timeline is really several certifications of the same dataset: the instants where they touch."""

NO_SEAMS: Seams = MappingProxyType({})


def flatten(roots: Iterable[str], children: Callable[[str], tuple[str, ...]]) -> tuple[str, ...]:
    """Return the search order below `roots`: every collection once, where it first appears, chains dissolved."""
    order: dict[str, None] = {}
    entered: set[str] = set()
    waiting = list(roots)[::-1]
    while waiting:
        name = waiting.pop()
        if below := children(name):
            if name not in entered:
                entered.add(name)
                waiting.extend(reversed(below))
        else:
            order[name] = None
    return tuple(order)


def reachable(roots: Iterable[str], children: Callable[[str], tuple[str, ...]]) -> frozenset[str]:
    """Return every collection at or below `roots`, chains included."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(children(name))
    return frozenset(found)


def children_at(state: State, place: str) -> Callable[[str], tuple[str, ...]]:
    """Return the function collection -> members in this state at one place."""
    return lambda name: state.members(Chain(place, name))


class Straddles(Exception):
    """An exposure overlaps two validity ranges of one collection; Butler raises CalibrationLookupError there."""

    def __init__(self, collection: str, when: Validity, sources: tuple[Source, ...]) -> None:
        self.sources = sources
        names = " and ".join(str(source) for source in sources)
        super().__init__(f"an exposure at {when} straddles two validity ranges of {collection}: {names}")


def seams(state: State, seen: Observation) -> Seams:
    """Return the seams of an observation, lifted to `state`.

    A canonical timeline joins touching ranges of one dataset; Butler does not, and raises for an exposure across.
    """
    found: dict[Cert, Mapping[Span, tuple[int, ...]]] = {}
    for (collection, dataset_type), by_data in seen.certifications.items():
        for data_id, rows in by_data.items():
            if len(rows) == 1:
                continue
            cert = Cert(seen.place, collection, dataset_type, data_id)
            inside = {s: tuple(sorted(b for b, _, _ in rows if s.begin < b < s.end)) for s in state.timeline(cert)}
            if joined := {span: instants for span, instants in inside.items() if instants}:
                found[cert] = joined
    return found


class Calendar:
    """What a search path gives for every data ID of some dataset types at one place, in one state.

    Parameters
    ----------
    state
        Holds the certifications and the chains.
    place
        The repository.
    roots
        The collections to search, in order; chains are dissolved.
    shelves
        What RUN and TAGGED collections answer: (collection, dataset type) -> data ID -> timeline.
    seams
        Where spans of the state are several certifications; those of spans that the state does not hold are nothing.
    """

    def __init__(
        self,
        state: State,
        place: str,
        roots: Iterable[str],
        shelves: Mapping[tuple[str, str], Mapping[str, Timeline]],
        *,
        seams: Seams = NO_SEAMS,
    ) -> None:
        self.path = flatten(roots, children_at(state, place))
        self._state = state
        self._place = place
        self._shelves = shelves
        self._seams = seams

    def timeline(self, dataset_type: str, data_id: str) -> Timeline:
        """Return the effective timeline: the first collection that answers wins at each instant."""
        answer = NOTHING
        for collection in self.path:
            answer = answer.over(self._layer(Cert(self._place, collection, dataset_type, data_id)))
        return answer

    def lookup(self, dataset_type: str, data_id: str, when: Validity) -> Source | None:
        """Return what Butler gives an exposure: the first collection with a range that overlaps it.

        Raises `Straddles` where the exposure overlaps two ranges of that collection, as Butler does.
        """
        for collection in self.path:
            ranges = self.ranges(collection, dataset_type, data_id)
            sources = tuple(s for b, e, s in ranges if b < when.end and when.begin < e)
            if len(sources) > 1:
                raise Straddles(collection, when, sources)
            if sources:
                return sources[0]
        return None

    def ranges(self, collection: str, dataset_type: str, data_id: str) -> tuple[Span, ...]:
        """Return what one collection says of a data ID, as it is certified: broken where certifications touch."""
        cert = Cert(self._place, collection, dataset_type, data_id)
        return self._ranges(cert, self._layer(cert))

    def layers(self) -> dict[tuple[str, str], list[tuple[Span, ...]]]:
        """Return (dataset type, data ID) -> the ranges of each collection that has some, in search order."""
        return {question: [ranges for _, ranges in held] for question, held in self.holdings().items()}

    def holdings(self) -> dict[tuple[str, str], list[tuple[str, tuple[Span, ...]]]]:
        """Return (dataset type, data ID) -> the collections that have ranges, and these, in search order.

        One pass over the state, for who asks about many data IDs (`bulk`).
        """
        rank = {collection: at for at, collection in enumerate(self.path)}
        found: dict[tuple[str, str], dict[int, tuple[Span, ...]]] = defaultdict(dict)
        for cert, line in self._timelines():
            if line and cert.collection in rank:
                found[cert.dataset_type, cert.data_id][rank[cert.collection]] = self._ranges(cert, line)
        return {q: [(self.path[at], by_rank[at]) for at in sorted(by_rank)] for q, by_rank in found.items()}

    def _timelines(self) -> Iterator[tuple[Cert, Timeline]]:
        for key, value in self._state.values.items():
            if isinstance(key, Cert) and isinstance(value, Timeline) and self._counts(key):
                yield key, value
        for (collection, dataset_type), shelf in self._shelves.items():
            for data_id, line in shelf.items():
                yield Cert(self._place, collection, dataset_type, data_id), line

    def _counts(self, cert: Cert) -> bool:
        return cert.place == self._place and (cert.collection, cert.dataset_type) not in self._shelves

    def _layer(self, cert: Cert) -> Timeline:
        shelf = self._shelves.get((cert.collection, cert.dataset_type))
        return self._state.timeline(cert) if shelf is None else shelf.get(cert.data_id, NOTHING)

    def _ranges(self, cert: Cert, line: Timeline) -> tuple[Span, ...]:
        """Return the spans of a timeline as they are certified: broken at their seams."""
        joined = self._seams.get(cert)
        if joined is None:
            return line.spans
        return tuple(part for span in line for part in _broken(span, joined.get(span, ())))


def _broken(span: Span, instants: tuple[int, ...]) -> Iterator[Span]:
    ends = (*instants, span.end)
    for begin, end in zip((span.begin, *instants), ends, strict=True):
        yield Span(begin, end, span.source)
