"""What science sees before a plan and after it: per chain, which dataset gives way to which, and when.

Two chains may differ in every name and give the same; this tells. Whatever the layers of a data ID are, what is
compared is what they come to: the first collection that answers wins at each instant (see `resolve`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from .dataid import parse
from .diff import diff
from .facts import Facts
from .intent import Desired
from .observation import Observation
from .overlay import overlay
from .resolve import Calendar, children_at, reachable, seams
from .state import Cert, Chain, Key, Owned, State, Value
from .timeline import NOTHING, Source, Span, Timeline, constant, gen, timeline
from .validity import ALWAYS
from .work import Curation

Layers: TypeAlias = tuple[tuple[Span, ...], ...]
"""The ranges of each collection that has some, in search order."""
Shelves: TypeAlias = Mapping[tuple[str, str], Mapping[str, Timeline]]
Side: TypeAlias = tuple[State, Shelves]


class Shift(NamedTuple):
    """One dataset gives way to another during `[begin, end)` (TAI nanoseconds); None is no dataset."""

    begin: int
    end: int
    before: Source | None
    after: Source | None


@dataclass(frozen=True, slots=True)
class Alike:
    """Data IDs of one dataset type, instrument and filter with the same layers, and these not the same as before.

    A source is a leaf, the RUN that holds a dataset of others, or a dataset of which no RUN is known.
    """

    dataset_type: str
    instrument: str
    physical_filter: str | None
    data_ids: tuple[str, ...]
    before: Layers
    after: Layers
    shifts: tuple[Shift, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """Data IDs of one dataset type and filter for which the same changes; never without a shift."""

    dataset_type: str
    physical_filter: str | None
    data_ids: tuple[str, ...]
    shifts: tuple[Shift, ...]


@dataclass(frozen=True)
class ChainEffect:
    """What becomes of one chain that a document declares.

    Attributes
    ----------
    alike
        Every data ID whose layers change; where no instant gets another dataset, without a shift.
    """

    chain: Chain
    alike: tuple[Alike, ...]

    @cached_property
    def effects(self) -> tuple[Effect, ...]:
        """What changes, and nothing that is only rearranged."""
        found: defaultdict[tuple[str, str | None, tuple[Shift, ...]], list[str]] = defaultdict(list)
        for one in self.alike:
            if one.shifts:
                found[one.dataset_type, one.physical_filter, one.shifts] += one.data_ids
        return tuple(Effect(t, name, tuple(sorted(ids)), moved) for (t, name, moved), ids in found.items())


def effects(seen: State, want: Desired, facts: Facts) -> tuple[ChainEffect, ...]:
    """Return the effect of the whole plan on every declared chain that reaches something which the plan changes."""
    goal = overlay(seen, want.state)
    return tuple(
        compare(chain, before, after, facts.observations[chain.place])
        for chain, before, after in _calendars(seen, goal, want, facts)
    )


def compare(chain: Chain, before: Calendar, after: Calendar, seen: Observation | None = None) -> ChainEffect:
    """Return how what a chain gives differs between two calendars; `seen` tells the RUNs of foreign datasets."""
    named = by_run(seen)
    old, new = before.layers(), after.layers()
    together: defaultdict[_Fate, list[str]] = defaultdict(list)
    for question in sorted(old.keys() | new.keys()):
        was, becomes = old.get(question, []), new.get(question, [])
        if was != becomes:
            dataset_type, data_id = question
            together[_Fate(dataset_type, *_camera(data_id), _named(was, named), _named(becomes, named))].append(data_id)
    return ChainEffect(chain, tuple(_alike(fate, tuple(data_ids)) for fate, data_ids in together.items()))


class _Fate(NamedTuple):
    dataset_type: str
    instrument: str
    physical_filter: str | None
    before: Layers
    after: Layers


def _alike(fate: _Fate, data_ids: tuple[str, ...]) -> Alike:
    dataset_type, instrument, physical_filter, before, after = fate
    moved = shifts(_effective(before), _effective(after))
    return Alike(dataset_type, instrument, physical_filter, data_ids, before, after, moved)


def _camera(data_id: str) -> tuple[str, str | None]:
    """Return the instrument and, where a data ID has one, the filter: they decide which exposures ask for it."""
    dimensions = parse(data_id)
    physical_filter = dimensions.get("physical_filter")
    return str(dimensions.get("instrument", "")), None if physical_filter is None else str(physical_filter)


def shifts(before: Timeline, after: Timeline) -> tuple[Shift, ...]:
    """Return where two timelines differ, neighbours of one fate joined."""
    edges = sorted({edge for line in (before, after) for span in line for edge in (span.begin, span.end)})
    found: list[Shift] = []
    for begin, end in pairwise(edges):
        old, new = _at(before, begin), _at(after, begin)
        if found and found[-1][1:] == (begin, old, new):
            found[-1] = found[-1]._replace(end=end)
        elif old != new:
            found.append(Shift(begin, end, old, new))
    return tuple(found)


def _at(line: Timeline, instant: int) -> Source | None:
    return next((source for begin, end, source in line if begin <= instant < end), None)


def _effective(layers: Layers) -> Timeline:
    return reduce(lambda above, below: above.over(timeline(below)), layers, NOTHING)


def _named(layers: list[tuple[Span, ...]], named: Callable[[Source], Source]) -> Layers:
    return tuple(tuple([Span(begin, end, named(source)) for begin, end, source in layer]) for layer in layers)


def by_run(seen: Observation | None) -> Callable[[Source], Source]:
    """Return what names a foreign dataset by the RUN that holds it, so that the detectors of a RUN are alike.

    A RUN holds one dataset of a type and data ID, so that different datasets never get the same name.
    """
    runs: dict[str, Source] = {}
    if seen is not None:
        for (collection, _), ids in seen.contents.items():
            if seen.collections[collection].type == "RUN":
                runs.update(dict.fromkeys(ids.values(), gen(collection)))
    return lambda source: source if source.kind == "gen" else runs.get(source.name, source)


def _calendars(seen: State, goal: State, want: Desired, facts: Facts) -> Iterator[tuple[Chain, Calendar, Calendar]]:
    """Yield the calendars before and after of every declared chain that reaches a change."""
    changed = _changed(seen, goal)
    for place, observation in facts.observations.items():
        names = changed[place] | {collection for collection, _ in _filled(place, want, facts.shelves.get(place, {}))}
        if not names:
            continue
        joined, searched = seams(seen, observation), sides(place, seen, goal, want, facts)
        for chain in _declared(place, seen, want):
            if any(names & reachable([chain.name], children_at(state, place)) for state, _ in searched):
                before, after = (Calendar(state, place, [chain.name], held, seams=joined) for state, held in searched)
                yield chain, before, after


def sides(place: str, seen: State, goal: State, want: Desired, facts: Facts) -> tuple[Side, Side]:
    """Return what a search at a place goes through: as it is seen, and once the goal is reached."""
    leaves, now = _leaves(facts.observations[place]), facts.shelves.get(place, {})
    return (seen.put(leaves), now), (goal.put(leaves), _laid(_filled(place, want, now), now))


def _changed(seen: State, goal: State) -> defaultdict[str, set[str]]:
    """Return the collections, chains included, that the plan edits at each place."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for change in diff(seen, goal):
        if isinstance(change.key, Cert):
            found[change.key.place].add(change.key.collection)
        elif isinstance(change.key, Chain):
            found[change.key.place].add(change.key.name)
    return found


