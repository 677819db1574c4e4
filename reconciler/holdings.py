"""What a repository holds, in the words of its port: exposures, what a selection found, tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from .validity import Validity

Columns: TypeAlias = Mapping[str, Any]
"""A table: name -> numpy array, all of one length."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """One exposure as the registry records it; the validity is its time span in TAI."""

    id: int
    observation_type: str
    physical_filter: str
    band: str | None
    validity: Validity


@dataclass(frozen=True, slots=True)
class Taken:
    """An exposure that exists, as far as it decides which calibrations the exposure gets."""

    id: int
    day_obs: int
    physical_filter: str
    validity: Validity
    observation_type: str = ""
    """What it was taken for, such as `science` or `flat`; empty if it is not said."""


@dataclass(frozen=True, slots=True)
class Selected:
    """What a selection found: exposures that have raws, in order of id, and for each the detectors it has raws of."""

    exposures: tuple[Exposure, ...]
    detectors: Mapping[int, frozenset[int]]
