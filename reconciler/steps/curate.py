"""Curate: put files that people wrote into one RUN of their ticket, and seal it (DMTN-222 section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..facts import Facts
from ..intent import Curation
from ..observation import Scope
from ..seals import Claim, Seal
from ..state import Change, Key, Presence, State
from ..words import count
from .base import DONE, Outcome, blocked, put
from .needs import Need
from .world import World


@dataclass(frozen=True, slots=True)
class Curate:
    """Make one RUN hold exactly the files of one date (or the undated ones)."""

    kind: ClassVar[str] = "curate"
    change: Change
    work: Curation

    @property
    def changes(self) -> tuple[Change, ...]:
        return (self.change,)

    @property
    def provides(self) -> tuple[Key, ...]:
        return (self.work.key,)

    @property
    def needs(self) -> tuple[Need, ...]:
        return ()

    @property
    def place(self) -> str:
        return self.work.key.place

    @property
    def scope(self) -> Scope:
        return Scope(frozenset({self.work.key.leaf}), frozenset(file.dataset_type for file in self.work.files))

    @property
    def edits(self) -> frozenset[str]:
        return frozenset()

    @property
    def verb(self) -> str:
        return "build"

    @property
    def subject(self) -> str:
        return self.work.key.leaf

    @property
    def title(self) -> str:
        return f"curate {self.work.key.leaf} ({count(len(self.work.files), 'file')})"

    def advance(self, state: State) -> State:
        """Return the state with the RUN complete."""
        return put(state, {self.work.key: Presence(self.work.recipe.digest, True)})

    def act(self, world: World, seen: State, facts: Facts) -> Outcome:
        """Claim, put what is missing, seal."""
        del seen, facts
        repository, run, recipe = world.repository(self.place), self.work.key.leaf, self.work.recipe
        with repository.lock(self.work.lock_name):
            standing = repository.claim(run, Claim(recipe.digest, recipe.intent, run, (), 1, world.host, ""))
            if standing.recipe != recipe.digest:
                return blocked(f"{run} was begun with other files; give the new ones a ticket or a date of their own")
            datasets = repository.put(run, self.work.files)
            repository.seal(run, Seal(recipe.digest, recipe.intent, run, datasets))
        return DONE
