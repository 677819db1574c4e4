"""The versions of packages that a RUN records: the dataset `packages`, which is there before what quanta have made."""

from __future__ import annotations

from typing import Any

from ...errors import ReconcileError
from .types import dataset_types

PACKAGES = "packages"


def versions(butler: Any, run: str) -> dict[str, str] | None:
    """Return package -> version of one RUN (see `ports.Repository.versions`); None if it does not record any."""
    from lsst.daf.butler import MissingCollectionError

    if not dataset_types(butler, [PACKAGES]):
        return None
    try:
        refs = butler.query_datasets(PACKAGES, run, find_first=False, limit=None, explain=False)
    except MissingCollectionError:
        return None  # nothing was ever recorded there
    if not refs:
        return None
    (ref,) = refs  # it has no dimensions: a RUN has one or none
    return {str(name): str(version) for name, version in _read(butler.getURI(ref)).items()}


def _read(file: Any) -> Any:
    """Read the file as it is: whatever it is damaged by, the file is named."""
    from lsst.utils.packages import Packages
    from yaml import YAMLError

    content = file.read()
    try:
        return Packages.fromBytes(content, "json" if file.getExtension() == ".json" else "yaml")
    except (YAMLError, ValueError, TypeError) as error:
        raise ReconcileError(f"the record of software {file} is damaged: {error}") from error
