"""The ports that steps act through, bundled for one site."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ..archive import PLACE as ARCHIVE
from ..archived import Archive
from ..content import Content
from ..errors import UsageError
from ..jobs import Job, Progress
from ..parcel import Counted
from ..ports import Executor, Reader, Repository


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _uncounted(content: Content) -> None:  # the shape of a count
    """Count nothing."""


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
    copied
        Called when a file was copied.
    """

    repositories: Mapping[str, Repository]
    executor: Executor
    work: Path
    host: str
    now: Callable[[], datetime] = _utc_now
    progress: Progress = field(default=_silent)
    copied: Counted = field(default=_uncounted)
    store: Archive | None = None

    @property
    def archive(self) -> Archive:
        """The archive; only a site that has one is asked to publish, or to receive from it."""
        if self.store is None:
            raise UsageError("this site has no archive; `archive:` in its document names one")
        return self.store

    def reader(self, place: str) -> Reader:
        """Return what can be looked at under that name: a repository, or the archive."""
        return self.archive if place == ARCHIVE else self.repository(place)

    @property
    def moment(self) -> str:
        """Now, as documents have it: ISO 8601 in UTC, to the second."""
        return self.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def repository(self, place: str) -> Repository:
        """Return the repository of that name."""
        if place not in self.repositories:
            raise UsageError(f"no repository {place} at this site; it has {', '.join(sorted(self.repositories))}")
        return self.repositories[place]
