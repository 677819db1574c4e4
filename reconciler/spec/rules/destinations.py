"""Destinations: that what goes to a place is used there, and that what is used there goes to it.

All of these are warnings: a chain waits for nothing that cannot come, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from ..documents import CalibrationSet, Chain, CuratedSet
from ..documents.deployment import Destination
from ..located import FieldPath, Located
from ..problems import Problem, listed
from .context import Context

Made: TypeAlias = Located[CalibrationSet] | Located[CuratedSet]


def members_that_never_come(context: Context) -> Iterator[Problem]:
    """A chain that names its places names no member that is not deployed to one of them.

    One that is for every place takes what comes: of it, only a member that goes nowhere it is searched is told. What a
    deployment skips, with its reason, is left out of chains everywhere, but an exception for that place names it.
    """
    makers = _makers(context)
    for one in context.tree.chains:
        usual: dict[str, list[str]] = {}
        for path, member, places in _searched(context, one.document):
            maker = makers.get(member)
            if maker is None or not places:
                continue
            odd = path[0] == "exceptions"
            known = usual.get(maker.path) if not odd else None
            lacking = _lacking(maker, places, odd=odd) if known is None else known
            if not odd:
                usual[maker.path] = lacking
            if lacking and (one.document.repositories or odd or lacking == places):
                found = f"{member} does not come to {listed(lacking)}: {_why(maker, lacking[0])}"
                expected = f"a deployment of {maker.document.ticket} there, or an exception of the chain"
                yield one.problem("not-deployed", path, found, expected, severity="warning")


def deployed_for_nobody(context: Context) -> Iterator[Problem]:
    """Where official calibrations are deployed, a chain searches them."""
    searched: dict[str, list[frozenset[str]]] = {}
    for one in context.tree.chains:
        usual = frozenset(one.document.members)
        for place in _places(context, one.document):
            odd = one.document.exceptions.get(place)
            searched.setdefault(place, []).append(frozenset(odd.members) if odd else usual)
    for made, names in _all(context):
        for place in _deployed(made) if not made.document.prefix else ():
            if _comes(made, place) and all(names.isdisjoint(members) for members in searched.get(place, ())):
                found = f"no chain of {place} has a member that {made.document.ticket} makes"
                path = ("deployment", "repositories", place)
                yield made.problem("not-searched", path, found, "a Chain with it at that place", severity="warning")


def _lacking(maker: Made, places: list[str], *, odd: bool) -> list[str]:
    return [place for place in places if not _comes(maker, place) and (odd or not _skipped(maker, place))]


def _comes(made: Made, place: str) -> bool:
    """Return whether a document is made at a place, or goes there."""
    return place == made.document.origin or (place in _deployed(made) and not _skipped(made, place))


def _skipped(made: Made, place: str) -> str | None:
    """Return the reason why a place does without a document, if it names one."""
    there = _deployed(made).get(place)
    return there.skip if there else None


def _deployed(made: Made) -> Mapping[str, Destination]:
    return made.document.deployment.repositories if made.document.deployment else {}


def _why(made: Made, place: str) -> str:
    reason, document = _skipped(made, place), made.document
    return (
        f"{document.ticket} skips it ({reason})"
        if reason
        else f"{document.ticket} is built at {document.origin} and not deployed there"
    )


def _searched(context: Context, chain: Chain) -> Iterator[tuple[FieldPath, str, list[str]]]:
    """Yield each member, where it stands, and the places at which it is searched."""
    everywhere = _places(context, chain)
    there = frozenset(everywhere)
    usual = [place for place in everywhere if place not in chain.exceptions]
    yield from ((("members", index), member, usual) for index, member in enumerate(chain.members))
    for place, odd in chain.exceptions.items():
        if place in there:
            for index, member in enumerate(odd.members):
                yield ("exceptions", place, "members", index), member, [place]


def _places(context: Context, chain: Chain) -> tuple[str, ...]:
    holding = (place for place, instruments in context.instruments.items() if chain.instrument in instruments)
    return chain.repositories or tuple(holding)


def _all(context: Context) -> Iterator[tuple[Made, frozenset[str]]]:
    """Yield each document that makes something, with its collections that a chain may search."""
    for subject in context.subjects:
        certified = (one.certified for one in subject.instances if one.certified)
        yield subject.located, frozenset({subject.document.naming.ticket_chain, *certified})
    for one in context.tree.curated:
        files = (file for dataset in one.document.datasets.values() for file in dataset.files)
        yield one, frozenset({one.document.certified, *map(one.document.run, files)})


def _makers(context: Context) -> dict[str, Made]:
    """Return collection -> the document that makes it, where one alone does: several sets may share a ticket."""
    found: dict[str, list[Made]] = {}
    for made, names in _all(context):
        for name in names:
            found.setdefault(name, []).append(made)
    return {name: made[0] for name, made in found.items() if len(made) == 1}
