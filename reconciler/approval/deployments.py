"""Statements about deployments: what a set brings to one place, by its contents, and what the archive is to hold.

What is deployed was adopted where it was made: a yes to deploy opens nothing unless the adoption that was signed there
has these very generations, byte for byte. So those who adopt look at what it does to science, and those who deploy say
where it goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ..archive import PLACE as ARCHIVE
from ..distribution import destinations
from ..facts import Approval
from ..seals import Seal, digest
from ..spec.documents import CalibrationSet, CuratedSet
from ..spec.load import Tree
from ..spec.located import Located
from ..state import Cert
from ..steps import Step
from .documents import makes
from .effects import Asked, Scene, made_by
from .statement import Statement

Deployable: TypeAlias = Located[CalibrationSet] | Located[CuratedSet]


@dataclass(frozen=True)
class Deployment(Asked):
    """A statement to deploy, or to publish, which counts only together with an adoption.

    Attributes
    ----------
    contents
        The parts that the adoption must have too; the digests of files beside.
    origin
        Where it is adopted.
    """

    contents: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""


def deployable(tree: Tree) -> tuple[Deployable, ...]:
    """Return the documents that say where they go."""
    documents: tuple[Deployable, ...] = (*tree.sets, *tree.curated)
    return tuple(one for one in documents if one.document.deployment is not None)


def deployments(steps: Iterable[Step], scene: Scene) -> Iterator[Deployment]:
    """Yield what must be said yes to before the steps of a plan that deploy or publish."""
    asking = {(step.place, step.subject) for step in steps if step.verb == "deploy"}
    for one in deployable(scene.tree):
        chain = one.document.naming.ticket_chain
        for place in destinations(one.document):
            if any(where == place and (name == chain or makes(one, name)) for where, name in asking):
                yield deployment(one, place, scene)
        if (ARCHIVE, chain) in asking:
            yield _publication(one, scene)


def worth_signing(found: Iterable[Asked]) -> tuple[Asked, ...]:
    """Return what people are shown: an adoption that is asked for with its link serves the archive as well.

    A yes to the lesser one, of the same collection, would overtake the yes of whoever signed before.
    """
    everything = tuple(found)
    linked = {_about(one.statement) for one in everything if not isinstance(one, Deployment)}
    return tuple(one for one in everything if not (isinstance(one, Deployment) and _about(one.statement) in linked))


def _about(statement: Statement) -> tuple[str, str, str]:
    return statement.verb, statement.subject, statement.site


def deployment(one: Deployable, place: str, scene: Scene) -> Deployment:
    """Return the statement that brings a document's calibrations to a place."""
    document, chain = one.document, one.document.naming.ticket_chain
    assert document.deployment is not None
    there = document.deployment.repositories[place]
    how = {
        "the deployment's ticket": document.deployment.ticket,
        "how it is deployed": digest(there.model_dump(mode="json", exclude_defaults=True)),
    }
    seals = _seals(one, place, scene)
    known = {leaf: found for leaf, found in seals.items() if found is not None}
    contents = _contents(known)
    certified = _certified(one, place, scene) if len(known) == len(seals) else {}
    names = {chain, *seals, *(cert.collection for cert in _certs(one, place, scene))}
    return Deployment(
        Statement("deploy", chain, (one.path, chain), place, scene.root, {**how, **contents, **certified}),
        frozenset(Approval("deploy", name, place) for name in names),
        place,
        {leaf: seal for leaf, (_, seal) in known.items()},
        at={leaf: where for leaf, (where, _) in known.items()},
        open=_not_yet(seals),
        contents=contents,
        origin=document.origin,
    )


def _publication(one: Deployable, scene: Scene) -> Deployment:
    """Return what is adopted before its files leave the place that made them."""
    document, chain = one.document, one.document.naming.ticket_chain
    seals = _seals(one, document.origin, scene)
    known = {leaf: found for leaf, found in seals.items() if found is not None}
    contents = _contents(known)
    return Deployment(
        Statement("adopt", chain, (one.path, chain), document.origin, scene.root, contents),
        frozenset(Approval("deploy", name, ARCHIVE) for name in {chain, *seals}),
        ARCHIVE,
        {leaf: seal for leaf, (_, seal) in known.items()},
        at={leaf: where for leaf, (where, _) in known.items()},
        open=_not_yet(seals),
        contents=contents,
        origin=document.origin,
    )


_Found: TypeAlias = tuple[str, Seal]
"""A place, and the seal that a leaf has there."""


def _contents(seals: Mapping[str, _Found]) -> dict[str, str]:
    return {name: value for leaf, (_, seal) in sorted(seals.items()) for name, value in made_by(leaf, seal).items()}


def _not_yet(seals: Mapping[str, _Found | None]) -> str:
    lacking = sorted(leaf for leaf, found in seals.items() if found is None)
    if lacking:
        return f"{lacking[0]} is neither here nor in the archive yet"
    return "" if seals else "what it certifies cannot be told here"


def _seals(one: Deployable, place: str, scene: Scene) -> dict[str, _Found | None]:
    """Return the seals of what is certified: as the place itself has them, else as it will receive them."""
    certs = _certs(one, place, scene)
    leaves = {span.source.name for cert in certs for span in scene.want.state.timeline(cert)}
    places = (place, one.document.origin, ARCHIVE)
    return {leaf: next(_known(leaf, places, scene), None) for leaf in sorted(leaves)}


def _known(leaf: str, places: tuple[str, ...], scene: Scene) -> Iterator[_Found]:
    for place in places:
        seal = {**scene.facts.pinned.get(place, {}), **scene.facts.seals(place)}.get(leaf)
        if seal is not None:
            yield place, seal


def _certs(one: Deployable, place: str, scene: Scene) -> list[Cert]:
    """Return what a document certifies, at a place of this site; those of another are as at its origin."""
    state, document = scene.want.state, one.document
    here = place if any(where == place for where, _ in scene.want.brought) else document.origin
    return [k for k in state.values if isinstance(k, Cert) and k.place == here and makes(one, k.collection)]


def _certified(one: Deployable, place: str, scene: Scene) -> dict[str, str]:
    lines: dict[tuple[str, str], dict[str, list[list[object]]]] = {}
    for cert in sorted(_certs(one, place, scene)):
        bound = scene.line(scene.want.state.timeline(cert), cert.dataset_type, cert.data_id)
        lines.setdefault((cert.dataset_type, cert.collection), {})[cert.data_id] = bound
    return {f"{t} certified in {collection}": digest(ids) for (t, collection), ids in sorted(lines.items())}
