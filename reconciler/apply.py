"""Apply a plan: once per step, observe what it reads, act if it is to do and may be done, observe again, compare.

Level-triggered: nothing is remembered between steps but what the repository says. A kill at any moment leaves a state
from which the next apply goes on; a second writer makes a compare-and-set fail, and the step looks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from .errors import ExitCode, Locked, ReconcileError, Unreachable
from .evidence import judged
from .facts import Facts
from .halted import Halted
from .intent import Desired
from .look import Look, look
from .observation import Scope
from .plan import expected
from .ports import Moved
from .state import Owned
from .steps import Outcome, Step, World, is_done
from .steps.base import DONE, UNCHANGED
from .steps.chains import Link

ATTEMPTS = 30
"""How often a step looks again after somebody else was faster. Each time somebody made progress."""


@dataclass(frozen=True, slots=True)
class Result:
    """A step and how it ended."""

    step: Step
    outcome: Outcome


def apply(
    steps: Iterable[Step],
    world: World,
    want: Desired,
    facts: Facts,
    report: Callable[[Step], None] = lambda step: None,  # noqa: ARG005  # by default nobody listens
) -> Iterator[Result]:
    """Yield the result of each step, as soon as it is known; a step that fails does not stop those beside it."""
    halted = Halted()
    for step in steps:
        report(step)
        yield Result(step, halted.told(step, _settle(step, world, want, facts)))


def _settle(step: Step, world: World, want: Desired, facts: Facts) -> Outcome:
    """Try a step until it is settled: done, unchanged, blocked, waiting, failed or unknown."""
    for _ in range(ATTEMPTS):
        try:
            return _once(step, world, want, facts)
        except Moved as moved:
            last = moved
        except Unreachable as error:
            return Outcome("unknown", str(error), error.exit_code)
        except Locked as error:
            return Outcome("waiting", str(error), error.exit_code)
        except ReconcileError as error:
            return Outcome("failed", str(error), ExitCode.FAILED)
    return Outcome("failed", f"{last} ({ATTEMPTS} times; somebody writes without end)", ExitCode.FAILED)


def _once(step: Step, world: World, want: Desired, facts: Facts) -> Outcome:
    now = _look(step, world, want, facts)
    if step.place in now.unknown:
        return Outcome("unknown", now.unknown[step.place], ExitCode.UNREACHABLE)
    goal = step.advance(now.state)
    if is_done(step, now.state):
        return UNCHANGED
    allowed = expected(step, now.state, goal, now.facts)
    if allowed.word == "blocked":
        return allowed
    outcome = step.act(world, now.state, now.facts)
    if outcome.word == "failed" and outcome.exit_code is ExitCode.OK:
        return replace(outcome, exit_code=ExitCode.FAILED)
    return outcome if outcome.word != "done" else _verified(step, world, want, facts)


def _verified(step: Step, world: World, want: Desired, facts: Facts) -> Outcome:
    """Look once more: the repository must now say what the step promised."""
    after = _look(step, world, want, facts)
    if is_done(step, after.state):
        return DONE
    lacking = "; ".join(
        str(c.key) for c in step.changes if step.advance(after.state).get(c.key) != after.state.get(c.key)
    )
    return Outcome("failed", f"DIVERGED: after {step.title}, the repository does not hold {lacking}", ExitCode.FAILED)


def _look(step: Step, world: World, want: Desired, facts: Facts) -> Look:
    scope = step.scope
    public = facts.public if facts.trust == "required" else frozenset[str]()
    collections = (scope.collections or frozenset()) | public
    narrow = Scope(collections, scope.dataset_types, scope.exposures)
    seen = look([world.repository(step.place)], lambda _: narrow, _only(step, want), facts)
    if facts.trust == "none" or not isinstance(step, Link):
        return seen
    return judged(seen, want, world.repositories, [Owned(step.place, step.chain.name, step.member)])


def _only(step: Step, want: Desired) -> Desired:
    """Return what is wanted at the step's place as far as `look` needs it: the RUNs that the locks pin."""
    works = {key: work for key, work in want.works.items() if key.place == step.place and key.leaf in _leaves(step)}
    return Desired(want.state, works)


def _leaves(step: Step) -> frozenset[str]:
    return step.scope.collections or frozenset()
