"""The plan: the steps from what is seen to the goal, in an order in which each finds what it needs.

Pure: the same observation and specs give the same plan, byte for byte. Whether a step would be blocked is told by
walking through the plan on a simulated state, so that the plan says what apply will say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from . import gates
from .facts import Facts
from .foreign import findings
from .halted import Halted
from .intent import Desired
from .overlay import overlay
from .seals import digest
from .state import Key, State, in_order
from .steps import Outcome, Step, is_done, make_steps
from .steps.base import DONE, blocked


@dataclass(frozen=True, slots=True)
class Planned:
    """One step, and what apply would say if nothing else happened: done, or blocked and why."""

    step: Step
    expected: Outcome


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to do at one site.

    Attributes
    ----------
    foreign
        What others made and we keep, in words.
    notices
        What specs ask and cannot be had, in words.
    unknown
        Places that could not be read, or whose record is lost: nothing is planned on what is not known.
    basis
        The values that the plan rests on, for the check of a saved plan.
    """

    steps: tuple[Planned, ...]
    foreign: tuple[str, ...]
    notices: tuple[str, ...]
    unknown: Mapping[str, str]
    basis: Mapping[str, str]

    @property
    def empty(self) -> bool:
        """Whether nothing is to do."""
        return not self.steps


def make_plan(seen: State, facts: Facts, want: Desired, unknown: Mapping[str, str]) -> Plan:
    """Return the plan that leads from `seen` to what is wanted, laid over what others made."""
    goal = overlay(seen, want.state)
    steps = in_sequence(make_steps(seen, goal, want, facts))
    return Plan(
        steps=tuple(simulate(steps, seen, facts)),
        foreign=findings(seen, facts, want),
        notices=want.notices,
        unknown={**unknown, **dict.fromkeys(sorted(facts.lost), _LOST)},
        basis=basis(seen, steps),
    )


_LOST = (
    "the record of our links is lost: what the specs no longer want cannot be told from what others made. "
    "Look at the chains, then `reconcile apply --new-record` begins a new record"
)


def in_sequence(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return the steps so that each comes after those whose keys it awaits; ties keep the order given."""
    listed = list(steps)
    maker = {key: i for i, step in enumerate(listed) for key in step.provides}
    awaited = {
        i: sorted({maker[key] for need in step.needs for key in need.awaits if maker.get(key, i) != i})
        for i, step in enumerate(listed)
    }
    sorter = TopologicalSorter(awaited)
    sorter.prepare()
    order: list[int] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += ready
        sorter.done(*ready)
    return tuple(listed[i] for i in order)


def simulate(steps: Iterable[Step], seen: State, facts: Facts) -> Iterable[Planned]:
    """Yield each step with what apply would say; a blocked step leaves the state as it is."""
    state, halted = seen, Halted()
    for step in steps:
        after = step.advance(state)
        outcome = halted.told(step, expected(step, state, after, facts))
        yield Planned(step, outcome)
        if outcome is DONE:
            state = after


def expected(step: Step, before: State, after: State, facts: Facts) -> Outcome:
    """Return whether the step may act in this state, and if not, why."""
    if is_done(step, before):
        return DONE
    if step.place in facts.lost and step.edits:
        return blocked(f"{step.place}: {_LOST}")
    for need in step.needs:
        if reason := need.unmet(before, facts):
            return blocked(reason)
    return gates.closed(step, before, after, facts) or DONE


def basis(seen: State, steps: Iterable[Step]) -> dict[str, str]:
    """Return digests of the values that the steps change or await, as they were seen."""
    keys: set[Key] = {change.key for step in steps for change in step.changes}
    keys |= {key for step in steps for need in step.needs for key in need.awaits}
    return {f"{type(key).__name__} {key}": digest(str(seen.get(key))) for key in in_order(keys)}
