"""The calendar for many exposures at once: arrays of time spans in, indices of sources out.

Exactly what `Calendar.lookup` says, for every exposure and data ID. Only this module needs numpy; nothing that a
command imports at its start imports it.

What decides is the *shape* of a data ID's layers: where their ranges begin and end, whatever is certified there. The
detectors of a camera are mostly alike, so shapes are few, and each is searched once. The search gives *slots*: the
ranges of all layers, counted through in search order. Which source stands in a slot is a matter of the data ID.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .resolve import Calendar
from .timeline import Source
from .validity import show

NOTHING = -1
"""No collection of the path answers."""
STRADDLES = -2
"""The exposure overlaps two ranges of the first collection that answers, where Butler raises."""

Question: TypeAlias = tuple[str, str]
"""A dataset type and a data ID."""
Times: TypeAlias = NDArray[np.int64]
"""TAI nanoseconds."""
Indices: TypeAlias = NDArray[np.int32]
Outline: TypeAlias = tuple[tuple[tuple[int, int], ...], ...]
"""The ranges of each layer, in search order."""


class BulkCalendar:
    """A calendar made ready for many lookups.

    Attributes
    ----------
    sources
        What the indices of `lookup` stand for.
    """

    def __init__(self, calendar: Calendar) -> None:
        numbers: dict[Source, int] = {}
        alike: dict[Outline, dict[Question, list[int]]] = defaultdict(dict)
        for question, layers in calendar.layers().items():
            outline = tuple(tuple((begin, end) for begin, end, _ in layer) for layer in layers)
            sources = (span.source for layer in layers for span in layer)
            alike[outline][question] = [numbers.setdefault(source, len(numbers)) for source in sources]
        self.sources = tuple(numbers)
        self._groups = [_Group(_Shape.of(outline), _table(held.values())) for outline, held in alike.items()]
        self._rows = {
            question: (group, row) for group, held in enumerate(alike.values()) for row, question in enumerate(held)
        }

    def lookup(self, questions: Sequence[Question], begins: Times, ends: Times) -> Indices:
        """Return indices into `sources`, `NOTHING` or `STRADDLES`; shape (questions, exposures).

        Exposures are `[begin, end)` in TAI nanoseconds; `BEGINNING` and `END` are open ends. Raises `ValueError` if
        they are not whole numbers in two rows of one length, or one is empty.
        """
        _check(begins, ends)
        wanted: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for place, question in enumerate(questions):
            if found := self._rows.get(question):
                group, row = found
                wanted[group].append((place, row))
        answer = np.full((len(questions), len(begins)), NOTHING, np.int32)
        for group, pairs in wanted.items():
            places, rows = np.array(pairs).T
            answer[places] = self._groups[group].lookup(rows, begins, ends)
        return answer


@dataclass(frozen=True)
class _Group:
    """Data IDs of one shape, and what stands in their slots: shape (data IDs, slots + 2)."""

    shape: _Shape
    sources: Indices

    def lookup(self, rows: NDArray[np.int_], begins: Times, ends: Times) -> Indices:
        return np.take(self.sources[rows], self.shape.lookup(begins, ends), axis=1)


@dataclass(frozen=True)
class _Shape:
    """The ranges of some layers, and the cells of time in which one slot answers.

    `cells[i]` lies between `edges[i - 1]` and `edges[i]`. Neighbours never name the same slot: one and the same range
    answers in both only if no layer above has a range in either, so an exposure across finds that range alone.
    """

    layers: tuple[tuple[Times, Times], ...]
    edges: Times
    cells: Indices

    @classmethod
    def of(cls, outline: Outline) -> _Shape:
        layers = tuple(_columns(ranges) for ranges in outline)
        edges = np.unique(np.concatenate([times for layer in layers for times in layer]))
        # Between two neighbouring edges no layer changes: nothing straddles there.
        inner = _walk(layers, edges[:-1], edges[1:])
        cells = np.concatenate([[NOTHING], inner, [NOTHING]], dtype=np.int32)
        changes = np.flatnonzero(cells[1:] != cells[:-1])
        return cls(layers, edges[changes], cells[np.append(0, changes + 1)])

    def lookup(self, begins: Times, ends: Times) -> Indices:
        """Return the slots: at once for an exposure within one cell, layer by layer for one across."""
        first, last = self.edges.searchsorted(begins, "right"), self.edges.searchsorted(ends, "left")
        slots, across = self.cells[first], np.flatnonzero(first != last)
        slots[across] = _walk(self.layers, begins[across], ends[across])
        return slots


def _walk(layers: Iterable[tuple[Times, Times]], begins: Times, ends: Times) -> Indices:
    """Return the slots by Butler's rule: the first layer with a range that overlaps; two of them straddle."""
    slots, before = np.full(len(begins), NOTHING, np.int32), 0
    for range_begins, range_ends in layers:
        first, behind = range_ends.searchsorted(begins, "right"), range_begins.searchsorted(ends, "left")
        answers = (slots == NOTHING) & (first < behind)
        slots[answers] = np.where(behind - first > 1, STRADDLES, before + first)[answers]
        before += len(range_begins)
    return slots


def _columns(ranges: Iterable[tuple[int, int]]) -> tuple[Times, Times]:
    begins, ends = zip(*ranges, strict=True)
    return np.array(begins, np.int64), np.array(ends, np.int64)


def _table(rows: Iterable[list[int]]) -> Indices:
    # The slots -2 and -1 are counted from the end, as numpy does.
    return np.array([[*row, STRADDLES, NOTHING] for row in rows], np.int32)


def _check(begins: Times, ends: Times) -> None:
    for times in (begins, ends):
        if times.dtype != np.int64 or times.ndim != 1:
            raise ValueError(f"times are one row of int64 TAI nanoseconds, not {times.ndim} of {times.dtype}")
    if len(begins) != len(ends):
        raise ValueError(f"{len(begins)} exposures begin and {len(ends)} end")
    if (empty := np.flatnonzero(begins >= ends)).size:
        at = int(empty[0])
        raise ValueError(f"empty exposure {at}: begin {show(int(begins[at]))} is not before end {show(int(ends[at]))}")
