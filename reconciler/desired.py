"""From specs to what is wanted at one site: pure, and the same for the same files.

The wanted state never names a UUID: it names leaves. What a set makes is wanted at its origin only; other places
receive it by distribution.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from . import curation, generation
from .intent import Desired, Evidence, Made, Work
from .spec.documents import Chain as ChainDocument
from .spec.documents import Site
from .spec.load import Tree
from .state import Chain, Gen, Key, Owned, Owner, State, Value


@dataclass
class _Wanted:
    """What has been gathered so far."""

    values: dict[Key, Value] = field(default_factory=dict)
    works: dict[Gen, Work] = field(default_factory=dict)
    evidence: list[Evidence] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def add(self, made: Made) -> None:
        """Take in what one document makes."""
        self.values.update(made.values)
        self.works.update(made.works)
        self.evidence += made.evidence
        self.notices += made.notices
        for chain, members in made.chains.items():
            self.link(chain, (*members, *_members(self.values, chain)), "set")

    def link(self, chain: Chain, members: tuple[str, ...], by: Owner) -> None:
        """Want these members in this order, owned by the kind of document that asks."""
        self.values[chain] = members
        for member in members:
            self.values[Owned(chain.place, chain.name, member)] = by


def desired(tree: Tree, site: Site) -> Desired:
    """Return what the specs ask of the repositories of one site."""
    places = {f"{site.site}/{name}": repository for name, repository in site.repositories.items()}
    wanted = _Wanted()
    for curated in tree.curated:
        if curated.document.origin in places:
            wanted.add(curation.made(curated, tree.root))
    for document in generation.in_order(tree):
        if document.document.origin in places:
            wanted.add(generation.made(document, tree, wanted.values))
    public: set[Chain] = set()
    for chain in tree.chains:
        for place in chain.document.repositories or tuple(places):
            if place in places and chain.document.instrument in places[place].instruments:
                public |= set(_chain(chain.document, place, tree, wanted))
    return Desired(State(wanted.values), wanted.works, frozenset(public), tuple(wanted.evidence), tuple(wanted.notices))


def _chain(document: ChainDocument, place: str, tree: Tree, wanted: _Wanted) -> Iterator[Chain]:
    """Want one chain at one place; yield it if it is public."""
    chain = Chain(place, document.name)
    exception = document.exceptions.get(place)
    members = exception.members if exception else document.members
    elsewhere = {m for m in members if (origin := _origin(m, tree)) is not None and origin != place}
    for member in sorted(elsewhere):
        wanted.notices.append(
            f"{place}: {member} is built at {_origin(member, tree)}; bringing it here is distribution, "
            f"which this version does not do, so {document.name} is planned without it"
        )
    wanted.link(chain, tuple(m for m in members if m not in elsewhere), "chain")
    if not document.name.startswith("u/"):
        yield chain


def _origin(member: str, tree: Tree) -> str | None:
    """Return the place that builds a chain's member, if a set or a curated set does."""
    for one in tree.curated:
        if member in curation.collections(one.document):
            return one.document.origin
    return next((one.document.origin for one in tree.sets if generation.belongs(member, one.document)), None)


def _members(values: Mapping[Key, Value], chain: Chain) -> tuple[str, ...]:
    members = values.get(chain, ())
    assert isinstance(members, tuple)
    return members
