"""A command for one repository never writes into another; the same for every adapter."""

from __future__ import annotations

from ..errors import ReconcileError
from ..record import Record


def own(place: str, record: Record | None) -> Record:
    """Return the record of the repository that is configured as `place`; refuse that of another."""
    if record is not None and record.place != place:
        raise ReconcileError(
            f"the repository configured as {place} is recorded as {record.place}",
            hint="Correct `butler:` in sites/, or the repository's name there; nothing was written.",
        )
    return record or Record(place)
