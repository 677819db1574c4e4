"""Carrying sets from one archive into another: what a site without a network path gets on a disk.

A disk is an archive like any other. Files first, manifests last; what is there already is not carried again, so a
courier who was interrupted goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .archive import Manifest
from .archived import agreed
from .content import Content
from .errors import ReconcileError
from .parcel import Counted
from .ports import Store


@dataclass(frozen=True, slots=True)
class Load:
    """What was carried of one ticket: manifests, files that they name, and files and bytes that were copied."""

    manifests: int
    files: int
    copied: int
    size: int


def carry(source: Store, target: Store, tickets: frozenset[str], progress: Counted) -> dict[str, Load]:
    """Carry the sets of these tickets; return by ticket what that was.

    Nothing is written if one of them is lacking, or if the two archives disagree about a generation.
    """
    manifests = source.manifests(tickets)
    if lacking := sorted(tickets - {one.ticket for one in manifests}):
        raise ReconcileError(
            f"nothing was published of {', '.join(lacking)} in the archive it would be taken from",
            hint="Nothing was carried. apply at its origin publishes a set that is deployed and approved.",
        )
    agreed((*target.manifests(tickets), *manifests))
    return {ticket: _carry(source, target, of, progress) for ticket, of in _by_ticket(manifests).items()}


def _by_ticket(manifests: tuple[Manifest, ...]) -> Mapping[str, list[Manifest]]:
    found: dict[str, list[Manifest]] = {}
    for one in manifests:
        found.setdefault(one.ticket, []).append(one)
    return found


def _carry(source: Store, target: Store, manifests: list[Manifest], progress: Counted) -> Load:
    copied: list[Content] = []

    def count(content: Content) -> None:
        copied.append(content)
        progress(content)

    files = 0
    for manifest in manifests:
        pieces = [piece for part in manifest.parts.values() for piece in source.pieces(part)]
        files += len(pieces)
        target.keep(pieces, count)
        target.publish(manifest)
    return Load(len(manifests), files, len(copied), sum(one.size for one in copied))
