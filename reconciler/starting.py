"""What a set starts from that other specs make: pinned by its lock, so that what they make anew never rebuilds it.

Inside one set a changed precursor makes its dependents stale, since recipes name recipes. Between sets it does not: the
lock holds the recipes that were reviewed, and a difference is *mixed generations*: told, and settled by a new lock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from .resolve import children_at, reachable
from .spec.documents import CalibrationSet, StartingGeneration
from .state import Cert, Gen, Key, Presence, State, Value
from .timeline import Timeline

Recipes = Mapping[str, str]
"""Leaf -> recipe."""


def started(document: CalibrationSet, so_far: Mapping[Key, Value]) -> tuple[StartingGeneration, ...]:
    """Return the generations that a set starts from, as far as specs make them; `so_far` is what they make."""
    place = document.origin
    starts = reachable(document.starting_calibs, children_at(State(so_far), place))
    types: defaultdict[str, set[str]] = defaultdict(set)
    for key, value in so_far.items():
        if isinstance(key, Cert) and key.collection in starts and key.place == place:
            assert isinstance(value, Timeline)
            for span in value:
                types[span.source.name].add(key.dataset_type)
    return tuple(
        StartingGeneration(leaf=leaf, dataset_types=tuple(sorted(held)), recipe=made.recipe)
        for leaf, held in sorted(types.items())
        if isinstance(made := so_far.get(Gen(place, leaf)), Presence)
    )


def of_type(generations: Iterable[StartingGeneration], dataset_type: str) -> Recipes:
    """Return the generations that hold a dataset type."""
    return {one.leaf: one.recipe for one in generations if dataset_type in one.dataset_types}


def mixed(
    locked: tuple[StartingGeneration, ...], now: tuple[StartingGeneration, ...], dataset_types: Iterable[str]
) -> str:
    """Return in words how what specs make now differs from what was locked, of these types; empty if it does not."""
    return "; ".join(
        difference
        for dataset_type in sorted(dataset_types)
        for difference in _differences(dataset_type, of_type(locked, dataset_type), of_type(now, dataset_type))
    )


def _differences(dataset_type: str, locked: Recipes, now: Recipes) -> Iterator[str]:
    for leaf in sorted(locked.keys() | now.keys()):
        if leaf not in now:
            yield f"{dataset_type} of {leaf} was locked, and no spec makes it any more"
        elif leaf not in locked:
            yield f"{dataset_type} of {leaf} is made now and was not locked"
        elif locked[leaf] != now[leaf]:
            yield f"{leaf} is made otherwise now than was locked"
