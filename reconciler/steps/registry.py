"""What all registry edits share: their effect is one commit, their gate is decided by what science could see."""

from __future__ import annotations

from ..diff import diff
from ..facts import Facts
from ..observation import lower
from ..state import Change, State
from .base import DONE, Outcome, Step
from .world import World


def commit(step: Step, world: World, seen: State, facts: Facts) -> Outcome:
    """Write what the step changes of the state just seen, by compare-and-set, in one transaction."""
    changes: tuple[Change, ...] = diff(seen, step.advance(seen))
    seals = {**facts.seals(step.place), **facts.pinned.get(step.place, {})}
    world.repository(step.place).commit(lower(changes, seals))
    return DONE
