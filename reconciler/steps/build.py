"""What all steps on one generation share: they change one key, edit no collection of others, and are builds."""

from __future__ import annotations

from dataclasses import dataclass

from ..state import Change, Gen, Key, State
from .base import put


@dataclass(frozen=True, slots=True)
class Build:
    """A step that leads one generation to its wanted presence."""

    change: Change

    @property
    def key(self) -> Gen:
        """The generation."""
        assert isinstance(self.change.key, Gen)
        return self.change.key

    @property
    def changes(self) -> tuple[Change, ...]:
        return (self.change,)

    @property
    def provides(self) -> tuple[Key, ...]:
        return (self.key,)

    @property
    def place(self) -> str:
        return self.key.place

    @property
    def edits(self) -> frozenset[str]:
        return frozenset()

    @property
    def verb(self) -> str:
        return "build"

    @property
    def subject(self) -> str:
        return self.key.leaf

    def advance(self, state: State) -> State:
        """Return the state with the generation as it is wanted."""
        return put(state, {self.key: self.change.after})
