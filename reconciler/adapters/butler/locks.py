"""Named locks that the death of their holder releases: PostgreSQL's advisory locks, flock beside an SQLite file.

Butler offers none. They only keep two operators from starting the same work twice; what may be written is decided by
compare-and-set (see `editing`), so a lost lock loses nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from ...errors import Locked
from .beside import directory, lock_file
from .connect import Connection, told

DIRECTORY = "reconcile-locks"

_WHO_HOLDS = """
select activity.application_name from pg_locks lock join pg_stat_activity activity using (pid)
where lock.locktype = 'advisory' and lock.granted and (lock.classid::bigint << 32 | lock.objid::bigint) = :key
"""


@contextmanager
def held(connection: Connection, name: str) -> Iterator[None]:
    """Hold the named lock of the repository; raise `Locked` at once, naming the holder, if another has it."""
    with told(connection.place):
        url = connection.registry_config.connectionString
        if url.get_backend_name() == "postgresql":
            holder: Any = _advisory(url, connection, name)
        else:
            holder = _flock(directory(Path(url.database).parent / DIRECTORY), connection.place, name)
    with closing(holder):
        yield


def _advisory(url: Any, connection: Connection, name: str) -> Any:
    """Return a database connection of our own that holds the lock until it is closed."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    # Several repositories may be schemas of one database; advisory locks belong to the database.
    key = int(_digest(f"{connection.registry_config.get('namespace')}\n{name}")[:16], 16) >> 1
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    database = engine.connect()
    try:
        database.execute(text("select set_config('application_name', :me, false)"), {"me": f"reconcile {_me()}"[:63]})
        if database.scalar(text("select pg_try_advisory_lock(:key)"), {"key": key}):
            return database
        holder = database.scalar(text(_WHO_HOLDS), {"key": key}) or "a process that has just ended"
        raise _locked(connection.place, name, holder)
    except BaseException:
        database.close()
        raise


def _flock(folder: Path, place: str, name: str) -> TextIO:
    """Return an open file that holds the lock until it is closed. The file stays: removing it would be a race."""
    file = os.fdopen(lock_file(folder / f"{_digest(name)[:16]}.lock"), "r+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with file:
            file.seek(0)
            raise _locked(place, name, file.read().strip() or "a process that has just begun") from None
    file.truncate(0)
    file.write(f"reconcile {_me()}\n{name}\n")
    file.flush()
    return file


def _locked(place: str, name: str, holder: str) -> Locked:
    return Locked(
        f"{name} at {place} is locked by {holder.splitlines()[0]}",
        hint="Wait for it to end; the lock goes with the process that holds it.",
    )


def _me() -> str:
    return f"{os.getpid()}@{socket.gethostname()} {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
