"""The blast radius of a plan: which exposures that exist get another dataset, or none, through a chain.

Exactly Butler's rule for each exposure: the first collection with a range that overlaps it answers, and refuses where
the exposure overlaps two of its ranges. Few exposures lie across the end of a range; the others are only sorted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import NamedTuple, TypeAlias

from .effect import Alike, ChainEffect, Layers
from .holdings import Taken
from .ports import Reader
from .timeline import Source
from .validity import BEGINNING, END, Validity

ByType: TypeAlias = Mapping[str, tuple[Taken, ...]]
"""Dataset type -> exposures, in order of their numbers."""


@dataclass(frozen=True)
class Blast:
    """What becomes of the exposures that exist.

    Attributes
    ----------
    changed
        Those that get another dataset than before, or one where there was none, or none where there was one.
    lost
        Those among them that got a dataset and get none.
    refused
        Those for which Butler refuses to answer after the plan, since they lie across the ends of two ranges of the
        collection that decides; some were refused before, and are not among the changed.
    """

    changed: ByType = field(default_factory=dict)
    lost: ByType = field(default_factory=dict)
    refused: ByType = field(default_factory=dict)

    @cached_property
    def exposures(self) -> tuple[Taken, ...]:
        """The changed exposures of all types, each once, in order of their numbers."""
        found = {one.id: one for taken in self.changed.values() for one in taken}
        return tuple(found[number] for number in sorted(found))


@dataclass(frozen=True, slots=True)
class Impact:
    """What a plan does to one chain, and to the exposures that exist."""

    effect: ChainEffect
    blast: Blast


def impacts(effects: Iterable[ChainEffect], repositories: Mapping[str, Reader]) -> tuple[Impact, ...]:
    """Return the blast radius of each effect; asks a repository once for each instrument that is concerned."""
    return tuple(Impact(effect, blast(effect, repositories[effect.chain.place])) for effect in effects)


def blast(effect: ChainEffect, repository: Reader) -> Blast:
    """Return the blast radius of one chain's effect."""
    found = _Found()
    for instrument in sorted({alike.instrument for alike in effect.alike}):
        group = [alike for alike in effect.alike if alike.instrument == instrument]
        filters = {alike.physical_filter for alike in group}
        wanted = frozenset(name for name in filters if name is not None) if None not in filters else None
        found.judge(group, repository.exposures_during(instrument, windows(group), wanted))
    return Blast(*(found.by_type(kind) for kind in (found.changed, found.lost, found.refused)))


def windows(group: Iterable[Alike]) -> tuple[Validity, ...]:
    """Return the times at which an exposure may get another answer: within a shift, or across the end of a range."""
    spans = sorted(
        span
        for alike in group
        for span in (*((s.begin, s.end) for s in alike.shifts), *((edge, edge + 1) for edge in edges(alike)))
    )
    joined: list[tuple[int, int]] = []
    for begin, end in spans:
        if joined and begin <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((begin, end))
    return tuple(Validity(*span) for span in joined)


def edges(alike: Alike) -> tuple[int, ...]:
    """Return where ranges of any layer begin or end, before or after; no exposure lies across an open end."""
    layers = (*alike.before, *alike.after)
    found = {edge for layer in layers for span in layer for edge in (span.begin, span.end)}
    return tuple(sorted(found - {BEGINNING, END}))


def answer(layers: Layers, when: Validity) -> tuple[Source, ...]:
    """Return what an exposure is given: nothing, one dataset, or the several among which Butler refuses to choose."""
    for layer in layers:
        if found := tuple(s for b, e, s in layer if b < when.end and when.begin < e):
            return found
    return ()


class _Outline(NamedTuple):
    """Whom to ask, and what decides whether an exposure that lies across no edge is changed."""

    physical_filter: str | None
    edges: tuple[int, ...]
    moved: tuple[tuple[int, int], ...]


Numbers: TypeAlias = defaultdict[str, set[int]]
"""Dataset type -> numbers of exposures."""


class _Found:
    """What has been found so far. There may be very many exposures: numbers are gathered, not records."""

    def __init__(self) -> None:
        self.changed: Numbers = defaultdict(set)
        self.lost: Numbers = defaultdict(set)
        self.refused: Numbers = defaultdict(set)
        self._taken: dict[int, Taken] = {}

    def judge(self, group: Iterable[Alike], taken: tuple[Taken, ...]) -> None:
        """Take in what becomes of these exposures; data IDs of one outline are sorted once."""
        self._taken |= {one.id: one for one in taken}
        sort = _sorter(taken)
        for alike in group:
            moved = tuple((s.begin, s.end) for s in alike.shifts)
            inside, across = sort(_Outline(alike.physical_filter, edges(alike), moved))
            self.changed[alike.dataset_type] |= inside
            if any(shift.after is None for shift in alike.shifts):
                across |= inside
            for number in across:
                self._judge(alike, self._taken[number])

    def _judge(self, alike: Alike, one: Taken) -> None:
        before, after = answer(alike.before, one.validity), answer(alike.after, one.validity)
        if len(after) > 1:
            self.refused[alike.dataset_type].add(one.id)
        if before != after and not (len(before) > 1 and len(after) > 1):
            self.changed[alike.dataset_type].add(one.id)
            if len(before) == 1 and not after:
                self.lost[alike.dataset_type].add(one.id)

    def by_type(self, found: Numbers) -> ByType:
        """Return the exposures of these numbers."""
        return {t: tuple(self._taken[number] for number in sorted(found[t])) for t in sorted(found) if found[t]}


def _sorter(taken: tuple[Taken, ...]) -> Callable[[_Outline], tuple[frozenset[int], frozenset[int]]]:
    """Return outline -> the numbers of the exposures inside what moves, and of those across an edge."""

    @cache
    def of_filter(physical_filter: str | None) -> tuple[Taken, ...]:
        return tuple(one for one in taken if physical_filter in (None, one.physical_filter))

    @cache
    def sort(outline: _Outline) -> tuple[frozenset[int], frozenset[int]]:
        inside, across = [], []
        for one in of_filter(outline.physical_filter):
            at = bisect_right(outline.edges, one.validity.begin)
            if at < len(outline.edges) and outline.edges[at] < one.validity.end:
                across.append(one.id)
            elif _holds(outline.moved, one.validity.begin):
                inside.append(one.id)
        return frozenset(inside), frozenset(across)

    return sort


def _holds(spans: tuple[tuple[int, int], ...], instant: int) -> bool:
    """Return whether one of these sorted spans holds an instant."""
    at = bisect_right(spans, instant, key=lambda span: span[0])
    return at > 0 and instant < spans[at - 1][1]
