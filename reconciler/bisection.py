"""Where in a history an answer turned: a binary search that passes by what cannot be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from .errors import ReconcileError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Turn(Generic[T]):
    """Two commits of a history with different answers, with nothing between them that could be asked.

    Attributes
    ----------
    between
        Commits between the two, oldest first, that could not be asked: the answer may have turned there already.
    skipped
        Every commit that could not be asked, and why.
    asked
        How many commits gave an answer.
    """

    before: str
    was: T
    after: str
    became: T
    between: tuple[str, ...]
    skipped: Mapping[str, str]
    asked: int


def turn(commits: Sequence[str], ask: Callable[[str], T]) -> Turn[T] | None:
    """Return where the answer of the first commit gave way to another; None if the last one answers as the first.

    An answer that turned away and back between two questions is not seen. A commit for which `ask` raises
    `ReconcileError` is passed by; the first and the last must answer, so what they raise escapes.
    """
    answers = {0: ask(commits[0]), len(commits) - 1: ask(commits[-1])}
    low, high = 0, len(commits) - 1
    if answers[low] == answers[high]:
        return None
    skipped: dict[int, str] = {}
    while waiting := [n for n in range(low + 1, high) if n not in skipped]:
        middle = _nearest(waiting, (low + high) // 2)
        try:
            answers[middle] = ask(commits[middle])
        except ReconcileError as error:
            skipped[middle] = error.message.splitlines()[0]
            continue
        if answers[middle] == answers[0]:
            low = middle
        else:
            high = middle
    return Turn(
        before=commits[low],
        was=answers[low],
        after=commits[high],
        became=answers[high],
        between=tuple(commits[low + 1 : high]),
        skipped={commits[n]: reason for n, reason in sorted(skipped.items())},
        asked=len(answers),
    )


def _nearest(numbers: Sequence[int], wanted: int) -> int:
    return min(numbers, key=lambda number: abs(number - wanted))
