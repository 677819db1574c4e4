"""Putting files into a RUN: those that are not there yet, all of them or none."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ...dataid import parse
from ...errors import ReconcileError
from ...parcel import Definition, File
from ...seals import Datasets
from .connect import Connection
from .definitions import agreed, refuse_unknown_values
from .editing import identify, register
from .rows import contents


def put(connection: Connection, run: str, files: tuple[File, ...]) -> Datasets:
    """Put those files into the RUN that are not there yet; return all their UUIDs (see `ports.Repository.put`).

    A file that a killed attempt left in the datastore belongs to no dataset; Butler writes over it.
    """
    from lsst.daf.butler import FileDataset

    butler = identify(connection)
    # Another process may have added detectors or dataset types since this Butler was opened.
    butler.registry.refresh()
    wanted = {file.dataset_type: Definition(file.dimensions, file.storage_class) for file in files}
    types = agreed(butler, connection.place, wanted)
    named = ((file.dataset_type, file.data_id, file.path) for file in files)
    refuse_unknown_values(butler, connection.place, types, named)
    register(butler, run, "RUN")
    for dataset_type in types.values():
        butler.registry.registerDatasetType(dataset_type)
    held = _held(butler, types.values(), run)
    lacking = [file for file in files if (file.dataset_type, file.data_id) not in held]
    datasets = [FileDataset(_unchanged(file), [_ref(types[file.dataset_type], run, file)]) for file in lacking]
    try:
        butler.ingest(*datasets, transfer="copy")
    except ValueError as error:  # a formatter that does not read files of this kind
        raise ReconcileError(f"{connection.place}: the files for {run} cannot be put there: {error}") from error
    held |= {
        (file.dataset_type, file.data_id): str(dataset.refs[0].id)
        for file, dataset in zip(lacking, datasets, strict=True)
    }
    uuids: dict[str, dict[str, str]] = {name: {} for name in types}
    for file in files:
        uuids[file.dataset_type][file.data_id] = held[file.dataset_type, file.data_id]
    return uuids


def _held(butler: Any, types: Iterable[Any], run: str) -> dict[tuple[str, str], str]:
    return {(t.name, data_id): uuid for t in types for _, data_id, uuid in contents(butler, t, [run])}


def _ref(dataset_type: Any, run: str, file: File) -> Any:
    from lsst.daf.butler import DataCoordinate, DatasetRef

    return DatasetRef(
        dataset_type, DataCoordinate.standardize(parse(file.data_id), dimensions=dataset_type.dimensions), run
    )


def _unchanged(file: File) -> str:
    """Return the path of a file that still is what it was when its digest was taken."""
    found = hashlib.sha256(Path(file.path).read_bytes()).hexdigest()
    if found != file.sha256:
        raise ReconcileError(f"{file.path} has changed meanwhile: expected sha256 {file.sha256}, found {found}")
    return file.path
