"""Which datasets have their file: the datastore's records in bulk, and a listing of each directory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from .listing import UNKNOWN, listed


class File(NamedTuple):
    """A file that a datastore has on record: its directory, its name there, and its size in bytes."""

    folder: str
    name: str
    size: int


Sizes = Mapping[str, int]
"""UUID -> bytes."""


def lost(butler: Any, uuids: Iterable[str], sizes: Sizes | None = None) -> frozenset[str]:
    """Return which of these datasets have no whole file.

    There is no record of them, or a file on record is not there, or it has another size than the record or `sizes`
    says. Of several datastores it is enough that one holds the dataset.
    """
    wanted = frozenset(uuids)
    kept = {
        uuid
        for root, datasets in _recorded(butler, wanted)
        for there in (_sizes(root, datasets.values()),)
        for uuid, files in datasets.items()
        if all(_is_whole(there, file, (sizes or {}).get(uuid, UNKNOWN)) for file in files)
    }
    return wanted - kept


def _recorded(butler: Any, uuids: Iterable[str]) -> Iterator[tuple[Any, dict[str, list[File]]]]:
    """Yield for each datastore its root and, by UUID, the files that it has on record.

    Butler has no public way to ask for the sizes of many datasets; for their URIs it wants a reference of each.
    """
    from lsst.daf.butler.registry.interfaces import FakeDatasetRef

    roots = butler.get_datastore_roots()
    exported = butler._datastore.export_records([FakeDatasetRef(UUID(uuid)) for uuid in uuids])
    for name, data in exported.items():
        yield (
            roots[name],
            {
                str(uuid): [_file(info) for infos in tables.values() for info in infos]
                for uuid, tables in data.records.items()
            },
        )


def _file(info: Any) -> File:
    """Of a file inside another one (`a.zip#b`), the other one is looked for; how long that is nobody says."""
    path, _, inside = info.path.partition("#")
    folder, _, name = path.rpartition("/")
    return File(folder, name, UNKNOWN if inside else info.file_size)


def _sizes(root: Any, datasets: Iterable[Iterable[File]]) -> dict[tuple[str, str], int]:
    """Return (directory, name) -> size of the files that are there."""
    from lsst.resources import ResourcePath

    names: dict[str, set[str]] = defaultdict(set)
    for files in datasets:
        for file in files:
            names[file.folder].add(file.name)
    return {
        (folder, name): size
        for folder, wanted in names.items()
        for name, size in listed(ResourcePath(folder, root=root, forceDirectory=True), wanted).items()
    }


def _is_whole(there: Mapping[tuple[str, str], int], file: File, size: int) -> bool:
    found = there.get((file.folder, file.name))
    return found is not None and all(found == one for one in (file.size, size) if UNKNOWN not in (one, found))
