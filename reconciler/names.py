"""How calibration collections are named (DMTN-222 section 2).

    ticket chain   <prefix><INSTRUMENT>/calib/<TICKET>                       CHAINED
    leaf           <prefix><INSTRUMENT>/calib/<TICKET>/<TAG>/<stem>.<RERUN>  biasGen.20250207a, bias.20250207a
    bootstrap RUN  <leaf>/run<N>                                             fixed: later steps name it

A tag may be empty: older tickets have no such level.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import NamedTuple

from .errors import ReconcileError

_TICKET = re.compile(r"[A-Z][A-Z0-9]+-[1-9][0-9]*\Z", re.ASCII)
_CONSTRUCTION_TICKET = re.compile(r"DM-[1-9][0-9]*\Z", re.ASCII)
_RERUN = re.compile(r"(\d{4})(\d\d)(\d\d)([a-z])\Z", re.ASCII)

_RELEASE = re.compile(r"(?:w_\d{4}_\d\d|d_\d{4}_\d\d_\d\d|v\d+(?:[._]\d+)*(?:[._]rc\d+)?|embedded)\Z", re.ASCII)


TAGS = "/calib_tagged/"
"""What the names of collections have that only keep calibrations from being cleaned away (DMTN-222 section 3.5.1)."""


class Rerun(NamedTuple):
    """The iteration of a generation, a certification or a verification: a day and a letter."""

    day: date
    letter: str

    def __str__(self) -> str:
        return f"{self.day:%Y%m%d}{self.letter}"


@dataclass(frozen=True, slots=True)
class Naming:
    """The words that every collection of one ticket's calibrations begins with."""

    prefix: str
    """Empty for official calibrations, `u/<user>/` for trials."""
    instrument: str
    ticket: str
    tag: str = ""

    @property
    def top_chain(self) -> str:
        """The chain that processing reads: `<INSTRUMENT>/calib`."""
        return f"{self.prefix}{self.instrument}/calib"

    @property
    def ticket_chain(self) -> str:
        """The collection that holds everything made for the ticket."""
        return f"{self.top_chain}/{self.ticket}"

    @property
    def base(self) -> str:
        """What the leaves are under: the ticket chain's name and the tag, if there is one."""
        return f"{self.ticket_chain}/{self.tag}" if self.tag else self.ticket_chain

    def tagged(self, number: int = 1) -> str:
        """Return the TAGGED collection that protects the ticket's calibrations; the second and later are numbered."""
        name = f"{self.prefix}{self.instrument}{TAGS}{self.ticket}"
        return name if number == 1 else f"{name}/{number}"

    def leaf(self, stem: str, rerun: str) -> str:
        """Return the collection of one generation, certification or verification."""
        return f"{self.base}/{stem}.{rerun}"

    def run(self, stem: str, rerun: str, name: str) -> str:
        """Return the RUN with a fixed name under a leaf: `.../biasBootstrapGen.20250207a/run1`."""
        return f"{self.leaf(stem, rerun)}/{name}"


def is_ticket(text: str) -> bool:
    """Return whether this is a ticket of any project: DM-48520, TAXICAB-23."""
    return _TICKET.match(text) is not None


def ticket_in(collection: str) -> str | None:
    """Return the ticket that a collection's name holds; None for one that is named otherwise."""
    return next((part for part in collection.split("/") if is_ticket(part)), None)


def is_construction_ticket(text: str) -> bool:
    """Return whether this is a ticket that may name collections: DM and a number."""
    return _CONSTRUCTION_TICKET.match(text) is not None


def is_release(text: str) -> bool:
    """Return whether this is software that was released: a weekly, a daily, a version, or what is embedded here.

    Anything else is a development branch, such as `tickets/DM-48520`.
    """
    return _RELEASE.match(text) is not None


def parse_rerun(text: str) -> Rerun:
    """Return the day and the letter of `YYYYMMDDv`; raise `ValueError` with the expected form."""
    match = _RERUN.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not a rerun like 20250207a: a day and a letter")
    year, month, day, letter = match.groups()
    try:
        return Rerun(date(int(year), int(month), int(day)), letter)
    except ValueError:
        raise ValueError(f"{text!r} is not a rerun: {year}-{month}-{day} is no day of the calendar") from None


def next_rerun(text: str) -> str:
    """Return the rerun that follows on the same day; raise `ReconcileError` after `z`."""
    rerun = parse_rerun(text)
    if rerun.letter == "z":
        raise ReconcileError(
            f"rerun {text} has used up the letters of its day",
            hint="give the new rerun today's date and the letter a",
        )
    return str(rerun._replace(letter=chr(ord(rerun.letter) + 1)))


def calib_date(instant: str) -> str:
    """Return a UTC instant as the name of a curated RUN has it: `20241206T000000Z`.

    Raises `ValueError` if the text is no ISO 8601 instant.
    """
    when = datetime.fromisoformat(instant)
    if when.tzinfo is not None:
        when = when.astimezone(UTC)
    return f"{when:%Y%m%dT%H%M%S}Z"


def next_leaf(leaf: str) -> str:
    """Return a leaf's name with the rerun that follows: `.../biasGen.20250207a` -> `.../biasGen.20250207b`.

    A name that ends in no rerun, or in the last one of its day, comes back with a question for a new one.
    """
    stem, _, rerun = leaf.rpartition(".")
    if not _RERUN.match(rerun):
        return f"{leaf}.<YYYYMMDDa>"
    return f"{stem}.<YYYYMMDDa>" if rerun.endswith("z") else f"{stem}.{next_rerun(rerun)}"
