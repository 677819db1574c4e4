"""Curate: put files that people wrote into one RUN of their ticket, and seal it (DMTN-222 section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..facts import Facts
from ..observation import Scope
from ..seals import Claim, Construction, Seal
from ..state import State
from ..words import count
from ..work import Curation
from .base import DONE, Outcome, blocked
from .build import Build
from .needs import Need
from .world import World


@dataclass(frozen=True, slots=True)
class Curate(Build):
    """Make one RUN hold exactly the files of one date (or the undated ones)."""

    kind: ClassVar[str] = "curate"
    work: Curation

    @property
    def needs(self) -> tuple[Need, ...]:
        return ()

    @property
    def scope(self) -> Scope:
        return Scope(frozenset({self.key.leaf}), self.work.dataset_types)

    @property
    def title(self) -> str:
        return f"curate {self.key.leaf} ({count(len(self.work.files), 'file')})"

    def act(self, world: World, seen: State, facts: Facts) -> Outcome:
        """Claim, put what is missing, seal."""
        del seen, facts
        repository, run, recipe = world.repository(self.place), self.key.leaf, self.work.recipe
        with repository.lock(self.work.lock_name):
            claim = Claim(recipe.digest, recipe.intent, run, (), 1, world.host, "", world.moment)
            standing = repository.claim(run, claim)
            if standing.recipe != recipe.digest:
                return blocked(f"{run} was begun with other files; give the new ones a ticket or a date of their own")
            datasets = repository.put(run, self.work.files)
            how = Construction(started=standing.started, finished=world.moment, host=standing.host)
            repository.seal(run, Seal(recipe.digest, recipe.intent, run, datasets, how))
        return DONE
