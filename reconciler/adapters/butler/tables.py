"""Reading result tables: small Parquet files, whichever package wrote them.

The files are read as they are. Through Butler's storage classes they would be converted, for which it looks for every
table library that there is, and complains of each that is missing.
"""

from __future__ import annotations

import io
from typing import Any

from ...dataid import data_id
from ...errors import ReconcileError
from ...holdings import Columns


def tables(butler: Any, run: str, dataset_type: str) -> dict[str, Columns]:
    """Return the tables of this type in a RUN (see `ports.Repository.tables`)."""
    from lsst.daf.butler import MissingCollectionError, MissingDatasetTypeError

    try:
        refs = butler.query_datasets(dataset_type, run, find_first=False, limit=None, explain=False)
    except (MissingCollectionError, MissingDatasetTypeError):
        return {}  # nothing of this type was ever made there
    found = {data_id(dict(ref.dataId.required)): _columns(butler.getURI(ref)) for ref in refs}
    return dict(sorted(found.items()))


def _columns(file: Any) -> Columns:
    from pyarrow import ArrowException
    from pyarrow.parquet import read_table

    try:
        table = read_table(io.BytesIO(file.read()))
    except ArrowException as error:
        raise ReconcileError(
            f"the result table {file} is damaged: {error}", hint="Give the verification another rerun."
        ) from error
    return {name: _values(table.column(name)) for name in table.column_names}


def _values(column: Any) -> Any:
    """Return a column as an array; text as text, which Arrow makes objects of."""
    import numpy as np

    values = column.to_numpy()
    return values.astype(np.str_) if values.dtype == np.object_ else values
