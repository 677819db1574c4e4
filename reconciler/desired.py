"""From specs to what is wanted at one site: pure, and the same for the same files.

The wanted state never names a UUID: it names leaves. What a set makes is made at its origin only; the places that it
is deployed to receive it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from . import curation, generation
from .distribution import Document, destinations, distributed, protected
from .intent import Desired, Evidence, Made
from .protection import Protection
from .smoke import smoke_tests
from .spec.documents import CalibrationSet, Site
from .spec.documents import Chain as ChainDocument
from .spec.load import Tree
from .state import Chain, Gen, Key, Owned, Owner, Published, State, Value
from .work import Publication, Work


@dataclass
class _Wanted:
    """What has been gathered so far."""

    values: dict[Key, Value] = field(default_factory=dict)
    works: dict[Gen, Work] = field(default_factory=dict)
    publications: dict[Published, Publication] = field(default_factory=dict)
    archived: set[str] = field(default_factory=set)
    brought: dict[tuple[str, str], str] = field(default_factory=dict)
    protection: Protection = field(default_factory=Protection)
    evidence: list[Evidence] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def add(self, made: Made) -> None:
        """Take in what one document makes."""
        self.values.update(made.values)
        self.works.update(made.works)
        self.publications.update(made.publications)
        self.archived |= made.archived
        self.brought.update(made.brought)
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
    """Return what the specs ask of the repositories of one site, and of its archive."""
    places = {f"{site.site}/{name}": repository for name, repository in site.repositories.items()}
    wanted = _Wanted()
    for document, made in _made(tree, places):
        here = (made,) if document.origin in places else ()
        for one_made in (*here, *distributed(document, made, site, places)):
            wanted.add(one_made)
            for place in protected(document, places):
                wanted.protection.protect(document.naming, one_made.values, place)
    public: set[Chain] = set()
    for chain in tree.chains:
        for place in chain.document.repositories or tuple(places):
            if place in places and chain.document.instrument in places[place].instruments:
                public |= set(_chain(chain.document, place, tree, wanted))
    wanted.values |= wanted.protection.tags
    for one in tree.sets:
        used = {chain.place: chain for chain in public if _holds(wanted.values, chain, one.document)}
        for tried in smoke_tests(one.document, tree.catalog_of(one.document), wanted.values, used):
            wanted.add(tried)
    return Desired(
        State(wanted.values),
        wanted.works,
        frozenset(public),
        wanted.brought,
        tuple(wanted.evidence),
        (*wanted.notices, *wanted.protection.notices()),
        {name: release.packages for name, release in site.releases.items() if release.packages},
        wanted.publications,
        frozenset(wanted.archived),
    )


def _made(tree: Tree, places: Collection[str]) -> Iterator[tuple[Document, Made]]:
    """Yield what each document makes that concerns these places, where it is made, after those that it starts from."""
    so_far = _Wanted()
    for curated in tree.curated:
        if _concerns(curated.document, places):
            made = curation.made(curated, tree.root)
            so_far.add(made)
            yield curated.document, made
    for located in generation.in_order(tree):
        if _concerns(located.document, places):
            made = generation.made(located, tree, so_far.values)
            so_far.add(made)
            yield located.document, made


def _concerns(document: Document, places: Collection[str]) -> bool:
    return document.origin in places or any(place in places for place in destinations(document))


def _chain(document: ChainDocument, place: str, tree: Tree, wanted: _Wanted) -> Iterator[Chain]:
    """Want one chain at one place; yield it if it is public."""
    chain = Chain(place, document.name)
    members = document.at(place)
    lacking = {m: reason for m in members if (reason := _lacking(m, document, place, tree, wanted))}
    wanted.notices += [
        f"{place}: {document.name} is planned without {m}, {reason}" for m, reason in sorted(lacking.items())
    ]
    wanted.link(chain, tuple(m for m in members if m not in lacking), "chain")
    if not document.name.startswith("u/"):
        yield chain


def _lacking(member: str, of: ChainDocument, place: str, tree: Tree, wanted: _Wanted) -> str:
    """Return why a chain's member cannot be at a place; empty if it can, or if no spec makes it."""
    chains = [one.document for one in tree.chains if one.document.name == member]
    if chains and member not in {external.collection for external in of.external}:
        return _lacking_chain(chains, place, tree, wanted)
    document = _maker(member, tree)
    if document is None or document.origin == place or (place, member) in wanted.brought:
        return ""
    deployed = document.deployment.repositories if document.deployment else {}
    if place not in deployed:
        return f"which is built at {document.origin}; `deployment:` of {document.ticket} does not name this place"
    skipped = deployed[place].skip
    return f"which is not wanted here: {skipped}" if skipped else f"which cannot be had from {document.origin}"


def _lacking_chain(chains: list[ChainDocument], place: str, tree: Tree, wanted: _Wanted) -> str:
    """Return why a chain that documents define cannot be at a place: none of them does so there, or it is empty."""
    here = next((one for one in chains if not one.repositories or place in one.repositories), None)
    if here is None:
        return "which no document defines here"
    if all(_lacking(member, here, place, tree, wanted) for member in here.at(place)):
        return "of which nothing comes here"
    return ""


def _maker(member: str, tree: Tree) -> Document | None:
    """Return the set or curated set that makes a chain's member, if one does."""
    for one in tree.curated:
        if member in curation.collections(one.document):
            return one.document
    return next((one.document for one in tree.sets if generation.belongs(member, one.document)), None)


def _holds(values: Mapping[Key, Value], chain: Chain, document: CalibrationSet) -> bool:
    """Return whether a chain leads to what a set certifies."""
    return any(generation.belongs(member, document) for member in _members(values, chain))


def _members(values: Mapping[Key, Value], chain: Chain) -> tuple[str, ...]:
    members = values.get(chain, ())
    assert isinstance(members, tuple)
    return members
