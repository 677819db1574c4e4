"""Dataset types by name.

A Butler that meets a type registered since it first looked, and without validity ranges, forgets that calibrations of
the same dimensions have some: the next question about those fails. So it looks at all types anew first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def dataset_types(butler: Any, names: Iterable[str]) -> list[Any]:
    """Return the registered dataset types of these names; those that are not registered are left out."""
    wanted = sorted(set(names))
    known = {dataset_type.name for dataset_type in butler.registry.queryDatasetTypes("*")}
    if not known.issuperset(wanted):
        butler.registry.refresh()
    return list(butler.registry.queryDatasetTypes(wanted, missing=[])) if wanted else []
