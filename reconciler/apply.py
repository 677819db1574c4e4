"""Apply a plan: once per step, observe what it reads, act if it is to do and may be done, observe again, compare.

Level-triggered: nothing is remembered between steps but what the repository says. A kill at any moment leaves a state
from which the next apply goes on; a second writer makes a compare-and-set fail, and the step looks again.

Jobs that do not await each other are begun one by one, run side by side, and finished one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias, TypeVar

from .errors import ExitCode, Locked, ReconcileError, Unreachable
from .evidence import judged
from .facts import Facts
from .groups import side_by_side
from .halted import Halted
from .intent import Desired
from .jobs import Graph
from .look import Look, look
from .observation import Scope
from .plan import expected
from .ports import Moved
from .state import Owned
from .steps import Outcome, Step, World, is_done
from .steps.base import DONE, UNCHANGED, Carried, Executed
from .steps.chains import Link

ATTEMPTS = 30
"""How often a step looks again after somebody else was faster. Each time somebody made progress."""

ENOUGH_QUANTA, ENOUGH_GRAPHS = 5_000, 32
"""How much is begun before it is run. So much keeps a crew busy for long, and takes some 150 MB: 25 kB a quantum."""

Settled = TypeVar("Settled", Outcome, Outcome | Graph)

_Begun: TypeAlias = tuple[Step, Outcome | Graph]
"""A step, and how it ended, or what is to be run before it can be finished."""


@dataclass(frozen=True, slots=True)
class Result:
    """A step and how it ended."""

    step: Step
    outcome: Outcome


def apply(steps: Iterable[Step], world: World, want: Desired, facts: Facts) -> Iterator[Result]:
    """Yield the result of each step, in their order; a step that fails does not stop those beside it."""
    halted, site = Halted(), _Site(world, want, facts)
    for group in side_by_side(steps):
        for step, outcome in site.settle(group):
            yield Result(step, halted.told(step, outcome))


@dataclass(frozen=True, slots=True)
class _Site:
    """What steps act on, and what is wanted of it."""

    world: World
    want: Desired
    facts: Facts

    def settle(self, group: Sequence[Step]) -> Iterator[tuple[Step, Outcome]]:
        """Begin each step of a group, run side by side what is to be run, and finish each."""
        for batch in _batches((step, _tried(partial(self._begin, step))) for step in group):
            graphs = [begun for _, begun in batch if isinstance(begun, Graph)]
            errors = iter(self.world.executor.submit(graphs, self.world.progress) if graphs else ())
            for step, begun in batch:
                yield step, self._finished(step, begun, next(errors)) if isinstance(begun, Graph) else begun

    def _begin(self, step: Step) -> Outcome | Graph:
        now = self._look(step)
        if step.place in now.unknown:
            return Outcome("unknown", now.unknown[step.place], ExitCode.UNREACHABLE)
        goal = step.advance(now.state)
        if is_done(step, now.state):
            return UNCHANGED
        allowed = expected(step, now.state, goal, now.facts)
        if allowed.word == "blocked":
            return allowed
        begun = step.act(self.world, now.state, now.facts)
        return begun if isinstance(begun, Graph) else self._verified(step, begun)

    def _finished(self, step: Step, graph: Graph, error: ReconcileError | None) -> Outcome:
        assert isinstance(step, Executed)  # nothing else begins a graph
        if error is not None:
            return _told(error)
        return _tried(lambda: self._verified(step, step.finish(self.world, graph)))

    def _verified(self, step: Step, outcome: Outcome) -> Outcome:
        """Look once more at what is said to be done: the repository must now say what the step promised."""
        if outcome.word == "failed" and outcome.exit_code is ExitCode.OK:
            return replace(outcome, exit_code=ExitCode.FAILED)
        if outcome.word != "done":
            return outcome
        after = self._look(step)
        if is_done(step, after.state):
            return DONE
        lacking = "; ".join(
            str(c.key) for c in step.changes if step.advance(after.state).get(c.key) != after.state.get(c.key)
        )
        return Outcome(
            "failed", f"DIVERGED: after {step.title}, the repository does not hold {lacking}", ExitCode.FAILED
        )

    def _look(self, step: Step) -> Look:
        scope, facts = step.scope, self.facts
        public = facts.public if facts.trust == "required" else frozenset[str]()
        collections = (scope.collections or frozenset()) | public
        scopes = {step.place: Scope(collections, scope.dataset_types, scope.exposures, scope.files)}
        if isinstance(step, Carried):
            scopes[step.source] = step.source_scope
        readers = [self.world.reader(place) for place in scopes]
        seen = look(readers, scopes.__getitem__, _only(scopes, self.want), facts)
        if facts.trust == "none" or not isinstance(step, Link):
            return seen
        return judged(seen, self.want, self.world.repositories, [Owned(step.place, step.chain.name, step.member)])


def _batches(begun: Iterable[_Begun]) -> Iterator[list[_Begun]]:
    """Yield what is run at a time; what belongs to a later batch is begun when the earlier one has been finished."""
    batch: list[_Begun] = []
    quanta = 0
    for step, one in begun:
        batch.append((step, one))
        quanta += one.quanta if isinstance(one, Graph) else 0
        if quanta >= ENOUGH_QUANTA or len(batch) == ENOUGH_GRAPHS:
            yield batch
            batch, quanta = [], 0
    if batch:
        yield batch


def _tried(attempt: Callable[[], Settled]) -> Settled | Outcome:
    """Try until somebody else is not faster; what goes wrong is an outcome."""
    for _ in range(ATTEMPTS):
        try:
            return attempt()
        except Moved as moved:
            last = moved
        except ReconcileError as error:
            return _told(error)
    return Outcome("failed", f"{last} ({ATTEMPTS} times; somebody writes without end)", ExitCode.FAILED)


def _told(error: ReconcileError) -> Outcome:
    match error:
        case Unreachable():
            return Outcome("unknown", str(error), error.exit_code)
        case Locked():
            return Outcome("waiting", str(error), error.exit_code)
        case _:
            return Outcome("failed", str(error), ExitCode.FAILED)


def _only(scopes: Mapping[str, Scope], want: Desired) -> Desired:
    """Return what is wanted at the places looked at as far as `look` needs it: the RUNs that the locks pin."""
    leaves = {place: scope.collections or frozenset() for place, scope in scopes.items()}
    works = {key: work for key, work in want.works.items() if key.leaf in leaves.get(key.place, frozenset())}
    return Desired(want.state, works)
