"""Refuse: a difference that nothing but a person may settle. It is in the plan so that it is seen, and never acts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..facts import Facts
from ..observation import Scope
from ..state import Key, State
from .base import Outcome, blocked
from .build import Build
from .needs import Need
from .world import World


@dataclass(frozen=True, slots=True)
class Never:
    """A need that only a person can meet."""

    reason: str

    def unmet(self, state: State, facts: Facts) -> str | None:
        """Return the reason."""
        del state, facts
        return self.reason

    @property
    def awaits(self) -> tuple[Key, ...]:
        """Nothing."""
        return ()


@dataclass(frozen=True, slots=True)
class Refuse(Build):
    """A change that must not be made as it stands, and what to do instead."""

    kind: ClassVar[str] = "refuse"
    reason: str

    @property
    def needs(self) -> tuple[Need, ...]:
        return (Never(self.reason),)

    @property
    def scope(self) -> Scope:
        return Scope(frozenset())

    @property
    def title(self) -> str:
        return f"refused: {self.change.key}"

    def act(self, world: World, seen: State, facts: Facts) -> Outcome:
        """Never do it."""
        del world, seen, facts
        return blocked(self.reason)
