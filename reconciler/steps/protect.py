"""Protect: tag what is deployed, so that automatic cleaning leaves it (DMTN-222 section 3.5.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

from ..facts import Facts
from ..intent import Desired
from ..observation import Scope
from ..state import Change, Gen, Key, State, Tag
from ..timeline import Source
from ..words import count
from .base import Outcome, put
from .needs import Complete, Need
from .refuse import Never
from .registry import commit
from .world import World


@dataclass(frozen=True, slots=True)
class Protect:
    """Tag datasets in one TAGGED collection."""

    kind: ClassVar[str] = "protect"
    changes: tuple[Change, ...]
    needs: tuple[Need, ...]

    @property
    def keys(self) -> tuple[Tag, ...]:
        """What is tagged."""
        return tuple(change.key for change in self.changes if isinstance(change.key, Tag))

    @property
    def place(self) -> str:
        return self.keys[0].place

    @property
    def provides(self) -> tuple[Key, ...]:
        return self.keys

    @property
    def scope(self) -> Scope:
        leaves = frozenset(name for change in self.changes for name in _leaves(change))
        return Scope(leaves | {self.subject}, frozenset(key.dataset_type for key in self.keys))

    @property
    def edits(self) -> frozenset[str]:
        return frozenset({self.subject})

    @property
    def verb(self) -> str:
        return "protect"

    @property
    def subject(self) -> str:
        return self.keys[0].name

    @property
    def title(self) -> str:
        return f"protect {count(len(self.changes), 'dataset')} by {self.subject}"

    def advance(self, state: State) -> State:
        """Return the state with everything tagged."""
        return put(state, {change.key: change.after for change in self.changes})

    def act(self, world: World, seen: State, facts: Facts) -> Outcome:
        """Tag all of them in one transaction."""
        return commit(self, world, seen, facts)


def protections(changes: tuple[Change, ...], want: Desired) -> Iterator[Protect]:
    """Yield one step for each TAGGED collection that lacks something."""
    tags = [change for change in changes if isinstance(change.key, Tag)]
    for _, group in groupby(tags, key=lambda change: (change.key.place, change.key.name)):  # type: ignore[union-attr]
        together = tuple(group)
        yield Protect(together, tuple(_needs(together, want)))


def _needs(changes: tuple[Change, ...], want: Desired) -> Iterator[Need]:
    place = changes[0].key.place
    for leaf in sorted({name for change in changes for name in _leaves(change)}):
        key = Gen(place, leaf)
        yield Complete(key, want.recipe(key))
    for change in changes:
        if change.before is not None:
            yield Never(
                f"{change.key} is {change.before}, which somebody else has tagged; "
                "nothing is untagged that may be the only thing that keeps it: look, and take it out by `butler`"
            )


def _leaves(change: Change) -> tuple[str, ...]:
    return (change.after.name,) if isinstance(change.after, Source) and change.after.kind == "gen" else ()
