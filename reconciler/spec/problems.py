"""What is wrong with documents: where, what was found, what was expected, the nearest right word."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from heapq import nlargest
from typing import Literal, NamedTuple

from ..errors import ExitCode, ReconcileError
from ..words import count

Severity = Literal["error", "warning"]

MOST_PER_FILE = 100
"""Of one sort in one file: who sees a hundred has seen enough, and hostile files cannot keep us busy."""
_LONGEST_SHOWN = 60
_MOST_LISTED = 30
_MOST_COMPARED = 100
_MOST_MEASURED = 10
_NEAR = 0.6


class Position(NamedTuple):
    """A place in a file, both counted from 1; columns count characters."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong (error) or probably not meant (warning), at one place of one file."""

    file: str
    """Relative to the root of the tree, with forward slashes."""
    line: int
    column: int
    code: str
    """Stable name of the rule."""
    severity: Severity
    message: str
    expected: str = ""
    nearest: str = ""
    """The right word that is most like what was found."""

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}:{self.column}: {self.severity}[{self.code}]: {self.message}"
        if self.expected:
            text += f"; expected {self.expected}"
        return visible(f"{text}; did you mean {self.nearest!r}?" if self.nearest else text)


class InvalidSpec(ReconcileError):
    """Documents are wrong; `problems` has every error that was found, sorted, and the warnings with them."""

    exit_code = ExitCode.INVALID_SPEC

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        errors = sum(problem.severity == "error" for problem in self.problems)
        files = len({problem.file for problem in self.problems if problem.severity == "error"})
        lines = "\n".join(str(problem) for problem in self.problems)
        counted = f"{count(errors, 'error')} in {count(files, 'file')}"
        super().__init__(f"{counted}\n{lines}", hint="nothing was done; correct the files and run it again")


def raise_if_invalid(problems: Iterable[Problem]) -> None:
    """Raise `InvalidSpec` if any of the problems is an error."""
    found = tuple(problems)
    if any(problem.severity == "error" for problem in found):
        raise InvalidSpec(found)


def one_per_place(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems sorted, only the first that was found at each place: the others follow from it."""
    first: dict[tuple[str, int, int], Problem] = {}
    for problem in problems:
        first.setdefault((problem.file, problem.line, problem.column), problem)
    return tuple(sorted(first.values()))


def nearest(word: object, right: Iterable[str]) -> str:
    """Return the right word most like the one that was found; empty if none is near."""
    written = str(word)[:_LONGEST_SHOWN]
    matcher = SequenceMatcher(b=written)

    def rated(candidates: Iterable[str], exact: bool) -> list[tuple[float, str]]:
        found = []
        for one in candidates:
            matcher.set_seq1(one)
            found.append((matcher.ratio() if exact else matcher.quick_ratio(), one))
        return [each for each in found if each[0] >= _NEAR]

    # The real measure is dear: only what has the most letters in common is measured.
    likely = nlargest(_MOST_MEASURED, rated(_around(written, frozenset(right)), exact=False))
    return max(rated((one for _, one in likely), exact=True), default=(0.0, ""))[1]


def _around(word: str, right: frozenset[str]) -> tuple[str, ...]:
    """Return all of the right words; of very many, those that would stand beside the word in a dictionary."""
    ordered = _ordered(right)
    at = bisect_left(ordered, word)
    begin = max(0, min(at - _MOST_COMPARED // 2, len(ordered) - _MOST_COMPARED))
    return ordered[begin : begin + _MOST_COMPARED]


@lru_cache(maxsize=8)
def _ordered(words: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(words))


def visible(text: str) -> str:
    """Return a text as one line that shows every character: what a file says must not steer a terminal."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def shown(value: object) -> str:
    """Return a value that was found, short enough for one line of a message."""
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def listed(words: Iterable[str]) -> str:
    """Return the words that would have been right, as a sentence has them."""
    found = _ordered(frozenset(words))
    more = f" and {len(found) - _MOST_LISTED} more" if len(found) > _MOST_LISTED else ""
    return ", ".join(found[:_MOST_LISTED]) + more or "nothing"
