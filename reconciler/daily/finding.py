"""What came of one part of a day."""

from __future__ import annotations

from dataclasses import dataclass

from ..verification.verdict import Verdict
from .closing import Closing
from .event import Subject
from .streak import Streak
from .uses import Use


@dataclass(frozen=True, eq=False, slots=True)
class Need:
    """A replacement that is needed: since when, and the calendars before and after an end of what is in use."""

    streak: Streak
    closing: Closing


@dataclass(frozen=True, eq=False, slots=True)
class Finding:
    """One product, or one band of it.

    Attributes
    ----------
    leaves
        The collections that hold the results, in order of time.
    need
        None for one that does not fail, or that failed with what the chain gives no more.
    """

    subject: Subject
    leaves: tuple[str, ...]
    verdict: Verdict
    uses: tuple[Use, ...]
    need: Need | None = None
