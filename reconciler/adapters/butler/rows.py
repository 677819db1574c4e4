"""Rows of Butler's general queries in our words: data IDs and UUIDs as text, times in TAI nanoseconds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple

from ...dataid import data_id
from ...validity import Validity


class Certification(NamedTuple):
    """One certified range of one dataset."""

    collection: str
    data_id: str
    begin: int
    end: int
    uuid: str


def certifications(butler: Any, dataset_type: Any, collections: Collection[str]) -> Iterator[Certification]:
    """Yield every certification of a dataset type in these CALIBRATION collections, by one query.

    An empty time span, which Butler stores and never answers with, is no certification.
    """
    name = dataset_type.name
    text = _data_id_writer(dataset_type)
    collection, span, dataset = f"{name}.collection", f"{name}.timespan", f"{name}.dataset_id"
    for row in _general(butler, dataset_type, collections, {"dataset_id", "collection", "timespan"}):
        begin, end = row[span].nsec
        if begin < end:
            yield Certification(row[collection], text(row), begin, end, str(row[dataset]))


def contents(butler: Any, dataset_type: Any, collections: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """Yield (collection, data ID, UUID) of a dataset type in these RUN and TAGGED collections, by one query."""
    name = dataset_type.name
    text = _data_id_writer(dataset_type)
    collection, dataset = f"{name}.collection", f"{name}.dataset_id"
    for row in _general(butler, dataset_type, collections, {"dataset_id", "collection"}):
        yield row[collection], text(row), str(row[dataset])


def data_id_of(ref: Any) -> str:
    """Return the data ID of a dataset as rows have it."""
    return data_id({name: ref.dataId[name] for name in ref.datasetType.dimensions.required})


def validity(timespan: Any) -> Validity:
    """Return a Butler time span as a validity; Butler's open ends are the same nanoseconds as ours."""
    return Validity(*timespan.nsec)


def _general(
    butler: Any, dataset_type: Any, collections: Collection[str], fields: set[str]
) -> Iterator[dict[str, Any]]:
    if not collections:
        return
    with butler.query() as query:
        yield from query.join_dataset_search(dataset_type.name, collections).general(
            dataset_type.dimensions.required, dataset_fields={dataset_type.name: fields}, find_first=False
        )


def _data_id_writer(dataset_type: Any) -> Callable[[Mapping[str, Any]], str]:
    """Return row -> data ID; each data ID is written once, and all its rows share the text."""
    names = list(dataset_type.dimensions.required)
    written: dict[tuple[str | int, ...], str] = {}

    def text(row: Mapping[str, Any]) -> str:
        values = tuple([row[name] for name in names])
        found = written.get(values)
        if found is None:
            found = written[values] = data_id(dict(zip(names, values, strict=True)))
        return found

    return text
