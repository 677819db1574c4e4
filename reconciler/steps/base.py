"""What every step has: changes, needs, a scope, a pure transition and one effect.

*Done* is `advance(state) == state`. A step is blocked by facts, never by wishes: by a need that is not met or a gate
that is closed. `advance` is the pure face, from which the plan is simulated and the effect is checked; only `act`, and
`finish` of what is executed, touch the world.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, TypeAlias

from ..errors import ExitCode
from ..facts import Facts
from ..jobs import Graph
from ..observation import Scope
from ..state import Change, Key, State
from ..timeline import Timeline
from .needs import Need
from .world import World

Word: TypeAlias = Literal["done", "unchanged", "waiting", "blocked", "failed", "unknown"]
"""The six outcomes, the same in text, JSON and journal."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a step ended, why, and which exit code that asks for."""

    word: Word
    reason: str = ""
    exit_code: ExitCode = ExitCode.OK


DONE = Outcome("done")
UNCHANGED = Outcome("unchanged")


def blocked(reason: str, exit_code: ExitCode = ExitCode.ERROR) -> Outcome:
    """Return the outcome of a step that may not run."""
    return Outcome("blocked", reason, exit_code)


class Step(Protocol):
    """One thing to do. A new kind is one file here and one line in `steps/__init__.py`."""

    kind: ClassVar[str]

    @property
    def changes(self) -> tuple[Change, ...]:
        """Return what the plan shows: the keys that this step moves, as they were seen."""

    @property
    def provides(self) -> tuple[Key, ...]:
        """Return the keys that others may wait for."""

    @property
    def needs(self) -> tuple[Need, ...]:
        """Return what must be so before."""

    @property
    def place(self) -> str:
        """Return the repository that the step works on."""

    @property
    def scope(self) -> Scope:
        """Return what must be looked at to know whether the step is done, blocked or to do."""

    @property
    def edits(self) -> frozenset[str]:
        """Return the collections that the step edits in the registry; empty for jobs."""

    @property
    def verb(self) -> str:
        """Return what an approval of this step is called."""

    @property
    def subject(self) -> str:
        """Return what such an approval is about."""

    @property
    def title(self) -> str:
        """Return the step in one line."""

    def advance(self, state: State) -> State:
        """Return the state after this step; the state itself if it is done."""

    def act(self, world: World, seen: State, facts: Facts) -> Outcome | Graph:
        """Do it; a step that is executed does so as far as a graph that may run, and is finished afterwards."""


class Executed(ABC):
    """What a step is besides, if its work is a graph: those that do not await each other run side by side.

    `act` claims, builds and checks. Nothing may be held between that and `finish` but what ends with the process.
    """

    __slots__ = ()

    @abstractmethod
    def finish(self, world: World, graph: Graph) -> Outcome:
        """Look at what the graph has made, and seal it if it is complete."""


class Carried(ABC):
    """What a step is besides, if it takes from another place: that one is looked at too."""

    __slots__ = ()

    @property
    @abstractmethod
    def source(self) -> str:
        """Return the place that the step takes from."""

    @property
    @abstractmethod
    def source_scope(self) -> Scope:
        """Return what must be looked at there."""


def is_done(step: Step, state: State) -> bool:
    """Return whether the step would change nothing."""
    after = step.advance(state)
    return after is state or all(after.get(c.key) == state.get(c.key) for c in step.changes)


def put(state: State, news: Mapping[Key, object]) -> State:
    """Return `state` with these values; the same object if they are there already."""
    moved = {k: v for k, v in news.items() if (state.get(k) or None) != (v or None)}
    return state.put(moved) if moved else state  # type: ignore[arg-type]  # values come from typed steps


def sources(values: Iterable[object]) -> frozenset[str]:
    """Return the leaves that timelines among the values name: whoever looks at them must see their seals."""
    timelines = (value for value in values if isinstance(value, Timeline))
    return frozenset(span.source.name for one in timelines for span in one if span.source.kind == "gen")
