"""What was applied, as text and as plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..history import Applied, Done
from ..words import count

_TIME = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True)
class History:
    """What there is to tell.

    Attributes
    ----------
    commits
        Commit -> who made it, when and why; None for one that this clone does not know.
    since
        Site -> commits of specs after the last one that its journal tells of.
    remarks, faults
        In words: what is not known, and what could not be read.
    """

    applied: tuple[Applied, ...]
    commits: Mapping[str, str | None]
    since: Mapping[str, tuple[str, ...]]
    remarks: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def text(history: History) -> str:
    """Return the history as lines, the latest first."""
    return "\n".join(_lines(history)) + "\n"


def _lines(history: History) -> Iterator[str]:
    if not history.applied:
        yield "Nothing that was applied is on record here."
    for one in history.applied:
        yield from _applied(one, history.commits)
    for site, commits in history.since.items():
        if commits:
            yield f"Committed since, with no step at {site} in its journal:"
            yield from (f"  {commit[:12]}  {_subject(history.commits, commit)}" for commit in commits)
    yield from history.remarks
    yield from (f"NOT READ: {fault}" for fault in history.faults)


def _applied(one: Applied, commits: Mapping[str, str | None]) -> Iterator[str]:
    words = Counter(step.outcome for step in one.steps)
    counted = ", ".join(f"{number} {word}" for word, number in words.items())
    by = f" by {one.by}" if one.by else ""
    yield f"{one.began:{_TIME}}  {one.site}  {one.commit[:12]}  {count(len(one.steps), 'step')}{by}: {counted}"
    yield f"    {_subject(commits, one.commit)}"
    yield from (line for step in one.steps for line in _step(step))


def _step(step: Done) -> Iterator[str]:
    approved = f"; approved by {', '.join(step.approved_by)}" if step.approved_by else ""
    yield f"    {step.outcome:>9}  {step.title} at {step.place}{approved}"
    if step.reason:
        yield f"               {step.reason}"


def _subject(commits: Mapping[str, str | None], commit: str) -> str:
    return commits.get(commit) or "a commit that this clone does not know; git fetch"


def as_json(history: History) -> dict[str, Any]:
    """Return the same as plain values."""
    return {
        "applied": [_values(one, history.commits) for one in history.applied],
        "since": {site: list(commits) for site, commits in history.since.items()},
        "remarks": list(history.remarks),
        "faults": list(history.faults),
    }


def _values(one: Applied, commits: Mapping[str, str | None]) -> dict[str, Any]:
    return {
        "site": one.site,
        "commit": one.commit,
        "subject": commits.get(one.commit),
        "began": one.began.isoformat(),
        "by": one.by,
        "steps": [
            {
                "at": step.at.isoformat(),
                "place": step.place,
                "step": step.title,
                "kind": step.kind,
                "outcome": step.outcome,
                "reason": step.reason,
                "approved_by": list(step.approved_by),
            }
            for step in one.steps
        ],
    }
