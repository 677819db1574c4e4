"""Half-open intervals of TAI nanoseconds, and the ways people write their ends.

A validity is `[begin, end)` in nanoseconds of TAI since 1970-01-01T00:00:00 TAI, as Butler stores it. `BEGINNING`
and `END` stand for "always before" and "always after"; Butler reads 1970-01-01T00:00:00 and everything from
2100 on back as unbounded, so those instants are the same values here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

NANOSECOND = 1_000_000_000
BEGINNING = 0
"""The open begin: 1970-01-01T00:00:00 TAI, which Butler reads back as unbounded."""
END = 4_102_444_800 * NANOSECOND
"""The open end: 2100-01-01T00:00:00 TAI; Butler keeps nothing later."""

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?\Z", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Validity:
    """`[begin, end)` in TAI nanoseconds; cannot be empty."""

    begin: int
    end: int

    def __post_init__(self) -> None:
        if self.begin >= self.end:
            raise ValueError(f"empty validity: begin {show(self.begin)} is not before end {show(self.end)}")

    def __str__(self) -> str:
        return period(self.begin, self.end)

    def contains(self, other: Validity) -> bool:
        """Return whether `other` lies wholly inside."""
        return self.begin <= other.begin and other.end <= self.end

    def overlaps(self, other: Validity) -> bool:
        """Return whether the two share an instant."""
        return self.begin < other.end and other.begin < self.end


ALWAYS = Validity(BEGINNING, END)


def tai(text: str) -> int:
    """Return the TAI nanoseconds of an ISO 8601 instant that is written in TAI, without a zone.

    Raises `ValueError` with the expected form for anything else: a zone would say that the writer meant UTC.
    """
    match = _INSTANT.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not an instant like 2024-12-06T00:00:00 (TAI, no time zone)")
    seconds = int(datetime.fromisoformat(match[1]).replace(tzinfo=UTC).timestamp())
    nanoseconds = seconds * NANOSECOND + int((match[2] or "0").ljust(9, "0"))
    return clamp(nanoseconds)


def clamp(nanoseconds: int) -> int:
    """Return the instant as Butler would read it back: never before `BEGINNING`, never after `END`."""
    return max(BEGINNING, min(END, nanoseconds))


def utc(text: str) -> int:
    """Return the TAI nanoseconds of an ISO 8601 instant that is written in UTC (curated files).

    37 s later than the same text read as TAI since 2017. The leap seconds are those of the IAU's SOFA (erfa).
    """
    import erfa

    when = datetime.fromisoformat(text)
    if when.tzinfo is not None:
        when = when.astimezone(UTC).replace(tzinfo=None)
    if when.year < 1972:
        return clamp(tai(when.isoformat(timespec="seconds")))
    day_fraction = (when.hour * 3600 + when.minute * 60 + when.second) / 86400
    offset = round(float(erfa.dat(when.year, when.month, when.day, day_fraction)))
    return clamp(tai(when.isoformat(timespec="microseconds")) + offset * NANOSECOND)


def in_utc(nanoseconds: int) -> str:
    """Return the UTC text of a TAI instant: the way back of `utc`. A leap second reads as the second after it.

    Before 1972 both read alike, as `utc` has it.
    """
    return "-" if nanoseconds in (BEGINNING, END) else show(unix(nanoseconds))


def unix(nanoseconds: int) -> int:
    """Return the nanoseconds of Unix of a TAI instant; a leap second counts as the second after it."""
    about = nanoseconds - _leaps(nanoseconds)
    return nanoseconds - _leaps(about)


def from_unix(nanoseconds: int) -> int:
    """Return the TAI instant of these nanoseconds of Unix: the way back of `unix`."""
    return nanoseconds + _leaps(nanoseconds)


def _leaps(nanoseconds: int) -> int:
    """Return TAI - UTC in nanoseconds on the UTC day of these nanoseconds."""
    from erfa import leap_seconds

    day = datetime.fromtimestamp(nanoseconds // NANOSECOND, UTC)
    # The table itself: `erfa.dat` warns of years to come, in which leap seconds are not known yet.
    known = leap_seconds.get()[["year", "month", "tai_utc"]].tolist()
    seconds = [leap for year, month, leap in known if year >= 1972 and (year, month) <= (day.year, day.month)]
    return round(seconds[-1]) * NANOSECOND if seconds else 0


def show(nanoseconds: int) -> str:
    """Return the instant as people read it: `-` for an open end, fractions only where there are any."""
    if nanoseconds in (BEGINNING, END):
        return "-"
    seconds, rest = divmod(nanoseconds, NANOSECOND)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{rest:09d}".rstrip("0") if rest else text


def period(begin: int, end: int) -> str:
    """Return an interval as people say it: `always`, `from 2024-12-06T00:00:00`, `until ...`, `... to ...`."""
    if begin == BEGINNING:
        return "always" if end == END else f"until {show(end)}"
    return f"from {show(begin)}" if end == END else f"{show(begin)} to {show(end)}"
