"""The ports that steps act through, bundled for one site."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ..errors import UsageError
from ..ports import Executor, Job, Progress, Repository


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _silent(job: Job, done: int, total: int) -> None:  # the shape of a progress report
    """Report nothing."""


@dataclass(frozen=True, slots=True)
class World:
    """The repositories of one site, its executor, and what belongs to this process.

    Attributes
    ----------
    work
        Directory for submissions.
    host
        Name of this machine, written into claims for people.
    progress
        Called while jobs of this process run.
    """

    repositories: Mapping[str, Repository]
    executor: Executor
    work: Path
    host: str
    now: Callable[[], datetime] = _utc_now
    progress: Progress = field(default=_silent)

    def repository(self, place: str) -> Repository:
        """Return the repository of that name."""
        if place not in self.repositories:
            raise UsageError(f"no repository {place} at this site; it has {', '.join(sorted(self.repositories))}")
        return self.repositories[place]
