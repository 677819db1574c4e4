"""How findings say when and for whom."""

from __future__ import annotations

from collections.abc import Iterable

from ..dataid import parse
from ..holdings import Taken
from ..spec.ranges import ranges
from ..validity import BEGINNING, END, show


def instant(nanoseconds: int) -> str:
    """Return an instant in TAI; the open begin too is one that people can ask about."""
    return {BEGINNING: "1970-01-01T00:00:00", END: "2100-01-01T00:00:00"}.get(nanoseconds, show(nanoseconds)) + " TAI"


def asked(dataset_type: str, data_id: str, when: int, one: Taken | None = None) -> str:
    """Return a case: a data ID and an instant, or the exposure that exists then."""
    case = f"{dataset_type} {data_id} at {instant(one.validity.begin if one else when)}"
    return f"{case}, exposure {one.id}" if one else case


def whom(data_ids: Iterable[str]) -> str:
    """Return data IDs by what tells them apart beside the filter: `detectors 0..8`; empty without detectors."""
    numbers = [int(found) for one in data_ids if (found := parse(one).get("detector")) is not None]
    return f"detector{'' if len(numbers) == 1 else 's'} {ranges(numbers)}" if numbers else ""
