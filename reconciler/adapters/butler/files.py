"""Putting files into a RUN: those that are not there yet, all of them or none."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ...dataid import parse
from ...errors import ReconcileError
from ...ports import File
from ...seals import Datasets
from .connect import Connection
from .editing import register
from .rows import contents
from .types import dataset_types


def put(connection: Connection, run: str, files: tuple[File, ...]) -> Datasets:
    """Put those files into the RUN that are not there yet; return all their UUIDs (see `ports.Repository.put`).

    A file that a killed attempt left in the datastore belongs to no dataset; Butler writes over it.
    """
    from lsst.daf.butler import FileDataset

    butler = connection.writer
    # Another process may have added detectors or dataset types since this Butler was opened.
    butler.registry.refresh()
    types = _dataset_types(butler, connection.place, files)
    _refuse_unknown_values(butler, connection.place, types, files)
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


def _dataset_types(butler: Any, place: str, files: Iterable[File]) -> dict[str, Any]:
    """Return the dataset types that the files need; refuse one that the repository defines otherwise."""
    wanted = {file.dataset_type: _definition(butler, place, file) for file in files}
    registered = {t.name: t for t in dataset_types(butler, wanted)}
    for name, found in registered.items():
        if found != wanted[name]:
            raise ReconcileError(
                f"{place} defines dataset type {name} as {_show(found)}, the files need {_show(wanted[name])}",
                hint="Nothing was written. A repository of another universe cannot hold these files.",
            )
    return wanted


def _definition(butler: Any, place: str, file: File) -> Any:
    from lsst.daf.butler import DatasetType

    if file.storage_class not in butler.storageClasses:
        raise ReconcileError(
            f"{place} does not know storage class {file.storage_class} of {file.dataset_type}",
            hint="Storage classes stand in the repository's butler.yaml; the seed that made it had none of this name.",
        )
    strange = [name for name in file.dimensions if name not in butler.dimensions]
    if strange:
        raise ReconcileError(f"{place} knows no dimension {strange[0]}, which {file.dataset_type} would have")
    return DatasetType(
        file.dataset_type, file.dimensions, file.storage_class, universe=butler.dimensions, isCalibration=True
    )


def _refuse_unknown_values(butler: Any, place: str, types: Mapping[str, Any], files: Iterable[File]) -> None:
    """Name a detector or filter that the camera does not have, where the database speaks of a constraint."""
    known: dict[tuple[str, str], set[str | int]] = {}
    for file in files:
        values = parse(file.data_id)
        for name in types[file.dataset_type].dimensions.required:
            if name not in values:
                raise ReconcileError(f"{file.dataset_type} {file.data_id} lacks {name}")
            above = {n: values[n] for n in butler.dimensions[name].required.names if n != name}
            key = (name, str(above))
            if key not in known:
                records = butler.query_dimension_records(name, data_id=above, explain=False, limit=None)
                known[key] = {record.dataId[name] for record in records}
            if values[name] not in known[key]:
                raise ReconcileError(f"{place} knows no {name} {values[name]}, which {file.path} is for")


def _show(dataset_type: Any) -> str:
    kind = "a calibration" if dataset_type.isCalibration() else "no calibration"
    return f"{dataset_type.storageClass_name} over {', '.join(dataset_type.dimensions.required)} ({kind})"


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
