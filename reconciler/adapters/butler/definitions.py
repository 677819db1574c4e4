"""How dataset types of calibrations are defined, and whether the repository can hold what is to come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...dataid import parse
from ...errors import ReconcileError
from ...parcel import Definition
from .types import dataset_types


def definitions(butler: Any, names: Iterable[str]) -> dict[str, Definition]:
    """Return how these dataset types are defined; one that is not registered is left out."""
    return {t.name: Definition(tuple(t.dimensions.required), t.storageClass_name) for t in dataset_types(butler, names)}


def agreed(butler: Any, place: str, wanted: Mapping[str, Definition]) -> dict[str, Any]:
    """Return the dataset types of these definitions; refuse one that the repository defines otherwise."""
    types = {name: _dataset_type(butler, place, name, one) for name, one in wanted.items()}
    for found in dataset_types(butler, types):
        if found != types[found.name]:
            raise ReconcileError(
                f"{place} defines dataset type {found.name} as {_show(found)}, "
                f"the files need {_show(types[found.name])}",
                hint="Nothing was written. A repository of another universe cannot hold these files.",
            )
    return types


def refuse_unknown_values(
    butler: Any, place: str, types: Mapping[str, Any], files: Iterable[tuple[str, str, object]]
) -> None:
    """Name a detector or filter that the camera does not have, where the database speaks of a constraint.

    A file is (dataset type, data ID, what to call it). There is a query for each dimension and instrument.
    """
    known: dict[tuple[str, str], set[str | int]] = {}
    for dataset_type, data_id, file in files:
        values = parse(data_id)
        for name in types[dataset_type].dimensions.required:
            if name not in values:
                raise ReconcileError(f"{dataset_type} {data_id} lacks {name}")
            above = {n: values[n] for n in butler.dimensions[name].required.names if n != name}
            key = (name, str(above))
            if key not in known:
                records = butler.query_dimension_records(name, data_id=above, explain=False, limit=None)
                known[key] = {record.dataId[name] for record in records}
            if values[name] not in known[key]:
                raise ReconcileError(f"{place} knows no {name} {values[name]}, which {file} is for")


def _dataset_type(butler: Any, place: str, name: str, wanted: Definition) -> Any:
    from lsst.daf.butler import DatasetType

    if wanted.storage_class not in butler.storageClasses:
        raise ReconcileError(
            f"{place} does not know storage class {wanted.storage_class} of {name}",
            hint="Storage classes stand in the repository's butler.yaml; the seed that made it had none of this name.",
        )
    strange = [dimension for dimension in wanted.dimensions if dimension not in butler.dimensions]
    if strange:
        raise ReconcileError(f"{place} knows no dimension {strange[0]}, which {name} would have")
    return DatasetType(name, wanted.dimensions, wanted.storage_class, universe=butler.dimensions, isCalibration=True)


def _show(dataset_type: Any) -> str:
    kind = "a calibration" if dataset_type.isCalibration() else "no calibration"
    return f"{dataset_type.storageClass_name} over {', '.join(dataset_type.dimensions.required)} ({kind})"
