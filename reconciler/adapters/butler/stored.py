"""Which datasets have their file: the datastore's records in bulk, and a listing of each directory."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from .listing import UNKNOWN, listed

PLAIN = re.compile(r"[\w./~+=,@-]*", re.ASCII)
"""Paths below the root of a datastore that need no quoting in any address; Butler itself resolves all others."""


class File(NamedTuple):
    """A file that a datastore has on record: its directory, its name there, and its size in bytes."""

    folder: str
    name: str
    size: int


def lost(butler: Any, uuids: Iterable[str], sizes: Mapping[str, int] | None = None) -> frozenset[str]:
    """Return which of these datasets have no whole file.

    There is no record of them, or a file on record is not there, or it has another size than the record or `sizes`
    (in bytes, by UUID) says. Of several datastores it is enough that one holds the dataset.
    """
    wanted = {UUID(uuid): uuid for uuid in uuids}
    return frozenset(wanted.values()).difference(
        *(_whole(datastore, wanted, sizes or {}) for datastore in _datastores(butler))
    )


def _whole(datastore: Any, wanted: Mapping[UUID, str], sizes: Mapping[str, int]) -> set[str]:
    recorded = _recorded(datastore, wanted)
    there = _sizes(datastore.root, recorded.values())
    return {
        uuid
        for uuid, files in recorded.items()
        if all(_is_whole(there, file, sizes.get(uuid, UNKNOWN)) for file in files)
    }


def _datastores(butler: Any) -> Iterator[Any]:
    """Yield the datastores that keep files, of which a chained one has several."""
    datastore = butler._datastore
    for one in getattr(datastore, "datastores", (datastore,)):
        if hasattr(one, "_table"):
            yield one


def _recorded(datastore: Any, wanted: Mapping[UUID, str]) -> dict[str, list[File]]:
    """Return the files that a datastore has on record, by UUID.

    Butler's public ways want a reference of each dataset and leave out the sizes, or make an object of each record,
    which takes thrice as long. A query names a thousand datasets.
    """
    found: dict[str, list[File]] = {}
    for row in datastore._table.fetch(dataset_id=list(wanted)):
        found.setdefault(wanted[row["dataset_id"]], []).append(_file(datastore, row))
    return found


def _file(datastore: Any, row: Mapping[str, Any]) -> File:
    """Of a file inside another one (`a.zip#b`), the other one is looked for; how long that is nobody says."""
    path, _, inside = row["path"].partition("#")
    size = UNKNOWN if inside else row["file_size"]
    if PLAIN.fullmatch(path):
        folder, _, name = path.rpartition("/")
        return File(folder, name, size)
    from lsst.daf.butler.datastore.stored_file_info import StoredFileInfo

    uri = StoredFileInfo.from_record(row).file_location(datastore.locationFactory).uri
    return File(str(uri.dirname()), uri.basename(), size)


def _sizes(root: Any, files: Iterable[Iterable[File]]) -> dict[tuple[str, str], int]:
    """Return (directory, name) -> size of the files that are there."""
    from lsst.resources import ResourcePath

    names: dict[str, set[str]] = defaultdict(set)
    for parts in files:
        for file in parts:
            names[file.folder].add(file.name)
    return {
        (folder, name): size
        for folder, wanted in names.items()
        for name, size in listed(ResourcePath(folder, root=root, forceDirectory=True), wanted).items()
    }


def _is_whole(there: Mapping[tuple[str, str], int], file: File, expected: int) -> bool:
    found = there.get((file.folder, file.name))
    return found is not None and (found == UNKNOWN or {file.size, expected} <= {found, UNKNOWN})
