"""Everything that a repository or an archive holds, as values to be compared: nothing is lost or added unseen."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.distribution.two_sites import LEAVES, TwoSites

DATABASE = "gen3.sqlite3"
"""Its file, and the beginning of that of its journal, which a dead writer leaves."""
LOCKS, LOCK, SPOOL, PARTS = "reconcile-locks", ".lock", "reconcile-spool", ".parts"


@dataclass(frozen=True)
class Kept:
    """What a repository holds.

    Attributes
    ----------
    collections
        Name -> type, members in their order, documentation.
    datasets
        UUID -> dataset type, data ID, RUN, path of its file.
    associations
        What is certified or tagged: collection, dataset type, data ID, UUID, time span.
    files
        Path -> sha256 of every file below the root but the database and our locks.
    """

    collections: Mapping[str, tuple[str, tuple[str, ...], str]]
    datasets: Mapping[str, tuple[str, str, str, str]]
    associations: frozenset[tuple[str, ...]]
    files: Mapping[str, str]


def kept(world: TwoSites, place: str) -> Kept:
    """Return everything that a repository holds."""
    with world.butler(place) as butler:
        infos = butler.collections.query_info("*", include_chains=True, include_doc=True)
        return Kept(
            {one.name: (one.type.name, tuple(one.children or ()), one.doc) for one in infos},
            dict(_datasets(butler)),
            frozenset(_associations(butler)),
            files(world.butler_root(place)),
        )


def files(root: Path) -> dict[str, str]:
    """Return path -> sha256 of every file; links are told by what they lead to, and never followed."""
    return {
        str(path.relative_to(root)): _digest(path)
        for path in sorted(root.rglob("*"))
        if not path.is_dir() and not path.name.startswith(DATABASE) and path.parent.name != LOCKS and path.name != LOCK
    }


def _digest(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        return f"no file: {path.lstat().st_mode:o}"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def objects(archive: Path) -> dict[str, str]:
    """Return what an archive holds; what is being written does not count."""
    return {path: digest for path, digest in files(archive).items() if not path.startswith(f"{PARTS}/")}


def promised(archive: Path) -> dict[str, str]:
    """Return UUID -> sha256 of everything that the manifests in a directory name."""
    return promises(path.read_bytes() for path in archive.glob("sets/*/*/manifest.json"))


def promises(manifests: Iterable[bytes]) -> dict[str, str]:
    """Return UUID -> sha256 of everything that manifests name."""
    parts = [part for text in manifests for part in json.loads(text)["parts"].values()]
    return {item["uuid"]: item["sha256"] for part in parts for item in part["items"]}


def identities(root: Path) -> dict[str, tuple[int, int, int]]:
    """Return path -> inode, time of modification and size of every file but the database's and our locks."""
    return {path: (at.st_ino, at.st_mtime_ns, at.st_size) for path in files(root) for at in ((root / path).lstat(),)}


def rows(root: Path) -> tuple[str, ...]:
    """Return every row of every table of a repository's SQLite database."""
    with closing(sqlite3.connect(root / DATABASE)) as database:
        return tuple(database.iterdump())


def ours(collection: str) -> bool:
    """Return whether a collection is, or stands below, a leaf that is carried."""
    return any(f"{collection}/".startswith(f"{leaf}/") for leaf in LEAVES)


def _datasets(butler: Any) -> Iterator[tuple[str, tuple[str, str, str, str]]]:
    for dataset_type in butler.registry.queryDatasetTypes():
        refs = sorted(set(butler.registry.queryDatasets(dataset_type, collections=..., findFirst=False)))
        stored = [ref for ref in refs if butler.stored(ref)]
        uris = butler.get_many_uris(stored)
        root = next(iter(butler.get_datastore_roots().values()))
        for ref in refs:
            path = uris[ref].primaryURI.relative_to(root) if ref in uris else ""
            yield str(ref.id), (dataset_type.name, str(ref.dataId), ref.run, path)


def _associations(butler: Any) -> Iterator[tuple[str, ...]]:
    from lsst.daf.butler import CollectionType

    kinds = {CollectionType.CALIBRATION, CollectionType.TAGGED}
    for dataset_type in butler.registry.queryDatasetTypes():
        for one in butler.registry.queryDatasetAssociations(dataset_type, collections=..., collectionTypes=kinds):
            yield one.collection, dataset_type.name, str(one.ref.dataId), str(one.ref.id), str(one.timespan)
