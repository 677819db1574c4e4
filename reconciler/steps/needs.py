"""What must be so before a step acts; each tells why it is not, and whose change would make it so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from ..facts import Facts
from ..resolve import Calendar, Straddles, children_at, flatten
from ..state import Cert, Chain, Gen, Key, Owned, Presence, State
from ..timeline import Timeline, gen
from ..work import Precursor, Start


class Need(Protocol):
    """Something that must be so before a step acts."""

    def unmet(self, state: State, facts: Facts) -> str | None:
        """Return why it is not so; None if it is."""

    @property
    def awaits(self) -> tuple[Key, ...]:
        """Return the keys whose change makes it so; the plan puts those changes first."""


@dataclass(frozen=True, slots=True)
class Complete:
    """A generation must be complete, with this recipe."""

    key: Gen
    recipe: str

    def unmet(self, state: State, facts: Facts) -> str | None:
        """Return what is there instead."""
        del facts
        found = state.get(self.key)
        return None if found == Presence(self.recipe, True) else f"needs {self.key}, which is {found or 'not there'}"

    @property
    def awaits(self) -> tuple[Key, ...]:
        """The generation."""
        return (self.key,)


@dataclass(frozen=True, slots=True)
class Certified:
    """A data ID must be certified as wanted; somebody else's ranges beside it do not matter."""

    cert: Cert
    wanted: Timeline

    def unmet(self, state: State, facts: Facts) -> str | None:
        """Return what is missing."""
        del facts
        there = state.timeline(self.cert)
        return None if self.wanted.over(there) == there else f"needs {self.cert} certified: {there}"

    @property
    def awaits(self) -> tuple[Key, ...]:
        """The certification."""
        return (self.cert,)


@dataclass(frozen=True, slots=True)
class Member:
    """A chain must hold a member."""

    chain: Chain
    name: str

    def unmet(self, state: State, facts: Facts) -> str | None:
        """Return what is missing."""
        del facts
        return None if self.name in state.members(self.chain) else f"needs {self.name} in {self.chain}"

    @property
    def awaits(self) -> tuple[Key, ...]:
        """The link."""
        return (Owned(self.chain.place, self.chain.name, self.name),)


@dataclass(frozen=True, slots=True)
class Chained:
    """Nothing but a chain may stand under a chain's name."""

    chain: Chain

    def unmet(self, state: State, facts: Facts) -> str | None:
        """Return what stands there instead."""
        del state
        seen = facts.observations.get(self.chain.place)
        found = seen.collections.get(self.chain.name) if seen else None
        if found is None or found.type == "CHAINED":
            return None
        return (
            f"{self.chain.place}: {self.chain.name} is a {found.type}, not a chain, and stays; name the chain otherwise"
        )

    @property
    def awaits(self) -> tuple[Key, ...]:
        """Nothing that we do changes it."""
        return ()


@dataclass(frozen=True, slots=True)
class Exists:
    """A collection that no spec makes must be there."""

    place: str
    collection: str

    def unmet(self, state: State, facts: Facts) -> str | None:
        """Return that it is missing."""
        del state
        seen = facts.observations.get(self.place)
        if seen is not None and self.collection in seen.collections:
            return None
        return f"needs {self.collection} at {self.place}, which does not exist and which no spec makes"

    @property
    def awaits(self) -> tuple[Key, ...]:
        """Nothing that we do makes it."""
        return ()


@dataclass(frozen=True, slots=True)
class Pinned:
    """A starting collection must hold what it held when the lock was written."""

    place: str
    start: Start

    def unmet(self, state: State, facts: Facts) -> str | None:
        """Return how it differs."""
        del state
        found = facts.fingerprint(self.place, self.start.collection, self.start.dataset_types)
        if found == self.start.fingerprint:
            return None
        return (
            f"{self.start.collection} at {self.place} is not what the lock pins "
            f"({'it does not exist' if found is None else 'its certifications differ'}); run `reconcile lock`"
        )

    @property
    def awaits(self) -> tuple[Key, ...]:
        """Nothing that we do changes it."""
        return ()


@dataclass(frozen=True, slots=True)
class Resolves:
    """The inputs must give every locked exposure the wanted precursor, not one of another epoch (BUTLER.md).

    A precursor that this set makes must come from its leaf. Any other must be what the collections in `trusted`, which
    the lock pins or specs of ours make, give by themselves: not what somebody put in front of them.
    """

    place: str
    instrument: str
    inputs: tuple[str, ...]
    precursor: Precursor
    exposures: tuple[int, ...]
    trusted: frozenset[str] = frozenset()
    older: tuple[Owned, ...] = ()
    """Links of older calibrations of the same type, which go first."""

    def unmet(self, state: State, facts: Facts) -> str | None:
        """Return the first exposures that get another calibration, with both named."""
        calendar = facts.calendar(state, self.place, self.inputs)
        known = frozenset(flatten(sorted(self.trusted), children_at(state, self.place)))
        trusted = facts.calendar(state, self.place, [c for c in calendar.path if c in known])
        wrong = list(self._wrong(calendar, trusted, facts))
        if not wrong:
            return None
        exposure, data_id, found, wanted = wrong[0]
        others = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        return (
            f"exposure {exposure}, {self.precursor.dataset_type} {data_id}{others}: "
            f"the inputs give {found}, wanted is {wanted}"
        )

    def _wrong(self, calendar: Calendar, trusted: Calendar, facts: Facts) -> Iterator[tuple[int, str, str, str]]:
        dataset_type, source = self.precursor.dataset_type, self.precursor.source
        anything = source.leaf if source else "a calibration of the starting collections"
        for exposure in self.exposures:
            when = facts.exposures.get((self.instrument, exposure))
            for data_id in self.precursor.data_ids:
                if when is None:
                    yield exposure, data_id, "nothing: the exposure is not in the repository", anything
                    break
                try:
                    found = calendar.lookup(dataset_type, data_id, when)
                    wanted = gen(source.leaf) if source else trusted.lookup(dataset_type, data_id, when)
                except Straddles as straddles:
                    yield exposure, data_id, f"an error, because {straddles}", anything
                    continue
                if found is None or found != wanted:
                    yield exposure, data_id, str(found or "nothing"), str(wanted or anything)

    @property
    def awaits(self) -> tuple[Key, ...]:
        """The links that go; what the precursor needs is said beside."""
        return self.older
