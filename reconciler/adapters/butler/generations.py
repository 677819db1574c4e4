"""Whose a generation is: claims and seals in the documentation of leaves, written under the record's lock."""

from __future__ import annotations

from typing import Any

from ... import seals
from ...errors import ReconcileError
from ...seals import Claim, Seal
from ...state import Gen
from ..claims import compare, standing_claim
from .connect import Connection
from .editing import editing, register


def claim(connection: Connection, leaf: str, new: Claim) -> Claim:
    """Register the leaf with this claim, or return the claim that stands (see `ports.Repository.claim`)."""
    with editing(connection) as (butler, _):
        info = find(butler, leaf)
        if info is None:
            _begin(butler, leaf, new)
            return new
        standing = standing_claim(Gen(connection.place, leaf), seals.read(info.doc))
        if standing.recipe == new.recipe and info.type.name == "CHAINED":
            _link(butler, leaf, standing)
        return standing


def seal(connection: Connection, leaf: str, new: Seal) -> None:
    """Replace the claim by the seal, in the leaf and in its RUN (see `ports.Repository.seal`)."""
    with editing(connection) as (butler, _):
        info = find(butler, leaf)
        standing = seals.read(info.doc) if info else None
        compare(Gen(connection.place, leaf), standing, new)
        if find(butler, new.run) is None:
            raise ReconcileError(f"{leaf} cannot be sealed: its RUN {new.run} does not exist at {connection.place}")
        if isinstance(standing, Claim) and leaf != new.run:
            _link(butler, leaf, standing)
        kept = standing if isinstance(standing, Seal) else new  # the times of whoever sealed first
        for name in {leaf, new.run}:
            butler.registry.setCollectionDocumentation(name, seals.write(kept))


def find(butler: Any, name: str) -> Any | None:
    """Return what Butler tells of a collection, its documentation included; None if it does not exist."""
    from lsst.daf.butler import MissingCollectionError

    try:
        return butler.collections.get_info(name)
    except MissingCollectionError:
        return None


def _begin(butler: Any, leaf: str, new: Claim) -> None:
    register(butler, leaf, "RUN" if leaf == new.run else "CHAINED", seals.write(new))
    if leaf != new.run:
        _link(butler, leaf, new)


def _link(butler: Any, leaf: str, standing: Claim) -> None:
    """Make the leaf a search path of its RUN, if that exists, and its inputs.

    pipetask and bps accept a leaf whose children are its inputs; to resume they want the RUN in front.
    """
    from lsst.daf.butler import MissingCollectionError

    run = (standing.run,) if find(butler, standing.run) else ()
    try:
        butler.collections.redefine_chain(leaf, [*run, *standing.inputs])
    except MissingCollectionError as error:
        lost = ", ".join(name for name in standing.inputs if find(butler, name) is None)
        raise ReconcileError(f"{leaf}: input collection {lost} does not exist") from error
