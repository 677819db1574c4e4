"""A site as it was seen: repositories that stand still, to be looked at again where nobody can reach them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, NoReturn, TypeAlias

from .errors import ReconcileError, Unreachable
from .holdings import Taken
from .observation import Observation, Scope
from .ports import Reader
from .resolve import reachable
from .validity import ALWAYS, Validity

Pairs: TypeAlias = Mapping[tuple[str, str], Mapping[str, Any]]
"""(collection, dataset type) -> data ID -> anything."""


@dataclass(frozen=True)
class Still:
    """One repository as a snapshot has it: a `Reader` that opens nothing.

    Attributes
    ----------
    observation
        Without exposures.
    dataset_types
        Those that were looked at; of others nothing is known, but that `held` does not name them.
    held
        Those that any collection held: of every other type there was nothing.
    calibrations
        Those among them that are calibrations by their definition.
    exposures
        Instrument -> every exposure that had a time span, in order of id.
    """

    observation: Observation
    dataset_types: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    calibrations: frozenset[str] = frozenset()
    exposures: Mapping[str, tuple[Taken, ...]] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Return the name of the repository."""
        return self.observation.place

    def observe(self, scope: Scope) -> Observation:
        """Return what was seen within the scope; raise `Unreachable` for dataset types that were not looked at."""
        if unseen := scope.dataset_types & self.held - self.dataset_types:
            raise Unreachable(
                f"{self.place}: the snapshot does not tell of {', '.join(sorted(unseen))}",
                hint="`reconcile observe` again with these specs",
            )
        seen = self.observation
        held = seen.collections.keys() if scope.collections is None else self._below(scope.collections)
        return replace(
            seen,
            collections={name: one for name, one in seen.collections.items() if name in held},
            certifications=_within(seen.certifications, held, scope.dataset_types),
            contents=_within(seen.contents, held, scope.dataset_types),
            exposures={key: self._spans[key] for key in scope.exposures if key in self._spans},
        )

    def calibration_types(self, collections: frozenset[str]) -> frozenset[str]:
        """Return the dataset types of calibrations that these collections held."""
        held = (*self.observation.certifications, *self.observation.contents)
        return frozenset(name for collection, name in held if collection in collections) & self.calibrations

    def held_types(self) -> frozenset[str]:
        """Return the dataset types that any collection held."""
        return self.held

    def exposures_during(
        self, instrument: str, windows: tuple[Validity, ...], filters: frozenset[str] | None = None
    ) -> tuple[Taken, ...]:
        """Return the exposures whose time span overlaps any of these windows, in order of id."""
        edges = _disjoint(windows)
        ends = [end for _, end in edges]
        found = []
        for one in self.exposures.get(instrument, ()):
            at = bisect_left(ends, one.validity.begin + 1)
            inside = at < len(edges) and edges[at][0] < one.validity.end
            if inside and (filters is None or one.physical_filter in filters):
                found.append(one)
        return tuple(found)

    @cached_property
    def _spans(self) -> dict[tuple[str, int], Validity]:
        return {(name, one.id): one.validity for name, taken in self.exposures.items() for one in taken}

    def _below(self, roots: frozenset[str]) -> frozenset[str]:
        collections = self.observation.collections
        return reachable(
            sorted(roots & collections.keys()), lambda name: collections[name].children if name in collections else ()
        )


@dataclass(frozen=True, slots=True)
class Unseen:
    """A repository of which a snapshot tells nothing: every look at it raises `Unreachable` with the reason."""

    place: str
    reason: str

    def observe(self, scope: Scope) -> Observation:
        """Raise `Unreachable`."""
        del scope
        self._raise()

    def calibration_types(self, collections: frozenset[str]) -> frozenset[str]:
        """Raise `Unreachable`."""
        del collections
        self._raise()

    def held_types(self) -> frozenset[str]:
        """Raise `Unreachable`."""
        self._raise()

    def exposures_during(
        self, instrument: str, windows: tuple[Validity, ...], filters: frozenset[str] | None = None
    ) -> tuple[Taken, ...]:
        """Raise `Unreachable`."""
        del instrument, windows, filters
        self._raise()

    def _raise(self) -> NoReturn:
        raise Unreachable(self.reason)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A site as it was seen: its repositories by place, and why others could not be looked at.

    Attributes
    ----------
    taken
        When that was, for one that is signed; None for others, so that equal contents are equal files.
    """

    site: str
    stills: Mapping[str, Still]
    unknown: Mapping[str, str] = field(default_factory=dict)
    taken: datetime | None = None

    def readers(self, site: str, places: Iterable[str]) -> dict[str, Reader]:
        """Return what stands for these repositories of a site; raise `ReconcileError` if this is another site's."""
        if site != self.site:
            raise ReconcileError(
                f"the snapshot is of site {self.site}, not of {site}", hint="say --site with the site that it is of"
            )
        return {place: self.stills.get(place) or Unseen(place, self._why(place)) for place in places}

    def _why(self, place: str) -> str:
        return self.unknown.get(place, f"{place}: the snapshot does not tell of this repository")


def take(reader: Reader, instruments: Iterable[str], dataset_types: frozenset[str]) -> Still:
    """Look at all collections of a repository, at these dataset types and at whatever is certified or tagged beside.

    Raises `Unreachable`.
    """
    names = reader.observe(Scope(None)).collections
    flat = frozenset(name for name, one in names.items() if one.type != "CHAINED")
    calibrations = reader.calibration_types(flat)
    wanted = dataset_types | calibrations
    seen = reader.observe(Scope(None, wanted))
    exposures = {name: reader.exposures_during(name, (ALWAYS,)) for name in sorted(instruments)}
    return Still(seen, wanted, reader.held_types(), calibrations, exposures)


def _within(pairs: Pairs, collections: Iterable[str], dataset_types: frozenset[str]) -> dict[tuple[str, str], Any]:
    held = frozenset(collections)
    return {key: ids for key, ids in pairs.items() if key[0] in held and key[1] in dataset_types}


def _disjoint(windows: Iterable[Validity]) -> list[tuple[int, int]]:
    """Return the windows in order of time, those that overlap joined."""
    joined: list[tuple[int, int]] = []
    for one in sorted(windows):
        if joined and one.begin <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], one.end)
        else:
            joined.append((one.begin, one.end))
    return joined
