"""What the registry knows of single exposures."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ...validity import Validity
from .rows import validity


def spans(butler: Any, instrument: str, exposures: Collection[int]) -> dict[int, Validity]:
    """Return the time spans of those of these exposures that the registry knows and has a time span for."""
    if not exposures:
        return {}
    with butler.query() as query:
        rows = query.where("exposure in (wanted)", instrument=instrument, bind={"wanted": sorted(exposures)}).general(
            ["exposure"], dimension_fields={"exposure": {"timespan"}}
        )
        found = [(row["exposure"], row["exposure.timespan"]) for row in rows]
    return {exposure: validity(span) for exposure, span in found if span is not None and not span.isEmpty()}


def existing(butler: Any, instrument: str, exposures: Collection[int], raws: str | None) -> frozenset[int]:
    """Return which of these exposures the registry knows at all; with `raws`, which have a raw there."""
    if not exposures:
        return frozenset()
    with butler.query() as query:
        searched = query if raws is None else query.join_dataset_search("raw", [raws])
        known = searched.where("exposure in (wanted)", instrument=instrument, bind={"wanted": sorted(exposures)})
        return frozenset(data_id["exposure"] for data_id in known.data_ids(["exposure"]))
