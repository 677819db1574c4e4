"""What a search path gives, as lanes: for each dataset type and filter, what is given when, and what lies hidden below.

Detectors that get the same at every instant share a lane, so that a camera reads as one line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

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
    kinds: defaultdict[_Kind, defaultdict[Timeline, dict[str, _Layers]]] = defaultdict(lambda: defaultdict(dict))
    for dataset_type, data_id in calendar.layers():
        layers = _layers(calendar, dataset_type, data_id, named)
        kinds[_kind(dataset_type, data_id)][layers.effective][data_id] = layers
    return tuple(
        _lane(kind, effective, members, whole=len(together) == 1)
        for kind, together in sorted(kinds.items(), key=lambda item: (*item[0][:2], item[0].physical_filter or ""))
        for effective, members in sorted(together.items(), key=lambda item: min(map(_place, item[1])))
    )


def detectors(data_ids: Iterable[str]) -> tuple[int, ...]:
    """Return the detectors that data IDs name."""
    found = (parse(data_id).get("detector") for data_id in data_ids)
    return tuple(sorted({int(number) for number in found if number is not None}))


class _Kind(NamedTuple):
    dataset_type: str
    instrument: str
    physical_filter: str | None


class _Layers(NamedTuple):
    """What is given for one data ID, and collection -> when it gives something, and when it would but is hidden."""

    effective: Timeline
    given: Mapping[str, Timeline]
    hidden: Mapping[str, Timeline]


def _kind(dataset_type: str, data_id: str) -> _Kind:
    dimensions = parse(data_id)
    physical_filter = dimensions.get("physical_filter")
    name = None if physical_filter is None else str(physical_filter)
    return _Kind(dataset_type, str(dimensions.get("instrument", "")), name)


def _place(data_id: str) -> tuple[int, str]:
    return int(parse(data_id).get("detector", -1)), data_id


def _layers(calendar: Calendar, dataset_type: str, data_id: str, named: Callable[[Source], Source]) -> _Layers:
    found = _Layers(NOTHING, {}, {})
    for collection in calendar.path:
        spans = calendar.ranges(collection, dataset_type, data_id)
        if not spans:
            continue
        layer, above = timeline((begin, end, named(source)) for begin, end, source in spans), found.effective
        given, hidden = (timeline(_cut(layer, above, covered=covered)) for covered in (False, True))
        found = _Layers(above.over(layer), {**found.given, collection: given}, {**found.hidden, collection: hidden})
    return found


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


def _lane(kind: _Kind, effective: Timeline, members: Mapping[str, _Layers], *, whole: bool) -> Lane:
    pieces = tuple(Piece(*span, _collections(span, members.values())) for span in effective)
    return Lane(*kind, tuple(sorted(members, key=_place)), pieces, tuple(_shadows(members)), whole)


def _collections(span: Span, members: Iterable[_Layers]) -> tuple[str, ...]:
    """Return the collections that give a span of an effective timeline, in search order."""
    found = (
        collection
        for layers in members
        for collection, given in layers.given.items()
        if any(span.begin <= begin < span.end for begin, _, _ in given)
    )
    return tuple(dict.fromkeys(found))


def _shadows(members: Mapping[str, _Layers]) -> Iterator[Shadow]:
    together: defaultdict[tuple[str, Span], list[str]] = defaultdict(list)
    for data_id, layers in members.items():
        for collection, hidden in layers.hidden.items():
            for span in hidden:
                together[collection, span].append(data_id)
    for (collection, span), data_ids in together.items():
        yield Shadow(*span, collection, tuple(sorted(data_ids, key=_place)))
