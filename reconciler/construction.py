"""How a ticket's calibrations came about, told from what a repository holds: seals, certifications, chains.

Whoever asks years later needs no journal: the seals keep how each generation was made, and the registry says the rest.
What is told comes in the order in which it was done, as far as that can be known.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from graphlib import CycleError, TopologicalSorter
from typing import TypeAlias

from .names import ticket_in
from .observation import Observation, leaves, lift
from .seals import Claim, Construction, Seal
from .state import Cert
from .timeline import Timeline

_STAMP = re.compile(r"/(\d{8}T\d{6}Z)\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Generated:
    """A generation that is complete.

    Attributes
    ----------
    how
        As its seal keeps it, else as specs make the same recipe now; None if neither is known.
    """

    leaf: str
    seal: Seal
    how: Construction | None

    @property
    def remembered(self) -> bool:
        """Whether the seal keeps how it was made."""
        return self.seal.construction is not None


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A generation that was begun and is not complete."""

    leaf: str
    claim: Claim


@dataclass(frozen=True, slots=True)
class Certified:
    """Datasets of one generation or RUN, certified for one range.

    Attributes
    ----------
    source
        Its leaf, or a RUN that the ticket only takes from.
    whole
        Whether these are all datasets of their type that the source has.
    """

    collection: str
    dataset_type: str
    source: str
    begin: int
    end: int
    data_ids: tuple[str, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Strange:
    """Certified datasets that no seal names."""

    collection: str
    dataset_type: str
    data_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Linked:
    """A collection that was put in front of a chain of the ticket."""

    chain: str
    member: str


@dataclass(frozen=True, slots=True)
class Ordered:
    """A chain of the ticket that does not stand in the order in which its members came."""

    chain: str
    members: tuple[str, ...]


Deed: TypeAlias = Generated | Unfinished | Certified | Strange | Linked | Ordered


def deeds(
    seen: Observation, ticket: str, pinned: Mapping[str, Seal], specified: Mapping[str, Construction]
) -> tuple[Deed, ...]:
    """Return what was done for a ticket.

    `pinned` are RUNs that specs take products from; `specified` is recipe -> how specs make it now.
    """
    return tuple(_Story(seen, ticket, pinned, specified).told())


def holders(seen: Observation, ticket: str) -> dict[str, tuple[str, ...]]:
    """Return the chains of others that hold a collection of the ticket, with all their members."""
    return {
        name: one.children
        for name, one in sorted(seen.collections.items())
        if one.type == "CHAINED"
        and one.doc is None
        and ticket_in(name) != ticket
        and any(ticket_in(child) == ticket for child in one.children)
    }


class _Story:
    """One ticket in one repository."""

    def __init__(
        self, seen: Observation, ticket: str, pinned: Mapping[str, Seal], specified: Mapping[str, Construction]
    ) -> None:
        own = {name: one for name, one in seen.collections.items() if ticket_in(name) == ticket}
        sealed = leaves(seen)
        self.known = {**pinned, **sealed}
        self.seals = {leaf: seal for leaf, seal in sealed.items() if leaf in own}
        self.claims = {name: one.doc for name, one in own.items() if isinstance(one.doc, Claim)}
        self.chains = {n: one.children for n, one in own.items() if one.type == "CHAINED" and one.doc is None}
        self.specified = specified
        self.certified, self.strange = _certified(seen, frozenset(own), pinned, self.known)
        self.standing: dict[str, list[str]] = {name: [] for name in self.chains}

    def told(self) -> Iterator[Deed]:
        """Yield everything, in order."""
        for source in self._sources():
            if source in self.seals:
                seal = self.seals[source]
                yield Generated(source, seal, seal.construction or self.specified.get(seal.recipe))
            for one in self.certified[source]:
                yield one
                yield from self._links(one.collection)
        for strange in self.strange:
            yield strange
            yield from self._links(strange.collection)
        for chain, members in sorted(self.chains.items()):
            if members and tuple(self.standing[chain]) != members:
                yield Ordered(chain, members)
        yield from (Unfinished(leaf, claim) for leaf, claim in sorted(self.claims.items()))

    def _links(self, collection: str) -> Iterator[Linked]:
        """Yield that a collection was put in front of the chains that hold it, unless that was told."""
        for chain, members in sorted(self.chains.items()):
            standing = self.standing[chain]
            if collection in members and collection not in standing:
                yield Linked(chain, collection)
                standing.insert(0, collection)

    def _sources(self) -> list[str]:
        """Return generations in the order of making, and what is only certified where its links stand among them."""
        found = self._as_linked(in_order(self.seals))
        for source in sorted(self.certified.keys() - self.seals.keys()):
            into = {one.collection for one in self.certified[source]}
            below = {m for members in self.chains.values() for m in _below(members, into)}
            before = [n for n, one in enumerate(found) if any(c.collection in below for c in self.certified[one])]
            found.insert(max(before, default=-1) + 1, source)
        return found

    def _as_linked(self, found: list[str]) -> list[str]:
        """Return the generations so that links come as the chains have them, if each can still come after its own.

        What was begun side by side was certified and linked in an order of its own.
        """
        linked = {leaf: rank for leaf in found if (rank := self._rank(leaf)) is not None}
        turn = iter(sorted(linked, key=lambda leaf: (linked[leaf], found.index(leaf))))
        turned = [next(turn) if leaf in linked else leaf for leaf in found]
        at = {leaf: number for number, leaf in enumerate(turned)}
        sound = all(at[name] < at[leaf] for leaf in found for name in made_with(self.seals, leaf))
        return turned if sound else found

    def _rank(self, leaf: str) -> int | None:
        """Return when a generation was linked first, as the order of its chain tells; None if it was not."""
        into = {one.collection for one in self.certified.get(leaf, ())}
        ranks = [len(members) - members.index(name) for members in self.chains.values() for name in into & {*members}]
        return min(ranks, default=None)


def made_with(seals: Mapping[str, Seal], leaf: str) -> list[str]:
    """Return the generations among these that one of them is made with."""
    return [name for name, _ in seals[leaf].intent.get("precursors", ()) if name in seals]


def in_order(seals: Mapping[str, Seal]) -> list[str]:
    """Return leaves so that each comes after those it is made with, and else as they were begun."""
    sorter = TopologicalSorter({leaf: made_with(seals, leaf) for leaf in seals})
    try:
        sorter.prepare()
    except CycleError:  # somebody has written into a seal
        return sorted(seals, key=lambda leaf: (begun(seals[leaf]), leaf))
    found: list[str] = []
    ready: list[str] = []
    while sorter.is_active():
        ready += sorter.get_ready()
        ready.sort(key=lambda leaf: (begun(seals[leaf]), leaf))
        found.append(ready.pop(0))
        sorter.done(found[-1])
    return found


def begun(seal: Seal) -> str:
    """Return when the work on a generation was begun, ISO 8601 in UTC; without that, what the name of its RUN tells."""
    if seal.construction is not None and seal.construction.started:
        return seal.construction.started
    stamp = _STAMP.search(seal.run)
    try:
        when = datetime.strptime(stamp[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if stamp else None
    except ValueError:
        return ""
    return f"{when:%Y-%m-%dT%H:%M:%SZ}" if when else ""


def _certified(
    seen: Observation, own: frozenset[str], pinned: Mapping[str, Seal], known: Mapping[str, Seal]
) -> tuple[Mapping[str, list[Certified]], list[Strange]]:
    """Return source -> what is certified of it in the ticket's collections, and what no seal names."""
    alike: defaultdict[tuple[str, str, str, int, int], list[str]] = defaultdict(list)
    strange: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for key, line in lift(seen, pinned).values.items():
        if isinstance(key, Cert) and isinstance(line, Timeline) and key.collection in own:
            for begin, end, source in line:
                if source.kind == "gen":
                    alike[source.name, key.collection, key.dataset_type, begin, end].append(key.data_id)
                else:
                    strange[key.collection, key.dataset_type].add(key.data_id)
    found: defaultdict[str, list[Certified]] = defaultdict(list)
    for (name, collection, dataset_type, begin, end), ids in sorted(alike.items()):
        whole = set(ids) == set(known[name].datasets.get(dataset_type, {}))
        found[name].append(Certified(collection, dataset_type, name, begin, end, tuple(sorted(ids)), whole))
    return found, [Strange(*where, tuple(sorted(ids))) for where, ids in sorted(strange.items())]


def _below(members: tuple[str, ...], of: Iterable[str]) -> tuple[str, ...]:
    """Return the members that are searched after any of these."""
    at = [members.index(name) for name in of if name in members]
    return members[min(at) + 1 :] if at else ()
