"""Publish: put the generations of a ticket into the archive, from which every other site receives them.

Files first, each once by what it holds; the manifest that names them last. A kill leaves files that the next apply
finds there, and nobody receives what no manifest names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import ClassVar

from ..archive import Item, Manifest, Part
from ..archived import Archive
from ..content import Content
from ..errors import ExitCode
from ..facts import Approval, Facts
from ..intent import Desired
from ..observation import Scope
from ..parcel import Piece
from ..state import Change, Gen, Key, Presence, Published, State
from ..words import count
from ..work import Publication
from .base import DONE, Carried, Outcome, blocked, put
from .needs import Complete, Need
from .world import World


@dataclass(frozen=True, slots=True)
class Publish(Carried):
    """Make the generations of one ticket complete in the archive."""

    kind: ClassVar[str] = "publish"
    changes: tuple[Change, ...]
    work: Publication
    needs: tuple[Need, ...]

    @property
    def keys(self) -> tuple[Published, ...]:
        """The generations, as they will stand in the archive."""
        return tuple(change.key for change in self.changes if isinstance(change.key, Published))

    @property
    def provides(self) -> tuple[Key, ...]:
        return self.keys

    @property
    def place(self) -> str:
        return self.keys[0].place

    @property
    def scope(self) -> Scope:
        return Scope(frozenset(key.leaf for key in self.keys), self.work.dataset_types, files=True)

    @property
    def source(self) -> str:
        return self.work.origin

    @property
    def source_scope(self) -> Scope:
        return self.scope

    @property
    def edits(self) -> frozenset[str]:
        return frozenset()

    @property
    def verb(self) -> str:
        known = all(isinstance(change.before, Presence) for change in self.changes)
        return "restore" if known else "deploy"

    @property
    def subject(self) -> str:
        return self.work.ticket_chain

    @property
    def title(self) -> str:
        return f"publish {self.work.ticket_chain} ({count(len(self.changes), 'generation')}) from {self.source}"

    def advance(self, state: State) -> State:
        """Return the state with the generations in the archive."""
        return put(state, {change.key: change.after for change in self.changes})

    def act(self, world: World, seen: State, facts: Facts) -> Outcome:
        """Copy the files, compare what they hold with what was approved, write the manifest."""
        del seen
        repository, store = world.repository(self.source), world.archive.store
        parts: dict[str, Part] = {}
        for key in self.keys:
            seal = facts.sealed(self.source, key.leaf)
            pieces = _as_published(key.leaf, repository.pieces(seal.run, seal.datasets), world.archive)
            contents = store.keep(pieces, world.copied)
            parts[key.leaf] = Part(seal, tuple(_item(*both) for both in zip(pieces, contents, strict=True)))
        if unlike := [leaf for leaf, part in parts.items() if self._unlike(leaf, part, facts)]:
            return blocked(f"the files of {unlike[0]} are not those that were approved", ExitCode.APPROVAL)
        named = world.archive.published(self.work.ticket)
        if all(leaf in named and named[leaf].root == part.root for leaf, part in parts.items()):
            return DONE  # files were brought back that a manifest names already
        definitions = repository.definitions(self.work.dataset_types)
        store.publish(Manifest(self.work.instrument, self.work.ticket, definitions, parts))
        return DONE

    def _unlike(self, leaf: str, part: Part, facts: Facts) -> bool:
        return facts.trust != "none" and part.root != facts.files.get(Approval(self.verb, leaf, self.place))


def _as_published(leaf: str, pieces: tuple[Piece, ...], archive: Archive) -> tuple[Piece, ...]:
    """Return the pieces with what a manifest says already of these datasets: nothing else is brought back of them."""
    known = {one.uuid: one for one in archive.contents(leaf).values()}
    return tuple(replace(one, content=known.get(one.uuid)) for one in pieces)


def _item(piece: Piece, content: Content) -> Item:
    return Item(piece.dataset_type, piece.data_id, piece.uuid, piece.path, content.sha256, content.size)


def publications(changes: tuple[Change, ...], want: Desired) -> Iterator[Publish]:
    """Yield one step for each ticket of which the archive lacks something."""
    lacking = [(want.publications[c.key], c.key, c) for c in changes if isinstance(c.key, Published)]

    def ticket(of: tuple[Publication, Published, Change]) -> tuple[str, str]:
        return of[0].ticket_chain, of[0].origin

    for (_, origin), group in groupby(sorted(lacking, key=ticket), key=ticket):
        works, keys, together = zip(*group, strict=True)
        made = (Gen(origin, key.leaf) for key in keys)
        yield Publish(together, _together(works), tuple(Complete(key, want.recipe(key)) for key in made))


def _together(works: Sequence[Publication]) -> Publication:
    """Return what several sets of one ticket publish."""
    types = frozenset(dataset_type for work in works for dataset_type in work.dataset_types)
    return replace(works[0], dataset_types=types)
