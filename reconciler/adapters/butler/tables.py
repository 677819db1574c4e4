"""Reading result tables: small Parquet files, whichever package wrote them."""

from __future__ import annotations

from typing import Any

from ...dataid import data_id
from ...ports import Columns

COLUMNS = "ArrowNumpyDict"
"""Butler converts every tabular storage class to this one: name -> array."""


def tables(butler: Any, run: str, dataset_type: str) -> dict[str, Columns]:
    """Return the tables of this type in a RUN (see `ports.Repository.tables`)."""
    from lsst.daf.butler import MissingCollectionError, MissingDatasetTypeError

    try:
        refs = butler.query_datasets(dataset_type, run, find_first=False, limit=None, explain=False)
    except (MissingCollectionError, MissingDatasetTypeError):
        return {}  # nothing of this type was ever made there
    found = {data_id(dict(ref.dataId.required)): butler.get(ref, storageClass=COLUMNS) for ref in refs}
    return dict(sorted(found.items()))
