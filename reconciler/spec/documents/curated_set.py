"""A curated set: calibrations that are written by people or measured in the laboratory, as files in git.

They are certified into `<INSTRUMENT>/calib/<ticket>`, or into another collection of the ticket that is named. A file
without a date is always valid; a dated one from its date to the next date of the same type and data ID (DMTN-222
section 5).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ...names import Naming, calib_date
from .base import Model, Name, Text, UtcInstant
from .deployment import Deployment


class CuratedFile(Model):
    """One file and what it holds for."""

    file: Text
    """Path relative to the spec."""
    detector: int | None = Field(default=None, ge=0)
    physical_filter: Name | None = None
    from_date: UtcInstant | None = Field(default=None, alias="from")
    """CALIBDATE, in UTC; absent means undated."""


class CuratedDataset(Model):
    """The files of one dataset type."""

    storage_class: Name
    dimensions: tuple[Name, ...]
    files: tuple[CuratedFile, ...] = Field(min_length=1)


class CuratedSet(Model):
    """Everything curated that one ticket brings."""

    kind: Literal["CuratedSet"]
    instrument: Name
    ticket: Name
    origin: Name
    prefix: Name | Literal[""] = ""
    collection: Name | None = None
    """The CALIBRATION collection, below the ticket's; by default the ticket's own."""
    datasets: dict[Name, CuratedDataset] = Field(min_length=1)
    deployment: Deployment | None = None

    @property
    def naming(self) -> Naming:
        """The words that the set's collections begin with; curated sets have no tag."""
        return Naming(self.prefix, self.instrument, self.ticket)

    @property
    def certified(self) -> str:
        """The CALIBRATION collection that the files are certified into."""
        return self.collection or self.naming.ticket_chain

    def run(self, file: CuratedFile) -> str:
        """Return the RUN of a file: `<collection>/unbounded`, or `<collection>/curated/<CALIBDATE>`."""
        dated = f"curated/{calib_date(file.from_date)}" if file.from_date else "unbounded"
        return f"{self.certified}/{dated}"
