"""What a document that is made at one place asks of others: what they receive, and what the archive holds.

Bytes travel, validity does not: certifications and chains are wanted at each place as the specs say, so that a
recertification moves nothing (DESIGN: distribution).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

from .archive import PLACE as ARCHIVE
from .intent import Made
from .spec.documents import CalibrationSet, CuratedSet, Site
from .spec.documents.deployment import Destination
from .spec.documents.site import SiteRepository
from .state import Cert, Chain, Gen, Key, Presence, Published, Value
from .timeline import Timeline
from .work import Delivery, Publication

Document: TypeAlias = CalibrationSet | CuratedSet


def destinations(document: Document) -> Mapping[str, Destination]:
    """Return the places that a document is deployed to, in its order, but those that do without it."""
    repositories = document.deployment.repositories if document.deployment else {}
    return {place: there for place, there in repositories.items() if not there.skip}


def protected(document: Document, places: Mapping[str, SiteRepository]) -> tuple[str, ...]:
    """Return the places of a site where what a document brings is tagged: it asks for it there, or the place does."""
    return tuple(
        p for p, there in destinations(document).items() if p in places and (there.protect or places[p].protect)
    )


def distributed(document: Document, made: Made, site: Site, places: Mapping[str, object]) -> Iterator[Made]:
    """Yield what each place of a site receives of what a document makes, and what the site publishes of it."""
    here = [place for place in destinations(document) if place in places and place != document.origin]
    direct = document.origin in places
    if site.archive is None and (here and not direct):
        notice = f"{document.ticket} is built at {document.origin}, and {site.site} has no archive to receive it from"
        yield Made(notices=[f"{notice}; `archive:` in the site's document names one"])
        return
    for place in here:
        yield _received(document, made, place, document.origin if direct else ARCHIVE)
    if direct and document.deployment is not None and site.archive is not None:
        yield _published(document, made)


def _received(document: Document, made: Made, place: str, source: str) -> Made:
    types = _certified(made)
    result = Made(chains={Chain(place, chain.name): members for chain, members in made.chains.items()})
    result.archived = frozenset({document.ticket} if source == ARCHIVE else ())
    for key, value in made.values.items():
        if isinstance(key, Cert):
            result.values[replace(key, place=place)] = value
    for leaf, dataset_types in types.items():
        key, presence = Gen(place, leaf), _presence(made.values, Gen(document.origin, leaf))
        result.values[key] = presence
        result.works[key] = Delivery(key, Gen(source, leaf), presence.recipe, dataset_types, document.ticket)
    certified = {key.collection for key in made.values if isinstance(key, Cert)}
    collections = {document.naming.ticket_chain, *certified, *types}
    result.brought = {(place, name): document.origin for name in sorted(collections)}
    return result


def _published(document: Document, made: Made) -> Made:
    types = _certified(made)
    every = frozenset().union(*types.values())
    work = Publication(document.instrument, document.ticket, document.naming.ticket_chain, document.origin, every)
    there = {leaf: Published(ARCHIVE, document.ticket, leaf) for leaf in types}
    values: dict[Key, Value] = {there[leaf]: _presence(made.values, Gen(document.origin, leaf)) for leaf in types}
    tickets = frozenset({document.ticket} if types else ())
    return Made(values, publications=dict.fromkeys(there.values(), work), archived=tickets)


def _certified(made: Made) -> dict[str, frozenset[str]]:
    """Return leaf -> dataset types, of the generations that are certified; the others stay where they were made."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for key, value in made.values.items():
        if isinstance(key, Cert) and isinstance(value, Timeline):
            for span in value:
                found[span.source.name].add(key.dataset_type)
    return {leaf: frozenset(types) for leaf, types in sorted(found.items())}


def _presence(values: Mapping[Key, Value], key: Gen) -> Presence:
    value = values[key]
    assert isinstance(value, Presence)
    return value