def _filled(place: str, want: Desired, now: Shelves) -> dict[tuple[str, str], dict[str, Timeline]]:
    """Return what curated RUNs will hold and do not yet: a RUN in a search path answers at any date."""
    found: defaultdict[tuple[str, str], dict[str, Timeline]] = defaultdict(dict)
    for key, work in want.works.items():
        if key.place == place and isinstance(work, Curation):
            line = constant(ALWAYS, gen(key.leaf))
            for file in work.files:
                shelf = key.leaf, file.dataset_type
                if file.data_id not in now.get(shelf, {}):
                    found[shelf][file.data_id] = line
    return found


def _laid(filled: Shelves, now: Shelves) -> Shelves:
    return {**now, **{shelf: {**now.get(shelf, {}), **lines} for shelf, lines in filled.items()}}


def _leaves(seen: Observation) -> dict[Key, Value | None]:
    """Return the chains that bear documents of ours, which no plan edits and a search goes through all the same."""
    return {
        Chain(seen.place, name): one.children
        for name, one in seen.collections.items()
        if one.doc is not None and one.type == "CHAINED"
    }


def _declared(place: str, seen: State, want: Desired) -> list[Chain]:
    """Return the chains that documents declare, or declared when our links in them were made."""
    owned = (
        Chain(place, key.chain)
        for state in (seen, want.state)
        for key, by in state.values.items()
        if isinstance(key, Owned) and key.place == place and by == "chain"
    )
    return sorted({*owned, *(chain for chain in want.public if chain.place == place)})
