"""One of several operators, each in a process of their own, who apply at one repository at the same time."""

from __future__ import annotations

from multiprocessing.synchronize import Barrier
from pathlib import Path

from reconciler.apply import apply
from reconciler.observation import Scope
from reconciler.spec.documents import Model
from reconciler.steps import Step
from tests import butler_world
from tests.worlds import PUBLIC, Ask, calibration_set, chain

TICKETS = tuple(f"DM-{number}" for number in range(1, 9))


def documents() -> list[Model]:
    """Return a set of bias and dark for each ticket, and one chain of them all."""
    sets = [one for ticket in TICKETS for one in calibration_set((Ask("bias"), Ask("dark")), ticket)]
    return [*sets, chain(*(f"{PUBLIC}/{ticket}" for ticket in TICKETS), f"{PUBLIC}/OLD")]


def concerns(step: Step, ticket: str) -> bool:
    """Return whether a step is about a ticket: it makes, certifies or links what belongs to it."""
    return f"{step.subject}/".startswith(f"{PUBLIC}/{ticket}/")


def write(root: str, ticket: str, start: Barrier) -> None:
    """Apply what the plan says of one ticket, from the moment when everybody is ready, until it is done."""
    small = butler_world.on_butler(Path(root))
    want, facts = small.want(*documents())
    small.repository.observe(Scope(frozenset()))
    start.wait()
    while steps := [p.step for p in small.plan(want, facts).steps if concerns(p.step, ticket)]:
        for result in apply(steps, small.world(), want, facts):
            assert result.outcome.word in ("done", "unchanged"), (result.step.title, result.outcome)
    butler_world.close(small)
