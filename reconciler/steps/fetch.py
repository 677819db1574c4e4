"""Fetch: bring a generation that another place has made, under the same UUIDs (DMTN-222 section 3.5).

Receive, claim, keep, seal: nothing is written before every file of the generation has come and is what was promised.
A kill leaves whole datasets or files that have come, and the next apply goes on from there. Where the seal stands
already and files are lost, only those are received again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from ..archive import PLACE as ARCHIVE
from ..content import Content, content_root
from ..errors import ExitCode, Unreachable
from ..facts import Approval, Facts
from ..observation import Scope, missing
from ..parcel import Definition, Piece
from ..ports import Repository
from ..seals import Claim, Seal
from ..state import Gen, Key, Presence, State
from ..words import count
from ..work import Delivery
from .base import DONE, Carried, Outcome, blocked
from .build import Build
from .needs import Need
from .world import World


@dataclass(frozen=True, slots=True)
class Available:
    """A generation must be complete where it is taken from."""

    key: Gen
    recipe: str

    def unmet(self, state: State, facts: Facts) -> str | None:
        """Return what is there instead, and who brings it."""
        if self.key.place in state.unknown:
            return f"{self.key.leaf} cannot be had: {self.key.place} cannot be read"
        found = state.get(self.key)
        if isinstance(found, Presence) and found.recipe != self.recipe:
            return f"{self.key} was made with another recipe ({found})"
        if isinstance(found, Presence) and found.complete:
            return None
        way = "apply at its origin publishes it" if self.key.place == ARCHIVE else "it is made there first"
        if lacking := self._lacking(facts):
            what = f"{count(len(lacking), 'dataset')} of {self.key.leaf} not whole at {self.key.place}"
            again = f"{way} again" if self.key.place == ARCHIVE else "it is brought back there first"
            return f"{what}, first {' '.join(lacking[0])}; {again}"
        return f"{self.key.leaf} is {found or 'not'} at {self.key.place} yet; {way}"

    def _lacking(self, facts: Facts) -> tuple[tuple[str, str], ...]:
        """Return which datasets of a sealed generation are lost there."""
        seen, seal = facts.observations.get(self.key.place), facts.seals(self.key.place).get(self.key.leaf)
        return missing(seal, seen) if seen is not None and seal is not None else ()

    @property
    def awaits(self) -> tuple[Key, ...]:
        """The generation there."""
        return (self.key,)


@dataclass(frozen=True, slots=True)
class Fetch(Build, Carried):
    """Make one generation complete by what another place holds of it."""

    kind: ClassVar[str] = "fetch"
    work: Delivery
    sealed: bool = False
    """Whether it stood here before, and only files are brought back."""

    @property
    def needs(self) -> tuple[Need, ...]:
        return (Available(self.work.source, self.work.recipe),)

    @property
    def scope(self) -> Scope:
        return Scope(frozenset({self.key.leaf}), self.work.dataset_types, files=True)

    @property
    def source(self) -> str:
        return self.work.source.place

    @property
    def source_scope(self) -> Scope:
        return Scope(frozenset({self.work.source.leaf}), self.work.dataset_types, files=True)

    @property
    def verb(self) -> str:
        return "restore" if self.sealed else "deploy"

    @property
    def title(self) -> str:
        what = "lost files of " if self.sealed else ""
        return f"fetch {what}{self.key.leaf} from {self.source}"

    def act(self, world: World, seen: State, facts: Facts) -> Outcome:
        """Compare what is offered with what was approved, receive what is missing, claim, keep, seal."""
        del seen
        repository, leaf = world.repository(self.place), self.key.leaf
        seal = facts.sealed(self.source, self.work.source.leaf)
        with repository.lock(self.work.lock_name):
            sealed = facts.seals(self.place).get(leaf)
            if sealed is not None and sealed.datasets != seal.datasets:
                return blocked(f"{leaf} at {self.place} is sealed with other datasets than at {self.source}")
            definitions, pieces = self._offered(world, seal)
            if reason := self._unlike(seal, pieces, facts):
                return blocked(reason, ExitCode.APPROVAL)
            with repository.receive(seal.run, definitions, pieces, world.copied) as arrivals:
                if sealed is None and (reason := self._claimed(repository, seal, world)):
                    return blocked(reason)
                arrivals.keep()
            if sealed is None:
                repository.seal(leaf, seal)
        return DONE

    def _claimed(self, repository: Repository, seal: Seal, world: World) -> str:
        """Claim the leaf; return why that cannot be, or nothing."""
        claim = Claim(seal.recipe, seal.intent, seal.run, (), 1, world.host, "")
        standing = repository.claim(self.key.leaf, claim)
        if standing.recipe != seal.recipe:
            return f"{self.key.leaf} was begun with another recipe at {self.place}"
        return ""

    def _offered(self, world: World, seal: Seal) -> tuple[Mapping[str, Definition], tuple[Piece, ...]]:
        """Return how the dataset types are defined, and the files with what they hold."""
        if self.source == ARCHIVE:
            part, definitions = world.archive.part(self.work.source.leaf)
            return definitions, world.archive.store.pieces(part)
        there = world.repository(self.source)
        pieces, known = there.pieces(seal.run, seal.datasets), self._published(world)
        if any(one.uuid not in known for one in pieces):
            read = there.digests(seal.run, tuple(sorted(seal.datasets)))
            known = {**{one.uuid: one for one in read.values()}, **known}
        offered = tuple(replace(one, content=known[one.uuid]) for one in pieces)
        return there.definitions(frozenset(seal.datasets)), offered

    def _published(self, world: World) -> Mapping[str, Content]:
        """Return by UUID what was published of the generation: what the source holds may have rotted since.

        A copy within a site awaits no archive: of what cannot be asked, the source is believed.
        """
        try:
            contents = world.store.contents(self.work.source.leaf) if world.store is not None else {}
        except Unreachable:
            return {}
        return {one.uuid: one for one in contents.values()}

    def _unlike(self, seal: Seal, pieces: tuple[Piece, ...], facts: Facts) -> str:
        """Return how the files differ from those that were approved; nothing if nobody asks, or they do not."""
        if facts.trust == "none":
            return ""
        contents = {(p.dataset_type, p.data_id): p.content for p in pieces if isinstance(p.content, Content)}
        if content_root(seal, contents) == facts.files.get(Approval(self.verb, self.subject, self.place)):
            return ""
        return f"the files of {self.key.leaf} at {self.source} are not those that were approved"
