"""Which calibrations corrected frames were made with, as their headers name them.

The keywords are those that ISR of the Rubin pipelines writes too: `LSST CALIB UUID BIAS`. The files are read as FITS,
whichever package wrote them.
"""

from __future__ import annotations

from typing import Any

from ...dataid import data_id
from ...errors import ReconcileError

_KEYWORD = "LSST CALIB UUID "


def applied(butler: Any, run: str, dataset_type: str) -> dict[str, frozenset[str]]:
    """Return data ID -> UUIDs of the frames of this type in a RUN (see `ports.Repository.applied`)."""
    from lsst.daf.butler import MissingCollectionError, MissingDatasetTypeError

    try:
        refs = butler.query_datasets(dataset_type, run, find_first=False, limit=None, explain=False)
    except (MissingCollectionError, MissingDatasetTypeError):
        return {}  # nothing of this type was ever made there
    uris = butler.get_many_uris(refs, allow_missing=True)
    if gone := [ref for ref in refs if ref not in uris]:
        raise ReconcileError(f"{dataset_type} {gone[0].id} of {run} has no file any more")
    return {data_id(dict(ref.dataId.required)): _uuids(uris[ref].primaryURI) for ref in refs}


def _uuids(uri: Any) -> frozenset[str]:
    from astropy.io import fits

    try:
        with uri.open("rb") as stream, fits.open(stream) as units:
            return frozenset(str(v) for unit in units for k, v in unit.header.items() if k.startswith(_KEYWORD))
    except (OSError, AttributeError) as error:
        raise ReconcileError(f"{uri} cannot be read as FITS: {error}") from error
