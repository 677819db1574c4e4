"""Certify: the timelines of one CALIBRATION collection, in one transaction (DMTN-222 section 3.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

from ..facts import Facts
from ..intent import Desired
from ..observation import Scope
from ..state import Cert, Change, Gen, Key, State, Value
from ..timeline import Timeline
from ..words import count
from .base import Outcome, put, sources
from .needs import Complete
from .registry import commit
from .world import World


@dataclass(frozen=True, slots=True)
class Certify:
    """Give data IDs of one collection their wanted timelines."""

    kind: ClassVar[str] = "certify"
    changes: tuple[Change, ...]
    needs: tuple[Complete, ...]

    @property
    def place(self) -> str:
        return self._first.place

    @property
    def provides(self) -> tuple[Key, ...]:
        return tuple(change.key for change in self.changes)

    @property
    def scope(self) -> Scope:
        certs = [change.key for change in self.changes if isinstance(change.key, Cert)]
        leaves = sources(change.before for change in self.changes) | sources(change.after for change in self.changes)
        return Scope(frozenset({c.collection for c in certs}) | leaves, frozenset(c.dataset_type for c in certs))

    @property
    def edits(self) -> frozenset[str]:
        return frozenset({self._first.collection})

    @property
    def verb(self) -> str:
        return "recertify"

    @property
    def subject(self) -> str:
        return self._first.collection

    @property
    def title(self) -> str:
        types = ", ".join(sorted({c.key.dataset_type for c in self.changes if isinstance(c.key, Cert)}))
        return f"certify {types} in {self._first.collection} ({count(len(self.changes), 'data ID')})"

    @property
    def _first(self) -> Cert:
        key = self.changes[0].key
        assert isinstance(key, Cert)
        return key

    def advance(self, state: State) -> State:
        """Return the state with the wanted timelines; somebody else's certifications outside them stay."""
        news: dict[Key, Value] = {}
        for change in self.changes:
            assert isinstance(change.key, Cert)
            assert isinstance(change.after, Timeline)
            wanted = change.after.only(lambda source: source.kind == "gen")
            news[change.key] = wanted.over(state.timeline(change.key).only(lambda source: source.kind == "uuid"))
        return put(state, news)

    def act(self, world: World, seen: State, facts: Facts) -> Outcome:
        """Certify and decertify in one transaction."""
        return commit(self, world, seen, facts)


def certifications(changes: Iterable[Change], want: Desired) -> Iterator[Certify]:
    """Yield one step for each collection whose certifications differ."""
    certs = [change for change in changes if isinstance(change.key, Cert)]
    for _, group in groupby(certs, key=lambda c: (c.key.place, c.key.collection)):  # type: ignore[union-attr]
        together = tuple(group)
        yield Certify(together, tuple(_needs(together, want)))


def _needs(changes: tuple[Change, ...], want: Desired) -> Iterator[Complete]:
    for leaf in sorted(sources(change.after for change in changes)):
        key = Gen(changes[0].key.place, leaf)
        yield Complete(key, want.recipe(key))
