"""Putting files into a RUN: those that are not there yet, all of them or none."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ...dataid import parse
from ...errors import ReconcileError
from ...ports import File
from ...seals import Datasets
from .connect import Connection
from .editing import register
from .rows import contents


def put(connection: Connection, run: str, files: tuple[File, ...]) -> Datasets:
    """Put those files into the RUN that are not there yet; return all their UUIDs (see `ports.Repository.put`).

    A file that a killed attempt left in the datastore belongs to no dataset; Butler writes over it.
    """
    from lsst.daf.butler import FileDataset

    butler = connection.writer
    # Another process may have added detectors or dataset types since this Butler was opened.
    butler.registry.refresh()
    types = _dataset_types(butler, connection.place, files)
    register(butler, run, "RUN")
    held = _held(butler, types.values(), run)
    lacking = [file for file in files if (file.dataset_type, file.data_id) not in held]
    datasets = [FileDataset(_unchanged(file), [_ref(types[file.dataset_type], run, file)]) for file in lacking]
    butler.ingest(*datasets, transfer="copy")
    held |= {
        (file.dataset_type, file.data_id): str(dataset.refs[0].id)
        for file, dataset in zip(lacking, datasets, strict=True)
    }
    uuids: dict[str, dict[str, str]] = {name: {} for name in types}
    for file in files:
        uuids[file.dataset_type][file.data_id] = held[file.dataset_type, file.data_id]
    return uuids


def _dataset_types(butler: Any, place: str, files: Iterable[File]) -> dict[str, Any]:
    """Return the registered dataset types; refuse any that is defined otherwise before any is registered."""
    wanted = {file.dataset_type: _definition(butler, place, file) for file in files}
    registered = {t.name: t for t in butler.registry.queryDatasetTypes(sorted(wanted), missing=[])}
    for name, found in registered.items():
        if found != wanted[name]:
            raise ReconcileError(
                f"{place} defines dataset type {name} as {_show(found)}, the files need {_show(wanted[name])}",
                hint="Nothing was written. A repository of another universe cannot hold these files.",
            )
    for name in wanted.keys() - registered.keys():
        butler.registry.registerDatasetType(wanted[name])
    return wanted


def _definition(butler: Any, place: str, file: File) -> Any:
    from lsst.daf.butler import DatasetType

    if file.storage_class not in butler.storageClasses:
        raise ReconcileError(
            f"{place} does not know storage class {file.storage_class} of {file.dataset_type}",
            hint="Storage classes stand in the repository's butler.yaml; the seed that made it had none of this name.",
        )
    return DatasetType(
        file.dataset_type, file.dimensions, file.storage_class, universe=butler.dimensions, isCalibration=True
    )


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
