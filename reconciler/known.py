"""What is seen and wanted at one site, computed once for all cells of the matrix that are about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from .diff import diff
from .distribution import Document
from .facts import Facts
from .intent import Desired
from .overlay import overlay
from .state import Cert, Chain, Change, Gen, Key, Owned, Published, State, Tag

_Alike: TypeAlias = tuple[str, type, tuple[str, ...]]
"""Place, kind, and the collections that a key names: whether a document is concerned depends on nothing else."""


@dataclass(frozen=True)
class Known:
    """What is seen and wanted at one site, and whether just these specs were applied there before."""

    seen: State
    facts: Facts
    want: Desired
    unknown: Mapping[str, str]
    applied: bool

    @property
    def places(self) -> frozenset[str]:
        """The places that were looked at, or that could not be."""
        return frozenset({*self.facts.observations, *self.unknown})

    def changes(self, place: str) -> tuple[Change, ...]:
        """Return what differs at a place."""
        return self._changes.get(place, ())

    def wanted(self, place: str, document: Document) -> Iterator[Key]:
        """Yield the keys of a document that are wanted at a place."""
        for (at, *_), keys in self._wanted.items():
            if at == place and concerns(keys[0], document):
                yield from keys

    @cached_property
    def _changes(self) -> Mapping[str, tuple[Change, ...]]:
        found: defaultdict[str, list[Change]] = defaultdict(list)
        for change in diff(self.seen, overlay(self.seen, self.want.state)):
            found[change.key.place].append(change)
        return {place: tuple(changes) for place, changes in found.items()}

    @cached_property
    def _wanted(self) -> Mapping[_Alike, list[Key]]:
        found: defaultdict[_Alike, list[Key]] = defaultdict(list)
        for key in self.want.state.values:
            found[key.place, type(key), _collections(key)].append(key)
        return found


def concerns(key: Key, document: Document) -> bool:
    """Return whether a key is about what a document makes or certifies."""
    below = document.naming.tagged() if isinstance(key, Tag) else document.naming.ticket_chain
    return any(f"{name}/".startswith(f"{below}/") for name in _collections(key))


def _collections(key: Key) -> tuple[str, ...]:
    match key:
        case Gen(_, name) | Cert(_, name) | Chain(_, name) | Tag(_, name) | Published(_, _, name):
            return (name,)
        case Owned(_, chain, member):
            return chain, member
