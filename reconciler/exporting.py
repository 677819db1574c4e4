"""Making an export of one ticket: files as the archive has them, validity and chain as the specs have them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from .archive import Item, Part
from .desired import desired
from .errors import ReconcileError, UsageError
from .exported import Export, Exported
from .parcel import Definition
from .spec.documents import CalibrationSet, CuratedSet
from .spec.load import Tree
from .state import Cert, Chain, Key, Value
from .timeline import Timeline
from .validity import Validity

Parts = Mapping[str, tuple[Part, Mapping[str, Definition]]]
"""Leaf -> what the archive has of it, and how its dataset types are defined."""

FILE = "export.yaml"
_STRANGE = re.compile(r"[^A-Za-z0-9._+/-]", re.ASCII)


def export(tree: Tree, ticket: str, parts: Parts) -> Export:
    """Return the export of a ticket; `parts` is what the archive has of it."""
    wanted = _wanted(tree, ticket)
    certs = {key: value for key, value in wanted.items() if isinstance(key, Cert) and isinstance(value, Timeline)}
    chains = {key.name: value for key, value in wanted.items() if isinstance(key, Chain) and isinstance(value, tuple)}
    leaves = sorted({span.source.name for spans in certs.values() for span in spans})
    if not leaves:
        raise ReconcileError(f"{ticket} certifies nothing yet", hint="`reconcile lock` says what it will make")
    if lacking := [leaf for leaf in leaves if leaf not in parts]:
        raise ReconcileError(
            f"{lacking[0]} is not in the archive",
            hint="Nothing was written. apply at its origin publishes a set that is deployed and approved.",
        )
    inside = {key.collection for key in certs} | chains.keys()
    return Export(
        definitions={name: one for leaf in leaves for name, one in parts[leaf][1].items()},
        datasets=_datasets(parts[leaf][0] for leaf in leaves),
        seals={parts[leaf][0].seal.run: parts[leaf][0].seal for leaf in leaves},
        certified=_certified(certs, parts),
        chains={name: tuple(m for m in members if m in inside) for name, members in chains.items()},
        left_out=tuple(sorted({m for members in chains.values() for m in members} - inside)),
    )


def _wanted(tree: Tree, ticket: str) -> dict[Key, Value]:
    """Return what the specs want of a ticket where it is made."""
    documents: list[CalibrationSet | CuratedSet] = [
        *(one.document for one in tree.sets),
        *(one.document for one in tree.curated),
    ]
    if not (ours := [one for one in documents if one.ticket == ticket]):
        known = ", ".join(sorted({one.ticket for one in documents})) or "none"
        raise UsageError(f"no spec of {ticket}; there are {known}")
    found: dict[Key, Value] = {}
    for one in ours:
        site = next(s.document for s in tree.sites if s.document.site == one.origin.split("/")[0])
        values = desired(tree, site).state.values
        found |= {key: value for key, value in values.items() if _belongs(key, one.naming.ticket_chain, one.origin)}
    return found


def _belongs(key: Key, ticket_chain: str, origin: str) -> bool:
    name = key.collection if isinstance(key, Cert) else key.name if isinstance(key, Chain) else ""
    return key.place == origin and f"{name}/".startswith(f"{ticket_chain}/")


def _certified(certs: Mapping[Cert, Timeline], parts: Parts) -> dict[str, dict[Validity, tuple[str, ...]]]:
    found: dict[str, dict[Validity, tuple[str, ...]]] = {}
    for cert, spans in sorted(certs.items()):
        for begin, end, source in spans:
            uuid = parts[source.name][0].seal.datasets.get(cert.dataset_type, {}).get(cert.data_id)
            if uuid is None:
                raise ReconcileError(
                    f"{source.name} in the archive has no {cert.dataset_type} {cert.data_id}, which the specs certify",
                    hint="Nothing was written.",
                )
            of = found.setdefault(cert.collection, {})
            of[Validity(begin, end)] = (*of.get(Validity(begin, end), ()), uuid)
    return found


def _datasets(parts: Iterable[Part]) -> tuple[Exported, ...]:
    """Return every dataset once; where two would share a path, the UUID tells them apart."""
    found: dict[str, Exported] = {}
    taken = {FILE}
    for item, run in _sorted(parts):
        if item.uuid in found:
            continue
        path = _STRANGE.sub("_", item.path)
        if path in taken:
            path = str(PurePosixPath(path).with_name(f"{item.uuid}_{PurePosixPath(path).name}"))
        taken.add(path)
        found[item.uuid] = Exported(item, run, path)
    return tuple(found.values())


def _sorted(parts: Iterable[Part]) -> Iterator[tuple[Item, str]]:
    pairs = [(item, part.seal.run) for part in parts for item in part.items]
    yield from sorted(pairs, key=lambda pair: (pair[1], pair[0].dataset_type, pair[0].data_id))
