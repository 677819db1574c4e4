"""Workers of one crew take turns at a database of SQLite.

Butler begins every transaction with a writeable SQLite database by taking its lock, reads included, and SQLite lets
whoever finds it taken sleep for up to 100 ms before it tries again: two workers then wait almost as long as they work.
A lock of the kernel's wakes the next one at once. Nothing rests on it: SQLite's own lock stands, and other processes
know only that one.
"""

from __future__ import annotations

import fcntl
from tempfile import TemporaryFile
from typing import Any, Self

from sqlalchemy import Engine, event


class Turns:
    """A lock of processes that are forked from this one; the kernel gives it back when its holder dies."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115  # closed by whoever enters this

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def join(self) -> None:
        """Take turns from now on, in this process, with all others that have joined."""
        event.listen(Engine, "begin", self._take, insert=True)  # before Butler's listener, which takes SQLite's lock
        event.listen(Engine, "checkin", self._give_back)  # after the commit, which is what takes long

    def _take(self, connection: Any) -> None:
        if connection.dialect.name == "sqlite":
            fcntl.lockf(self._file, fcntl.LOCK_EX)

    def _give_back(self, connection: Any, record: Any) -> None:
        del connection, record
        fcntl.lockf(self._file, fcntl.LOCK_UN)
