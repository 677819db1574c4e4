"""The rows of a result: what was measured of each amplifier, of which exposure it was, and what was applied to it.

instrument, exposure, detector, amplifier, mjd      and physical_filter, of flats
<STAGE>_<KEY>, <STAGE>_VERIFY_<TEST>                what was measured, and what cp_verify would say of it
CALIB_UUID_<dataset type>                           the calibrations that the frame was corrected with
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from processing.verify.part import Row

USED = "CALIB_UUID_"
"""Beginning of a column's name, the dataset type follows."""


@dataclass(frozen=True)
class Place:
    """One exposure on one detector: `mjd` is its middle (TAI), `used` names datasets by their type."""

    instrument: str
    exposure: int
    detector: int
    mjd: float
    physical_filter: str | None = None
    used: Mapping[str, str] = field(default_factory=dict)


def rows(stage: str, place: Place, found: Mapping[str, Row]) -> list[Row]:
    """The rows of one exposure on one detector, of what was found by amplifier."""
    where: Row = {"instrument": place.instrument, "exposure": place.exposure, "detector": place.detector}
    rest: Row = {"mjd": place.mjd} | {f"{USED}{kind}": uuid for kind, uuid in sorted(place.used.items())}
    if place.physical_filter is not None:
        rest["physical_filter"] = place.physical_filter
    return [
        {**where, "amplifier": name, **rest, **{f"{stage}_{key}": value for key, value in row.items()}}
        for name, row in found.items()
    ]


def columns(found: Sequence[Row]) -> dict[str, NDArray[Any]]:
    """The same as columns; a text that a row does not have is empty."""
    return {name: np.array([row.get(name, "") for row in found]) for name in _names(found)}


def _names(found: Sequence[Row]) -> list[str]:
    """In the order in which they are met."""
    return list(dict.fromkeys(name for row in found for name in row))
