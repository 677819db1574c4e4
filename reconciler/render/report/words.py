"""Words, signs and numbers of a report: an outcome always has a word and a sign, never a colour alone."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from ...spec.ranges import ranges
from ...verification.criteria import Acceptance, Threshold
from ...verification.verdict import Word

SIGNS: dict[Word, str] = {"passed": "✓", "accepted": "≈", "not tested": "?", "failed": "✗"}
ARROWS = {"better": "▲", "worse": "▼", "the same": "=", "not known": "?"}
_EPOCH = datetime(1858, 11, 17, tzinfo=UTC)


def number(value: float) -> str:
    """Return three significant digits, `0.0481`; `–` for what was not measured."""
    if math.isnan(value):
        return "–"
    return (
        f"{value:.3g}".replace("-", "\N{MINUS SIGN}").replace("e+0", "e").replace("e\N{MINUS SIGN}0", "e\N{MINUS SIGN}")
    )


def day(mjd: float) -> str:
    """Return the date of a Modified Julian Date."""
    return f"{_EPOCH + timedelta(days=mjd):%Y-%m-%d}"


def moment(mjd: float) -> str:
    """Return date and time of a Modified Julian Date to the minute; `–` for NaN."""
    return "–" if math.isnan(mjd) else f"{_EPOCH + timedelta(days=mjd):%Y-%m-%d %H:%M}"


def span(mjd: Sequence[float]) -> str:
    """Return `on 2024-12-06`, `from 2024-12-06 to 2024-12-09`."""
    first, last = day(min(mjd)), day(max(mjd))
    return f"on {first}" if first == last else f"from {first} to {last}"


def file_name(name: str) -> str:
    """Return a name with nothing in it that means something in a path or an address."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)


def threshold(one: Threshold) -> str:
    """Return `at most 0.05`, `at most 0.1 for detectors 3..5`."""
    return f"{one.bound} for {detectors(one.detectors)}" if one.detectors is not None else str(one.bound)


def detectors(numbers: Iterable[int]) -> str:
    """Return `detector 3`, `detectors 3..5, 8`."""
    found = ranges(numbers)
    return f"detector{'' if len(found) == 1 else 's'} {found}"


def numbers(found: Iterable[int]) -> str:
    """Return `1..3, 8`."""
    return str(ranges(found))


def acceptance(one: Acceptance) -> str:
    """Return where a failure is accepted: `CR_NOISE of bias, detector 4, amplifier C03`."""
    where = [f"{one.test} of {', '.join(sorted(one.products)) if one.products is not None else 'every calibration'}"]
    where += [detectors(one.detectors)] if one.detectors is not None else []
    if one.amplifiers is not None:
        where += [f"amplifier{'' if len(one.amplifiers) == 1 else 's'} {', '.join(sorted(one.amplifiers))}"]
    return ", ".join(where)
