"""What was decided: history keeps it, also when policies, people and keys have changed since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .statement import Statement


@dataclass(frozen=True)
class Decided:
    """A statement about what science sees that had enough approvals, by the policy of that time.

    Attributes
    ----------
    at
        When the last yes was signed.
    commit
        Which brought it onto the trusted line; empty where nobody said which line that is.
    """

    statement: Statement
    by: tuple[str, ...]
    at: datetime
    commit: str = ""
