"""Problems as text for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from ..spec.problems import Problem


def text(problems: Iterable[Problem]) -> str:
    """Return a line per problem, sorted by place, and a line that counts them; empty if there are none."""
    found = sorted(problems)
    if not found:
        return ""
    return "\n".join([*map(str, found), summary(found)]) + "\n"


def summary(problems: Iterable[Problem]) -> str:
    """Return how many errors and warnings there are: `2 errors, 1 warning`."""
    severities = [problem.severity for problem in problems]
    counted = [(severities.count("error"), "error"), (severities.count("warning"), "warning")]
    return ", ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in counted if n) or "no problems"


def as_json(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Return the problems as plain values, sorted by place."""
    return [asdict(problem) for problem in sorted(problems)]
