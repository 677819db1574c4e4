"""Selections: which exposures a Butler expression means, all of them and nothing else."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from ...errors import ReconcileError
from ...holdings import Exposure, Selected
from .generations import find
from .rows import validity

RAW = "raw"
FIELDS = {"observation_type", "timespan"}


def select(butler: Any, place: str, instrument: str, raws: str, expression: str) -> Selected:
    """Return the exposures with raws in `raws` for which the expression holds (see `ports.Repository.select`).

    The instrument is joined to the expression as a whole, so an `or` at its top means what it says. A general query
    has no limit, where others stop at 20,000 rows with only a warning.
    """
    _refuse_unknown(butler, place, instrument, raws)
    exposures: dict[int, Exposure] = {}
    detectors: defaultdict[int, set[int]] = defaultdict(set)
    for row in _rows(butler, instrument, raws, expression):
        number = row["exposure"]
        detectors[number].add(row["detector"])
        if number not in exposures:
            exposures[number] = _exposure(row)
    ordered = tuple(exposures[number] for number in sorted(exposures))
    return Selected(ordered, {e.id: frozenset(detectors[e.id]) for e in ordered})


def nearest(butler: Any, instrument: str, number: int) -> tuple[Exposure, ...]:
    """Return the exposure of this number alone; if there is none, those with the next numbers below and above."""
    if own := _first(butler, instrument, "exposure = wanted", number):
        return tuple(map(_exposure, own))
    below = _first(butler, instrument, "exposure < wanted", number, order="-exposure")
    near = (*below, *_first(butler, instrument, "exposure > wanted", number))
    return tuple(_exposure(row) for row in near if _has_span(row))


def _first(butler: Any, instrument: str, expression: str, number: int, order: str = "exposure") -> list[dict[str, Any]]:
    with butler.query() as query:
        found = query.where(expression, instrument=instrument, bind={"wanted": number})
        return list(found.general(["exposure"], dimension_fields={"exposure": FIELDS}).order_by(order).limit(1))


def _rows(butler: Any, instrument: str, raws: str, expression: str) -> list[dict[str, Any]]:
    from lsst.daf.butler import InvalidQueryError

    with butler.query() as query:
        try:
            found = query.join_dataset_search(RAW, [raws]).where(expression, instrument=instrument)
            return list(found.general(["exposure", "detector"], dimension_fields={"exposure": FIELDS}))
        except InvalidQueryError as error:
            raise ReconcileError(
                f"selection {expression.strip()!r} is not understood: {error}",
                hint="Selections are Butler query expressions, such as exposure.day_obs=20241208 and "
                "exposure.observation_type='bias'.",
            ) from error


def _exposure(row: dict[str, Any]) -> Exposure:
    if not _has_span(row):
        raise ReconcileError(f"exposure {row['exposure']} has no time span in the registry, so nothing applies to it")
    return Exposure(
        row["exposure"],
        row["exposure.observation_type"],
        row["physical_filter"],
        row["band"],
        validity(row["exposure.timespan"]),
    )


def _has_span(row: dict[str, Any]) -> bool:
    span = row["exposure.timespan"]
    return span is not None and not span.isEmpty()


def _refuse_unknown(butler: Any, place: str, instrument: str, raws: str) -> None:
    """Name what does not exist: Butler answers with no rows instead."""
    known = sorted(r.name for r in butler.query_dimension_records("instrument", explain=False, limit=None))
    if instrument not in known:
        raise ReconcileError(f"{place} knows no instrument {instrument}; it knows {', '.join(known) or 'none'}")
    if find(butler, raws) is None:
        raise ReconcileError(
            f"{place} has no collection {raws}, in which the raws of {instrument} are looked for",
            hint="Check `raws:` of the set, or ingest the raws first.",
        )
    if not butler.registry.queryDatasetTypes(RAW, missing=[]):
        raise ReconcileError(f"{place} has no dataset type {RAW}: nothing was ever ingested there")
