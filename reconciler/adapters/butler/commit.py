"""Registry edits by compare-and-set: lock, read again, compare, and only then write everything or nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from ...errors import ReconcileError
from ...ports import Moved
from ...record import Record
from ...state import Cert, Chain, Change, Key, Owned, Tag, Value
from ...timeline import Span, timeline, uuid
from .ask import all_names
from .connect import Connection
from .editing import editing, register, write_record
from .rows import certifications
from .tag_edits import edit_tags, tagged
from .types import dataset_types
from .validity_edits import edit_validities


def commit(connection: Connection, changes: tuple[Change, ...]) -> None:
    """Make all these edits of chains, certifications, tags and ownership, or none (see `ports.Repository.commit`)."""
    _only_edits(changes)
    chains = {c.key.name: c for c in changes if isinstance(c.key, Chain)}
    certs = {c.key: c for c in changes if isinstance(c.key, Cert)}
    tags = {c.key: c for c in changes if isinstance(c.key, Tag)}
    with editing(connection, chains) as (butler, record):
        types = _types(butler, certs, tags)
        for name in sorted({key.collection for key in certs}):
            register(butler, name, "CALIBRATION")
        for name in sorted({key.name for key in tags}):
            register(butler, name, "TAGGED")
        dated, kept = _timelines(butler, certs, types), tagged(butler, tags, types)
        _compare(changes, {**_members(butler, chains), **dated, **kept, **_owners(record, changes)})
        edit_validities(butler, types, certs.values())
        edit_tags(butler, tags.values())
        for name, change in chains.items():
            _redefine(butler, name, change.after)
        write_record(butler, record.after(changes))


def _only_edits(changes: Iterable[Change]) -> None:
    for change in changes:
        if not isinstance(change.key, Chain | Cert | Tag | Owned):
            raise TypeError(f"{change.key} is no registry edit")


def _types(butler: Any, certs: Iterable[Cert], tags: Iterable[Tag]) -> dict[str, Any]:
    """Return the registered dataset types of certifications and tags; refuse one that cannot be certified."""
    certified = {key.dataset_type for key in certs}
    names = certified | {key.dataset_type for key in tags}
    types = {dataset_type.name: dataset_type for dataset_type in dataset_types(butler, names)}
    if missing := sorted(names - types.keys()):
        verb = "certified" if missing[0] in certified else "tagged"
        raise ReconcileError(f"dataset type {missing[0]} does not exist in the repository, so none can be {verb}")
    for name in sorted(certified):
        if not types[name].isCalibration():
            raise ReconcileError(f"dataset type {name} is registered as no calibration type")
    return types


def _members(butler: Any, chains: Mapping[str, Change]) -> dict[Key, Value]:
    if not chains:
        return {}
    children = {info.name: tuple(info.children) for info in butler.collections.query_info(sorted(chains))}
    return {change.key: children[name] for name, change in chains.items()}


def _timelines(butler: Any, certs: Iterable[Cert], types: Mapping[str, Any]) -> dict[Key, Value]:
    """Return what is certified for each key, by one query for each dataset type."""
    wanted: dict[str, dict[tuple[str, str], Cert]] = defaultdict(dict)
    for key in certs:
        wanted[key.dataset_type][key.collection, key.data_id] = key
    spans: dict[Cert, list[Span]] = defaultdict(list)
    for name, keys in wanted.items():
        for row in certifications(butler, types[name], sorted({collection for collection, _ in keys})):
            asked = keys.get((row.collection, row.data_id))
            if asked is not None:
                spans[asked].append(Span(row.begin, row.end, uuid(row.uuid)))
    return {key: timeline(pieces) for key, pieces in spans.items()}


def _owners(record: Record, changes: Iterable[Change]) -> dict[Key, Value]:
    links = {c.key: (c.key.chain, c.key.member) for c in changes if isinstance(c.key, Owned)}
    return {key: record.owned[link] for key, link in links.items() if link in record.owned}


def _compare(changes: Iterable[Change], found: Mapping[Key, Value]) -> None:
    """Nothing, an empty chain and an empty timeline are the same."""
    for change in changes:
        value = found.get(change.key)
        if (change.before or None) != (value or None):
            raise Moved(change.key, change.before, value)


def _redefine(butler: Any, name: str, members: Value | None) -> None:
    from lsst.daf.butler import CollectionCycleError, MissingCollectionError

    assert members is None or isinstance(members, tuple)
    try:
        butler.collections.redefine_chain(name, list(members or ()))
    except MissingCollectionError as error:
        there = all_names(butler)
        lost = ", ".join(member for member in members or () if member not in there)
        raise ReconcileError(f"chain {name}: member {lost} does not exist") from error
    except CollectionCycleError as error:
        raise ReconcileError(f"chain {name}: its members {', '.join(members or ())} would make a cycle") from error
