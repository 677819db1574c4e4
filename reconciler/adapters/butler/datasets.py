"""Datasets by UUID, where a certification or a tag names them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ...errors import ReconcileError
from ...state import Cert, Tag
from .rows import data_id_of


def named(butler: Any, wanted: Collection[tuple[str, Cert | Tag]]) -> dict[str, Any]:
    """Return UUID -> dataset, by one query; refuse one that does not exist or is another than its key says."""
    refs = {str(ref.id): ref for ref in butler.get_many_datasets({name for name, _ in wanted})}
    for name, key in wanted:
        if name not in refs:
            raise ReconcileError(f"{key}: dataset {name}, which is to stand there, does not exist")
        found = refs[name]
        if (found.datasetType.name, data_id_of(found)) != (key.dataset_type, key.data_id):
            raise ReconcileError(f"{key}: dataset {name} is {found.datasetType.name} {found.dataId}")
    return refs
