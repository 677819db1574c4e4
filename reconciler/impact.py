"""What a plan does to science, also where the specs are silent.

A plan looks at the dataset types that the specs speak of. A collection that somebody else made may hold others; before
the effect of linking it is told, they are looked at too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .blast import Impact, impacts
from .diff import diff
from .effect import effects
from .facts import Facts
from .intent import Desired
from .look import Look, look, whole_scope
from .observation import Observation, Scope
from .overlay import overlay
from .ports import Reader
from .resolve import children_at, reachable
from .state import Chain, State


def impacts_of(seen: Look, want: Desired, facts: Facts, repositories: Mapping[str, Reader]) -> tuple[Impact, ...]:
    """Return what the plan for what was seen does to every declared chain, and to the exposures that exist.

    `facts` are those that the look began with (see `look.look`).
    """
    goal = overlay(seen.state, want.state)
    silent = {
        place: types
        for place, observation in seen.facts.observations.items()
        if (names := _moved(observation, seen.state, goal))
        and (types := repositories[place].calibration_types(names) - whole_scope(want)(place).dataset_types)
    }
    if silent:
        seen = look(
            repositories.values(), lambda place: _wider(whole_scope(want)(place), silent.get(place)), want, facts
        )
    return impacts(effects(seen.state, want, seen.facts), repositories)


def _wider(scope: Scope, types: frozenset[str] | None) -> Scope:
    return replace(scope, dataset_types=scope.dataset_types | types) if types else scope


def _moved(seen: Observation, now: State, goal: State) -> frozenset[str]:
    """Return the existing collections that come into a search, leave it, or may change their place in it."""
    place, moved = seen.place, set[str]()
    for change in diff(now, goal):
        if isinstance(change.key, Chain) and change.key.place == place:
            before, after = now.members(change.key), goal.members(change.key)
            moved |= set(before) ^ set(after) or set(before)
    below = {name for state in (now, goal) for name in reachable(moved, children_at(state, place))}
    return frozenset(n for n in below if n in seen.collections and seen.collections[n].type != "CHAINED")
