"""Copying files out of a repository, for people to look at."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ...errors import ReconcileError


def retrieve(butler: Any, run: str, dataset_types: tuple[str, ...], into: str) -> tuple[str, ...]:
    """Copy the files of these types in a RUN (see `ports.Repository.retrieve`), as `butler retrieve-artifacts` does."""
    from lsst.daf.butler import MissingCollectionError, MissingDatasetTypeError

    refs: list[Any] = []
    for dataset_type in dataset_types:
        try:
            refs += butler.query_datasets(dataset_type, run, find_first=False, limit=None, explain=False)
        except (MissingCollectionError, MissingDatasetTypeError):
            continue  # nothing of this type was ever made there
    try:
        Path(into).mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=into) as beside:  # Butler leaves an index with what it copies
            copied = butler.retrieveArtifacts(refs, beside, transfer="copy", preserve_path=False)
            paths = [Path(copy.ospath) for copy in copied]
            return tuple(sorted(str(path.replace(Path(into, path.name))) for path in paths))
    except OSError as error:
        raise ReconcileError(f"cannot copy the pictures of {run} to {into}: {error.strerror or error}") from error
