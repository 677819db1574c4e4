"""Everything that specs ask of a site: the wanted state, the work behind it, and what science must rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from .state import Cert, Chain, Gen, Key, Presence, Published, State, Value
from .verification.criteria import Criteria
from .work import Examination, Publication, Work


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a calibration set rests on before science may see it: its verifications, and by what they are judged.

    Without any verification, nothing is evident.
    """

    ticket: str
    chain: Chain
    examinations: tuple[Gen, ...] = ()
    criteria: Mapping[str, Criteria] = field(default_factory=dict)
    """By instance."""

    def concerns(self, collection: str) -> bool:
        """Return whether a collection is the set's ticket chain or stands below it."""
        return f"{collection}/".startswith(f"{self.chain.name}/")


@dataclass
class Made:
    """What one document makes: wanted values, the work behind them, members of its own chains, and remarks."""

    values: dict[Key, Value] = field(default_factory=dict)
    works: dict[Gen, Work] = field(default_factory=dict)
    publications: dict[Published, Publication] = field(default_factory=dict)
    archived: frozenset[str] = frozenset()
    chains: dict[Chain, tuple[str, ...]] = field(default_factory=dict)
    brought: dict[tuple[str, str], str] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    notices: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Desired:
    """Everything that the specs ask of the places of one site.

    Attributes
    ----------
    state
        The wanted keys and values.
    works
        For each wanted generation, how it is made.
    public
        The public chains: Chain documents without a `u/` prefix.
    brought
        (place, collection) -> the place that makes it, for the ticket's collections that are deployed.
    evidence
        What the calibration sets rest on, one entry for each set.
    releases
        What releases are at the site: name -> package -> version, or a pattern for it; of those that state any.
    notices
        What specs say and this version or this site cannot do, in words.
    publications
        For each wanted generation of a ticket in the archive, with which others it is put there.
    archived
        The tickets of which something is wanted in the archive, or from it.
    """

    state: State
    works: Mapping[Gen, Work] = field(default_factory=dict)
    public: frozenset[Chain] = frozenset()
    brought: Mapping[tuple[str, str], str] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    notices: tuple[str, ...] = ()
    releases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    publications: Mapping[Published, Publication] = field(default_factory=dict)
    archived: frozenset[str] = frozenset()

    def recipe(self, key: Gen) -> str:
        """Return the recipe digest that a wanted generation has."""
        value = self.state.get(key)
        assert isinstance(value, Presence)
        return value.recipe

    def examination(self, key: Gen) -> Examination:
        """Return the work behind a verification."""
        work = self.works[key]
        assert isinstance(work, Examination)
        return work

    def evidence_of(self, place: str, collection: str) -> tuple[Evidence, ...]:
        """Return what a collection at one place rests on; nothing for one that no set makes."""
        return tuple(one for one in self.evidence if one.chain.place == place and one.concerns(collection))

    def certs_of(self, place: str, collection: str) -> tuple[Cert, ...]:
        """Return the wanted certifications in one collection, in order."""
        return self._certs.get((place, collection), ())

    def certified(self, place: str) -> frozenset[str]:
        """Return the collections at one place that the specs certify into."""
        return frozenset(collection for where, collection in self._certs if where == place)

    @cached_property
    def _certs(self) -> dict[tuple[str, str], tuple[Cert, ...]]:
        found: dict[tuple[str, str], list[Cert]] = {}
        for key in self.state.values:
            if isinstance(key, Cert):
                found.setdefault((key.place, key.collection), []).append(key)
        return {where: tuple(sorted(certs)) for where, certs in found.items()}
