"""One attempt's directory: wrapper, graph, log, report, and the mark of life.

The mark is a lock (flock) on a file: the kernel drops it when the process dies, however it dies, so nothing stale
can be left behind. The file says who holds it, for people and for `cancel`; only the lock says whether it is alive.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from ...errors import Locked, ReconcileError

_TRIES, _PAUSE_S = 5, 0.05
"""A poll holds the lock for microseconds; an attempt to start must not take that for a job."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a mark of life."""

    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} since {self.since}"


@dataclass(frozen=True, slots=True)
class Report:
    """What became of the quanta of one attempt; failures and skipped ones are `task data ID: reason`."""

    quanta: int
    done: int
    failures: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Submission:
    """The directory of an attempt."""

    path: Path

    @property
    def wrapper(self) -> Path:
        """The configuration that the engine was given."""
        return self.path / "wrapper.yaml"

    @property
    def graph(self) -> Path:
        """The quantum graph, as `pipetask` reads it."""
        return self.path / "graph.qg"

    @property
    def log(self) -> Path:
        """What the middleware and the tasks logged."""
        return self.path / "pipetask.log"

    @property
    def mark(self) -> Path:
        """The file whose lock says that a job is alive."""
        return self.path / "alive"

    def create(self) -> None:
        """Make the directory unless it is there."""
        with writing(self.path):
            self.path.mkdir(parents=True, exist_ok=True)

    def holder(self) -> Holder | None:
        """Return who holds the mark of life; None if nobody is alive."""
        try:
            file = self.mark.open()
        except (FileNotFoundError, NotADirectoryError):
            return None
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _read_holder(file.read())
        return None

    def report(self) -> Report | None:
        """Return the report of the last attempt; None if it did not get so far."""
        try:
            fields = json.loads((self.path / "report.json").read_text())
        except FileNotFoundError:
            return None
        failures, skipped = tuple(fields["failures"]), tuple(fields["skipped"])
        return Report(fields["quanta"], fields["done"], failures, skipped, fields["interrupted"])

    def write_report(self, report: Report) -> None:
        """Keep the report of an attempt."""
        write_text(self.path / "report.json", json.dumps(asdict(report), indent=1))

    def forget_report(self) -> None:
        """Remove the report of an earlier attempt, so that it is not taken for that of the next."""
        with writing(self.path):
            (self.path / "report.json").unlink(missing_ok=True)


class Mark:
    """A held mark of life; lost with the process, or by `release`."""

    def __init__(self, submission: Submission) -> None:
        submission.create()
        with writing(submission.mark):
            self._fd = os.open(submission.mark, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        if not _acquired(self._fd):
            os.close(self._fd)
            raise Locked(
                f"{submission.path} is in use by {submission.holder()}",
                hint="Wait until it has ended, or end it with `reconcile cancel`.",
            )
        holder = Holder(os.getpid(), socket.gethostname(), datetime.now(UTC).isoformat(timespec="seconds"))
        with writing(submission.mark):
            os.truncate(self._fd, 0)
            os.write(self._fd, json.dumps(asdict(holder)).encode())

    def release(self) -> None:
        """Say that the job has ended."""
        fcntl.flock(self._fd, fcntl.LOCK_UN)
        os.close(self._fd)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Translate the failures of a disk: full, read-only, a file in the way."""
    try:
        yield
    except OSError as error:
        raise ReconcileError(
            f"cannot write {path}: {error.strerror}", hint="Mend that, then run the same command again; it resumes."
        ) from error


def write_text(path: Path, text: str) -> None:
    """Write a file at once or not at all."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with writing(path):
        part.write_text(text)
        part.replace(path)


def _acquired(fd: int) -> bool:
    for attempt in range(_TRIES):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE_S if attempt + 1 < _TRIES else 0)
        else:
            return True
    return False


def _read_holder(text: str) -> Holder:
    # Between taking the lock and writing the name, the file is empty or cut.
    try:
        return Holder(**json.loads(text))
    except ValueError:
        return Holder(0, socket.gethostname(), "this moment")
