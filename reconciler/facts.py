"""What steps are blocked by: observed, never desired, never compared, never simulated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .observation import Observation, fingerprint
from .resolve import Calendar, Seams
from .seals import Claim, Seal
from .state import State
from .timeline import Timeline
from .validity import Validity

Trust: TypeAlias = Literal["none", "required"]
"""Whether approval and verification are asked for; `none` on a laptop, and every output says so."""


@dataclass(frozen=True, slots=True)
class Approval:
    """A yes that counts: for which verb, about which subject, at which place."""

    verb: str
    subject: str
    place: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether the evidence for a collection lets science see it, and if not, why: every reason, for people."""

    passed: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Software:
    """With what a collection was made, as far as it matters: why that keeps science from seeing it, and a remark.

    Attributes
    ----------
    mixed
        What was made with differing versions, in words.
    """

    reasons: tuple[str, ...] = ()
    mixed: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What gates and needs ask of the world beyond the state.

    Attributes
    ----------
    public
        Names of the public chains; what is reachable from them is what science sees.
    standings
        Collection that science is to see -> how its evidence stands. Of what is not here nothing is known.
    software
        Collection that science is to see -> what it was made with, as far as releases state versions.
    revealed
        What a link that is approved lets science see, as it was judged (see `revealed`).
    files
        The content root that a generation must have which is published, fetched or brought back, as it was judged.
    lacking
        What is missing of an approval, in words; of a verb that needs none, only what the policy asks for.
    unmerged
        Why only trials may be built; empty if the specs stand on the trusted line, or nobody asks for that.
    unverified
        Collections that the policy lets science see without a verification that passed.
    shut
        Why the site may not be changed at this hour; empty if it may.
    shelves
        Place -> what its RUN and TAGGED collections answer (see `observation.shelves`).
    seams
        Place -> where its certifications touch inside one span (see `resolve.seams`).
    pinned
        Place -> RUN -> its contents, for products made `from` an existing RUN whose digest the lock holds.
    exposures
        (instrument, exposure) -> its time span.
    lost
        Places with works of ours but no record of our links.
    """

    trust: Trust = "required"
    public: frozenset[str] = frozenset()
    approvals: frozenset[Approval] = frozenset()
    standings: Mapping[str, Standing] = field(default_factory=dict)
    software: Mapping[str, Software] = field(default_factory=dict)
    revealed: Mapping[Approval, str] = field(default_factory=dict)
    files: Mapping[Approval, str] = field(default_factory=dict)
    lacking: Mapping[Approval, str] = field(default_factory=dict)
    unmerged: str = ""
    shut: str = ""
    unverified: frozenset[str] = frozenset()
    observations: Mapping[str, Observation] = field(default_factory=dict)
    shelves: Mapping[str, Mapping[tuple[str, str], Mapping[str, Timeline]]] = field(default_factory=dict)
    seams: Mapping[str, Seams] = field(default_factory=dict)
    pinned: Mapping[str, Mapping[str, Seal]] = field(default_factory=dict)
    exposures: Mapping[tuple[str, int], Validity] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()

    def calendar(self, state: State, place: str, roots: Iterable[str]) -> Calendar:
        """Return what a search path gives at one place in a state, with what is observed there beside it."""
        return Calendar(state, place, roots, self.shelves.get(place, {}), seams=self.seams.get(place, {}))

    def seals(self, place: str) -> dict[str, Seal]:
        """Return leaf -> seal at one place."""
        return self.observations[place].seals if place in self.observations else {}

    def sealed(self, place: str, leaf: str) -> Seal:
        """Return the seal of a leaf, or of a RUN that the lock pins, at one place."""
        return {**self.pinned.get(place, {}), **self.seals(place)}[leaf]

    def claims(self, place: str) -> dict[str, Claim]:
        """Return leaf -> claim at one place."""
        return self.observations[place].claims if place in self.observations else {}

    def names(self, leaf: str, dataset_type: str, data_id: str) -> str | None:
        """Return the UUID that a leaf's seal names at any place; a UUID means the same dataset everywhere."""
        for place in self.observations:
            seal = self.seals(place).get(leaf) or self.pinned.get(place, {}).get(leaf)
            if seal is not None:
                return seal.datasets.get(dataset_type, {}).get(data_id)
        return None

    def fingerprint(self, place: str, collection: str, dataset_types: frozenset[str]) -> str | None:
        """Return the fingerprint of a starting collection as it is now; None if it does not exist."""
        seen = self.observations.get(place)
        return fingerprint(seen, collection, dataset_types) if seen else None
