"""What a repository holds, or should hold: one flat mapping from keys to values.

Desired, observed and simulated states are the same type in the same canonical form, so that `diff` is a small total
function. A key names one thing that can be reconciled at one place; a *place* is a repository (`usdf/main`). Values
are symbolic: they name leaves, never UUIDs, unless a dataset is not ours (see `lift`).

A new kind of key is one class here and one line in `Key`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .timeline import Source, Timeline


@dataclass(frozen=True, slots=True, order=True)
class Gen:
    """A generation: the datasets that one job made, under one leaf. Value: `Presence`."""

    place: str
    leaf: str

    def __str__(self) -> str:
        return f"{self.leaf} at {self.place}"


@dataclass(frozen=True, slots=True, order=True)
class Cert:
    """The certifications of one data ID in one CALIBRATION collection. Value: `Timeline`."""

    place: str
    collection: str
    dataset_type: str
    data_id: str

    def __str__(self) -> str:
        return f"{self.dataset_type} {self.data_id} in {self.collection} at {self.place}"


@dataclass(frozen=True, slots=True, order=True)
class Chain:
    """The members of a CHAINED collection. Value: a tuple of names; an empty chain is the same as none."""

    place: str
    name: str

    def __str__(self) -> str:
        return f"chain {self.name} at {self.place}"


@dataclass(frozen=True, slots=True, order=True)
class Tag:
    """A dataset in a TAGGED collection, which keeps it from being cleaned away. Value: `Source`."""

    place: str
    name: str
    dataset_type: str
    data_id: str

    def __str__(self) -> str:
        return f"{self.dataset_type} {self.data_id} tagged in {self.name} at {self.place}"


@dataclass(frozen=True, slots=True, order=True)
class Owned:
    """A link that we made, as the repository's record tells. Value: the kind of document that asked for it."""

    place: str
    chain: str
    member: str

    def __str__(self) -> str:
        return f"ownership of {self.member} in {self.chain} at {self.place}"


@dataclass(frozen=True, slots=True, order=True)
class Published:
    """A generation that a manifest of a ticket names, in the archive. Value: `Presence`, as its `Gen` has there.

    Tickets that certify one RUN share its files, and each has a manifest of its own.
    """

    place: str
    ticket: str
    leaf: str

    def __str__(self) -> str:
        return f"{self.leaf} of {self.ticket} at {self.place}"


@dataclass(frozen=True, slots=True)
class Presence:
    """A generation's recipe digest, and whether everything that its seal names is there."""

    recipe: str
    complete: bool

    def __str__(self) -> str:
        return f"{'complete' if self.complete else 'unfinished'} ({self.recipe[:19]})"


Owner: TypeAlias = Literal["chain", "set"]
"""What asked for a link: a Chain document, or a calibration set for its own ticket chain."""

Key: TypeAlias = Gen | Cert | Chain | Tag | Owned | Published
Value: TypeAlias = Presence | Timeline | tuple[str, ...] | Source | Owner


@dataclass(frozen=True, slots=True)
class State:
    """Keys and values, and the places of which nothing is known because they could not be read."""

    values: Mapping[Key, Value] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()

    def get(self, key: Key) -> Value | None:
        """Return the value, or None where there is nothing."""
        return self.values.get(key)

    def members(self, chain: Chain) -> tuple[str, ...]:
        """Return the members of a chain; nothing and an empty chain are the same."""
        value = self.values.get(chain, ())
        assert isinstance(value, tuple)
        return value

    def timeline(self, cert: Cert) -> Timeline:
        """Return the certified timeline; empty where there is none."""
        value = self.values.get(cert, _NOTHING)
        assert isinstance(value, Timeline)
        return value

    def put(self, news: Mapping[Key, Value | None]) -> State:
        """Return the state with these values; None and empty values take the key away."""
        values = {k: v for k, v in self.values.items() if k not in news}
        values.update((k, v) for k, v in news.items() if v)
        return State(values, self.unknown)


_NOTHING = Timeline(())


@dataclass(frozen=True, slots=True)
class Change:
    """One key whose value differs; `before` and `after` are never equal."""

    key: Key
    before: Value | None
    after: Value | None

    def __post_init__(self) -> None:
        if self.before == self.after:
            raise ValueError(f"no change of {self.key}: {self.before}")


def in_order(keys: Iterable[Key]) -> list[Key]:
    """Return the keys in the one order that plans, files and tests use."""
    return sorted(keys, key=lambda key: (type(key).__name__, key))
