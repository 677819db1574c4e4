"""What the fields of all documents are made of.

Documents are frozen and strict: no unknown fields, no silent conversions, tuples instead of lists. They know
nothing of files; positions are kept apart (`reconciler.spec.load.Located`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer, PlainValidator, StringConstraints

from ...names import parse_rerun
from ...validity import tai
from ..ranges import Ranges, parse

MOST_NUMBERS = 100_000
"""Exposures or detectors that one field may name: a slip like `0..1000000000` must not become a billion of them."""


class Model(BaseModel):
    """A frozen, strict part of a document."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


def _instant(text: str) -> str:
    tai(text)
    return text


def _utc_instant(text: str) -> str:
    try:
        known = 1970 <= datetime.fromisoformat(text).year < 2100
    except ValueError:
        known = False
    if not known:
        raise ValueError(f"{text!r} is not an instant like 2024-12-06T00:00:00 (UTC, from 1970 to 2099)")
    return text


def _numbers(written: object) -> Ranges:
    found = parse(written)
    if found.count > MOST_NUMBERS:
        raise ValueError(
            f"{found.count:,} numbers, from {found.spans[0][0]} on; a document names at most {MOST_NUMBERS:,}"
        )
    return found


def _rerun(text: str) -> str:
    parse_rerun(text)
    return text


Name = Annotated[str, StringConstraints(pattern=r"^[!-~]+$", max_length=200)]
"""A word that becomes part of a collection, a file or a query: visible ASCII without blanks."""

Text = Annotated[str, StringConstraints(min_length=1)]
"""What people write for people; and query expressions, which `selection` parses."""

Scalar = str | int | float | bool

Instant = Annotated[str, AfterValidator(_instant)]
"""An ISO 8601 instant in TAI without a zone: `2024-12-06T00:00:00`."""

UtcInstant = Annotated[str, AfterValidator(_utc_instant)]
"""An ISO 8601 instant in UTC, as the dates of curated calibrations are."""

RerunName = Annotated[str, AfterValidator(_rerun)]
"""A day and a letter: `20250207a` (DMTN-222 section 2)."""

Numbers = Annotated[
    Ranges,
    PlainValidator(_numbers, json_schema_input_type=int | str | tuple[int | str, ...]),
    PlainSerializer(lambda numbers: numbers.items(), return_type=tuple[int | str, ...]),
]
"""Detectors or exposures as ranges: `0..8`."""
