"""A place for files that are not believed yet: on the file system of the datastore, so that they move at once.

A process that dies leaves its directory. Who is to receive the same RUN next goes on with what is in it; what nobody
has gone on with for days is removed by whoever spools there.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from typing import Any

from ...errors import ReconcileError, Unreachable
from .beside import directory, lock_file

DIRECTORY, LOCK = "reconcile-spool", ".lock"
ABANDONED = 7 * 24 * 3600
"""Seconds after which nobody will go on with what somebody has left."""


@contextmanager
def spool(butler: Any, run: str) -> Iterator[Path]:
    """Yield a directory for the files of a RUN, which others cannot write into; it is removed with what is left in it.

    It stays where another attempt would need the same files: a place could not be reached any more, or somebody lost
    patience. In front of a bucket, which takes each file as a whole, it is among the temporary files.
    """
    root = root_on_disk(butler)
    base = _temporary() if root is None else directory(root / DIRECTORY)
    mine, lock = _moved_in(base, f"{sha256(run.encode()).hexdigest()[:16]}.")
    useful = False
    try:
        yield mine
    except BaseException as error:
        useful = not _is_final(error)
        raise
    finally:
        if not useful:
            with _locked(base):  # nobody moves in meanwhile
                shutil.rmtree(mine, ignore_errors=True)
        os.close(lock)


def root_on_disk(butler: Any) -> Path | None:
    """Return where the files of the datastore are; None if they are in a bucket."""
    roots = butler.get_datastore_roots().values()
    return next((Path(root.ospath) for root in roots if root is not None and root.isLocal), None)


def _temporary() -> Path:
    """Return a directory of this user's own, where everybody may have made one of that name."""
    base = Path(gettempdir(), f"{DIRECTORY}-{os.geteuid()}")
    base.mkdir(mode=0o700, exist_ok=True)
    if not _is_own(base):
        raise ReconcileError(f"{base} is not a directory of yours alone", hint="Remove it, or set TMPDIR.")
    return base


def _is_final(error: BaseException) -> bool:
    """Return whether the files are refused, or there is no room for them: to keep them would help nobody."""
    return isinstance(error, (ReconcileError, OSError)) and not isinstance(error, Unreachable)


def _moved_in(base: Path, prefix: str) -> tuple[Path, int]:
    """Return a directory and its lock: one that the dead have left of the same RUN, or a new one."""
    with _locked(base):
        mine: tuple[Path, int] | None = None
        for folder in base.iterdir():
            abandoned = folder.lstat().st_mtime < time.time() - ABANDONED
            if not _is_own(folder) or (lock := _lock_of_the_dead(folder)) is None:
                continue
            if mine is None and folder.name.startswith(prefix):
                mine = folder, lock
                continue
            if abandoned:
                shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)
        if mine is None:
            new = Path(mkdtemp(prefix=prefix, dir=base))
            mine = new, lock_file(new / LOCK)
            fcntl.flock(mine[1], fcntl.LOCK_EX)
        return mine


def _lock_of_the_dead(folder: Path) -> int | None:
    """Return the lock of a directory in which nobody lives."""
    lock = lock_file(folder / LOCK)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _is_own(folder: Path) -> bool:
    """Return whether it is a directory into which nobody else could have put something, and no link to one."""
    found = folder.lstat()
    mine = found.st_uid == os.geteuid() and not found.st_mode & 0o022
    return mine and stat.S_ISDIR(found.st_mode)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    lock = lock_file(folder / LOCK)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
