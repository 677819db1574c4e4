"""The versions of packages that a RUN recorded: the middleware puts them there before it runs a pipeline."""

from __future__ import annotations

from typing import Any

from ...errors import ReconcileError
from .types import dataset_types

PACKAGES = "packages"


def versions(butler: Any, run: str) -> dict[str, str]:
    """Return package -> version of a RUN (see `ports.Repository.versions`)."""
    from lsst.daf.butler import MissingCollectionError
    from yaml import YAMLError

    if not dataset_types(butler, [PACKAGES]):
        return {}
    try:
        found = butler.query_datasets(PACKAGES, run, find_first=False, limit=1, explain=False)
    except MissingCollectionError:
        return {}
    if not found:
        return {}
    try:
        return {str(name): str(version) for name, version in sorted(dict(butler.get(found[0])).items())}
    except (YAMLError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise ReconcileError(f"the versions of packages that {run} recorded cannot be read: {error}") from error
