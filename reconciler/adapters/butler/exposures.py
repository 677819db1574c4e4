"""What the registry knows of single exposures."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ...holdings import Taken
from ...validity import Validity
from .rows import validity
from .validity_edits import timespan

MOST_WINDOWS = 50
"""How many windows a query names; databases limit how deep an expression may be."""


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


def during(
    butler: Any, instrument: str, windows: tuple[Validity, ...], filters: frozenset[str] | None
) -> tuple[Taken, ...]:
    """Return the exposures, in order of id, whose time span overlaps any of these windows (`ports.Repository`)."""
    if not windows:
        return ()
    with butler.query() as query:
        term = query.expression_factory
        asked = windows if len(windows) <= MOST_WINDOWS else (_hull(windows),)
        inside = term.any(*(term.exposure.timespan.overlaps(timespan(w.begin, w.end)) for w in asked))
        through = [] if filters is None else [term.exposure.physical_filter.in_iterable(sorted(filters))]
        rows = query.where(inside, *through, instrument=instrument).general(
            ["exposure"], dimension_fields={"exposure": {"timespan", "observation_type"}}
        )
        found = [_taken(row) for row in rows if not row["exposure.timespan"].isEmpty()]
    return tuple(sorted((one for one in found if any(map(one.validity.overlaps, windows))), key=lambda one: one.id))


def _taken(row: Any) -> Taken:
    when, kind = validity(row["exposure.timespan"]), row["exposure.observation_type"]
    return Taken(row["exposure"], row["day_obs"], row["physical_filter"], when, kind or "")


def _hull(windows: tuple[Validity, ...]) -> Validity:
    return Validity(min(w.begin for w in windows), max(w.end for w in windows))
