"""Certifying and decertifying: exactly the ranges that differ, in batches of one collection, type and range.

Butler's `certify` is not idempotent, and `decertify` without data IDs takes them all: so only differences are
written, and data IDs are always named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ...dataid import parse
from ...state import Cert, Change
from ...timeline import NOTHING, Span, Timeline
from ...validity import BEGINNING, END
from .datasets import named


class Batch(NamedTuple):
    """What one call of Butler certifies or decertifies: these data IDs over one range."""

    collection: str
    dataset_type: str
    begin: int
    end: int


Batches = dict[Batch, list[tuple[Cert, str]]]


def edit_validities(butler: Any, types: Mapping[str, Any], changes: Iterable[Change]) -> None:
    """Take away the ranges that go, then certify those that come; within a transaction."""
    gone: Batches = defaultdict(list)
    coming: Batches = defaultdict(list)
    for change in changes:
        assert isinstance(change.key, Cert)
        before, after = _spans(change.before), _spans(change.after)
        _sort_into(gone, change.key, before - after)
        _sort_into(coming, change.key, after - before)
    for batch, items in sorted(gone.items()):
        _decertify(butler, types[batch.dataset_type], batch, [key for key, _ in items])
    refs = named(butler, [(name, key) for items in coming.values() for key, name in items])
    for batch, items in sorted(coming.items()):
        butler.registry.certify(batch.collection, [refs[name] for _, name in items], timespan(batch.begin, batch.end))


def timespan(begin: int, end: int) -> Any:
    """Return the Butler time span of these TAI nanoseconds."""
    from lsst.daf.butler import Timespan
    from lsst.daf.butler.time_utils import TimeConverter

    instant = TimeConverter().nsec_to_astropy
    return Timespan(None if begin == BEGINNING else instant(begin), None if end == END else instant(end))


def _spans(value: object) -> set[Span]:
    return set(value if isinstance(value, Timeline) else NOTHING)


def _sort_into(batches: Batches, key: Cert, spans: Iterable[Span]) -> None:
    for span in spans:
        batches[Batch(key.collection, key.dataset_type, span.begin, span.end)].append((key, span.source.name))


def _decertify(butler: Any, dataset_type: Any, batch: Batch, keys: Iterable[Cert]) -> None:
    from lsst.daf.butler import DataCoordinate

    data_ids = [DataCoordinate.standardize(parse(key.data_id), dimensions=dataset_type.dimensions) for key in keys]
    butler.registry.decertify(batch.collection, dataset_type, timespan(batch.begin, batch.end), dataIds=data_ids)
