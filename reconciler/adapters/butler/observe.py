"""One look at a repository: a number of queries that depends on the dataset types asked for, not on what it holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from ... import record, seals
from ...observation import Collection, Observation, Scope
from ...validity import Validity
from .ask import all_names, asked
from .editing import parse_record
from .exposures import spans
from .rows import certifications, contents
from .stored import lost
from .types import dataset_types

Rows: TypeAlias = dict[tuple[str, str], dict[str, tuple[tuple[int, int, str], ...]]]
Contents: TypeAlias = dict[tuple[str, str], dict[str, str]]


def observe(butler: Any, place: str, scope: Scope) -> Observation:
    """Return what the repository holds within the scope.

    The caching context makes Butler fetch collections and their summaries once, not once for each dataset type. It
    reads documentation in batches of a thousand collections; no other number of queries grows with the repository.
    """
    with butler.registry.caching_context():
        infos = collections(butler, scope.collections)
        certified, held = _datasets(butler, infos, scope.dataset_types)
    docs = {info.name: seals.read(info.doc) for info in infos}
    text = next((info.doc for info in infos if info.name == record.COLLECTION), "")
    return Observation(
        place=place,
        collections={info.name: Collection(info.type.name, _children(info), docs[info.name]) for info in infos},
        certifications=certified,
        contents=held,
        exposures=_exposures(butler, scope.exposures),
        record=parse_record(text),
        lost=lost(butler, _sealed(docs.values(), scope.dataset_types)) if scope.files else frozenset(),
    )


def _sealed(docs: Iterable[seals.Doc | None], dataset_types: Iterable[str]) -> set[str]:
    """Return the UUIDs of these types that seals name."""
    found = [doc for doc in docs if isinstance(doc, seals.Seal)]
    return {uuid for seal in found for t in dataset_types for uuid in seal.datasets.get(t, {}).values()}


def _children(info: Any) -> tuple[str, ...]:
    """Return the members, each once: Butler doubles those of a chain that is asked for by name and as a member."""
    return tuple(dict.fromkeys(info.children))


def collections(butler: Any, names: Iterable[str] | None) -> list[Any]:
    """Return the collections of these names, the record and all below them; of all names, if None.

    Parents are never asked for: Butler needs a query for each collection to find them.
    """
    if names is None:
        return asked(lambda: list(butler.collections.query_info("*", include_chains=True, include_doc=True)))
    return _named(butler, {*names, record.COLLECTION})


def _named(butler: Any, names: set[str]) -> list[Any]:
    """Return these collections and all below them, without those that do not exist, where Butler raises."""
    from lsst.daf.butler import MissingCollectionError

    if not names:
        return []
    try:
        options = {"flatten_chains": True, "include_chains": True, "include_doc": True}
        return asked(lambda: list(butler.collections.query_info(sorted(names), **options)))
    except MissingCollectionError:
        return _named(butler, names & all_names(butler))


def _datasets(butler: Any, infos: Iterable[Any], names: Iterable[str]) -> tuple[Rows, Contents]:
    certified: Rows = {}
    held: Contents = {}
    types = dataset_types(butler, names)
    calibrations, shelves = _by_type(butler, infos, [t.name for t in types])
    for dataset_type in types:
        name = dataset_type.name
        for collection, data_id, begin, end, uuid in certifications(butler, dataset_type, calibrations[name]):
            ids = certified.setdefault((collection, name), {})
            others = ids.get(data_id)
            ids[data_id] = tuple(sorted((*others, (begin, end, uuid)))) if others else ((begin, end, uuid),)
        for collection, data_id, uuid in contents(butler, dataset_type, shelves[name]):
            held.setdefault((collection, name), {})[data_id] = uuid
    return certified, held


def _by_type(
    butler: Any, infos: Iterable[Any], names: list[str]
) -> tuple[Mapping[str, list[str]], Mapping[str, list[str]]]:
    """Return which CALIBRATION, and which RUN and TAGGED, collections hold each dataset type."""
    calibrations: dict[str, list[str]] = defaultdict(list)
    shelves: dict[str, list[str]] = defaultdict(list)
    holders = [info.name for info in infos if info.type.name != "CHAINED"]
    if not holders or not names:
        return calibrations, shelves
    for info in butler.collections.query_info(holders, include_summary=True, summary_datasets=names):
        for name in info.dataset_types or ():
            (calibrations if info.type.name == "CALIBRATION" else shelves)[name].append(info.name)
    return calibrations, shelves


def calibration_types(butler: Any, names: Iterable[str]) -> frozenset[str]:
    """Return the calibration dataset types that the summaries of these collections name."""
    if not (listed := sorted(names)):
        return frozenset()
    return frozenset(t.name for t in dataset_types(butler, held_types(butler, listed)) if t.isCalibration())


def held_types(butler: Any, names: str | list[str]) -> frozenset[str]:
    """Return the dataset types that the summaries of these collections name; `*` is all of them."""
    infos = butler.collections.query_info(names, include_summary=True)
    return frozenset(name for info in infos for name in info.dataset_types or ())


def _exposures(butler: Any, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Validity]:
    by_instrument: dict[str, list[int]] = defaultdict(list)
    for instrument, exposure in wanted:
        by_instrument[instrument].append(exposure)
    return {
        (instrument, exposure): when
        for instrument, exposures in by_instrument.items()
        for exposure, when in spans(butler, instrument, exposures).items()
    }
