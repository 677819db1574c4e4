"""What a search path gives, as lanes: for each dataset type and filter, what is given when, and what lies hidden below.

Detectors that get the same at every instant share a lane, so that a camera reads as one line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, TypeAlias

from .dataid import parse
from .resolve import Calendar
from .timeline import NOTHING, Source, Span, Timeline, timeline
from .validity import BEGINNING, END, Validity


class Piece(NamedTuple):
    """A source is given during `[begin, end)` (TAI nanoseconds), through these collections of the search path."""

    begin: int
    end: int
    source: Source
    collections: tuple[str, ...]


class Shadow(NamedTuple):
    """A collection certifies a source during `[begin, end)`, and one that is searched before it answers instead."""

    begin: int
    end: int
    source: Source
    collection: str
    data_ids: tuple[str, ...]


@dataclass(frozen=True)
class Lane:
    """Data IDs of one dataset type, instrument and filter that get the same at every instant.

    Attributes
    ----------
    pieces
        What is given, in order of time; never overlapping.
    shadows
        What is certified in vain, in search order; some of it for some of the data IDs only.
    whole
        Whether all data IDs of the type, instrument and filter are in this lane.
    """

    dataset_type: str
    instrument: str
    physical_filter: str | None
    data_ids: tuple[str, ...]
    pieces: tuple[Piece, ...]
    shadows: tuple[Shadow, ...] = ()
    whole: bool = True

    @cached_property
    def detectors(self) -> tuple[int, ...]:
        """The detectors of the data IDs; none for a type that is not told apart by them."""
        return detectors(self.data_ids)

    @property
    def parts(self) -> tuple[Piece | Shadow, ...]:
        """What is given, then what is hidden."""
        return (*self.pieces, *self.shadows)

    @cached_property
    def timeline(self) -> Timeline:
        """What is given, without the collections through which it is."""
        return timeline((piece.begin, piece.end, piece.source) for piece in self.pieces)

    @cached_property
    def gaps(self) -> tuple[Validity, ...]:
        """When nothing is given; to the open ends."""
        ends = [BEGINNING, *(edge for piece in self.pieces for edge in (piece.begin, piece.end)), END]
        pairs = zip(ends[::2], ends[1::2], strict=True)
        return tuple(Validity(begin, end) for begin, end in pairs if begin < end)

    @cached_property
    def boundaries(self) -> frozenset[int]:
        """The instants at which something begins or ends, hidden or not; open ends are none."""
        return frozenset(edge for one in self.parts for edge in (one.begin, one.end)) - {BEGINNING, END}


def lanes(calendar: Calendar, named: Callable[[Source], Source] = lambda source: source) -> tuple[Lane, ...]:
    """Return the lanes of a calendar, by dataset type, filter and detectors.

    `named` gives sources that are to count as the same one name (see `effect.by_run`).
    """
    stacks: defaultdict[_Kind, defaultdict[_Stack, list[str]]] = defaultdict(lambda: defaultdict(list))
    for dataset_type, data_id in calendar.layers():
        stacks[_kind(dataset_type, data_id)][_stack(calendar, dataset_type, data_id, named)].append(data_id)
    by_name = sorted(stacks.items(), key=lambda item: (*item[0][:2], item[0].physical_filter or ""))
    rank = {collection: at for at, collection in enumerate(calendar.path)}
    return tuple(_ordered(lane, rank) for kind, alike in by_name for lane in _of_kind(kind, alike))


def detectors(data_ids: Iterable[str]) -> tuple[int, ...]:
    """Return the detectors that data IDs name."""
    found = (parse(data_id).get("detector") for data_id in data_ids)
    return tuple(sorted({int(number) for number in found if number is not None}))


class _Kind(NamedTuple):
    dataset_type: str
    instrument: str
    physical_filter: str | None


_Stack: TypeAlias = tuple[tuple[str, Timeline], ...]
"""The collections that have something for a data ID, in search order."""


class _Member(NamedTuple):
    """Data IDs with the same stack: what each collection of it gives, and what it would but is hidden."""

    data_ids: list[str]
    given: _Stack
    hidden: _Stack


def _kind(dataset_type: str, data_id: str) -> _Kind:
    dimensions = parse(data_id)
    physical_filter = dimensions.get("physical_filter")
    name = None if physical_filter is None else str(physical_filter)
    return _Kind(dataset_type, str(dimensions.get("instrument", "")), name)


def _place(data_id: str) -> tuple[int, str]:
    return int(parse(data_id).get("detector", -1)), data_id


def _stack(calendar: Calendar, dataset_type: str, data_id: str, named: Callable[[Source], Source]) -> _Stack:
    return tuple(
        (collection, timeline((begin, end, named(source)) for begin, end, source in spans))
        for collection in calendar.path
        if (spans := calendar.ranges(collection, dataset_type, data_id))
    )


def _of_kind(kind: _Kind, alike: Mapping[_Stack, list[str]]) -> list[Lane]:
    together: defaultdict[Timeline, list[_Member]] = defaultdict(list)
    for stack, data_ids in alike.items():
        given, hidden, above = [], [], NOTHING
        for collection, layer in stack:
            given.append((collection, timeline(_cut(layer, above, covered=False))))
            hidden.append((collection, timeline(_cut(layer, above, covered=True))))
            above = above.over(layer)
        together[above].append(_Member(data_ids, tuple(given), tuple(hidden)))
    found = [_lane(kind, effective, members, whole=len(together) == 1) for effective, members in together.items()]
    return sorted(found, key=lambda lane: _place(lane.data_ids[0]))


def _cut(layer: Timeline, above: Timeline, *, covered: bool) -> Iterator[Span]:
    """Yield the parts of a layer that what is above it covers, or those that it does not."""
    for begin, end, source in layer:
        at = begin
        for b, e, _ in above:
            if e <= at or end <= b:
                continue
            if at < b and not covered:
                yield Span(at, b, source)
            if covered:
                yield Span(max(at, b), min(e, end), source)
            at = min(e, end)
        if at < end and not covered:
            yield Span(at, end, source)


def _lane(kind: _Kind, effective: Timeline, members: list[_Member], *, whole: bool) -> Lane:
    data_ids = sorted((data_id for member in members for data_id in member.data_ids), key=_place)
    pieces = tuple(Piece(*span, _collections(span, members)) for span in effective)
    return Lane(*kind, tuple(data_ids), pieces, tuple(_shadows(members)), whole)


def _collections(span: Span, members: Iterable[_Member]) -> tuple[str, ...]:
    """Return the collections that give a span of an effective timeline, in search order."""
    found = (
        collection
        for member in members
        for collection, given in member.given
        if any(span.begin <= begin < span.end for begin, _, _ in given)
    )
    return tuple(dict.fromkeys(found))


def _ordered(lane: Lane, rank: Mapping[str, int]) -> Lane:
    """Return a lane with its shadows in search order, whatever data IDs they are for."""
    return replace(lane, shadows=tuple(sorted(lane.shadows, key=lambda one: (rank[one.collection], one))))


def _shadows(members: Iterable[_Member]) -> Iterator[Shadow]:
    together: defaultdict[tuple[str, Span], list[str]] = defaultdict(list)
    for member in members:
        for collection, hidden in member.hidden:
            for span in hidden:
                together[collection, span] += member.data_ids
    for (collection, span), data_ids in together.items():
        yield Shadow(*span, collection, tuple(sorted(data_ids, key=_place)))
