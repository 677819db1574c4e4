"""The digests of the files of a RUN: bytes as they are stored, whatever Butler knows of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ...content import Content
from ...errors import ReconcileError
from ...words import count
from ..chunk import CHUNK
from .reading import reading
from .rows import data_id_of

THREADS = 8
"""Files that are read at once; hashing lets other threads go on."""


def digests(butler: Any, run: str, dataset_types: tuple[str, ...]) -> dict[tuple[str, str], Content]:
    """Return what the files of a RUN hold (see `ports.Repository.digests`): one query for each dataset type."""
    from lsst.daf.butler import MissingCollectionError, MissingDatasetTypeError

    refs: list[Any] = []
    for dataset_type in dataset_types:
        try:
            refs += butler.query_datasets(dataset_type, run, find_first=False, limit=None, explain=False)
        except (MissingCollectionError, MissingDatasetTypeError):
            continue  # nothing of this type was ever made there
    uris = butler.get_many_uris(refs, allow_missing=True)
    if gone := [ref for ref in refs if ref not in uris]:
        raise ReconcileError(f"{count(len(gone), 'dataset')} of {run} has or have no file any more, first {gone[0].id}")
    with ThreadPoolExecutor(THREADS) as pool:
        contents = list(pool.map(lambda ref: _content(str(ref.id), _files(uris[ref])), refs))
    return {(ref.datasetType.name, data_id_of(ref)): found for ref, found in zip(refs, contents, strict=True)}


def _files(uris: Any) -> dict[str, Any]:
    """Return component -> file; a dataset that is one file has none by name."""
    return {"": uris.primaryURI} if uris.primaryURI is not None else dict(uris.componentURIs)


def _content(uuid: str, files: Mapping[str, Any]) -> Content:
    found = {name: _read(uri) for name, uri in sorted(files.items())}
    if set(found) == {""}:
        return Content(uuid, *found[""])
    joined = "".join(f"{name} {sha256} {size}\n" for name, (sha256, size) in found.items())
    return Content(uuid, hashlib.sha256(joined.encode()).hexdigest(), sum(size for _, size in found.values()))


def _read(uri: Any) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with reading(uri) as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size
