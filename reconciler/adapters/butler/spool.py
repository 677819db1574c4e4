"""A place for files that are not believed yet: on the file system of the datastore, so that they move at once.

A process that dies leaves its directory. Who is to receive the same RUN next goes on with what is in it; whoever else
spools there sees by its lock that nobody lives in it, and removes it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

from ...errors import ReconcileError, Unreachable
from .beside import directory, lock_file

DIRECTORY, LOCK = "reconcile-spool", ".lock"


@contextmanager
def spool(butler: Any, run: str) -> Iterator[Path]:
    """Yield a directory for the files of a RUN; it is removed with all that is left in it.

    It stays where another attempt would need the same files: a place could not be reached any more, or somebody lost
    patience. In front of a bucket, which takes each file as a whole, every attempt begins anew, in a temporary one.
    """
    root = root_on_disk(butler)
    if root is None:
        with TemporaryDirectory() as folder:
            yield Path(folder)
        return
    mine, lock = _moved_in(directory(root / DIRECTORY), f"{sha256(run.encode()).hexdigest()[:16]}.")
    useful = False
    try:
        yield mine
    except BaseException as error:
        useful = not _is_final(error)
        raise
    finally:
        if not useful:
            shutil.rmtree(mine, ignore_errors=True)
        os.close(lock)


def root_on_disk(butler: Any) -> Path | None:
    """Return where the files of the datastore are; None if they are in a bucket."""
    roots = butler.get_datastore_roots().values()
    return next((Path(root.ospath) for root in roots if root is not None and root.isLocal), None)


def _is_final(error: BaseException) -> bool:
    """Return whether the files are refused, or there is no room for them: to keep them would help nobody."""
    return isinstance(error, (ReconcileError, OSError)) and not isinstance(error, Unreachable)


def _moved_in(base: Path, prefix: str) -> tuple[Path, int]:
    """Return a directory and its lock: one that the dead have left of the same RUN, or a new one. The others go."""
    with _locked(base):
        mine: tuple[Path, int] | None = None
        for folder in base.iterdir():
            if (lock := _lock_of_the_dead(folder)) is None:
                continue
            if mine is None and folder.name.startswith(prefix) and _is_own(folder):
                mine = folder, lock
            else:
                shutil.rmtree(folder, ignore_errors=True)  # what belongs to another user stays
                os.close(lock)
        if mine is None:
            new = Path(mkdtemp(prefix=prefix, dir=base))
            mine = new, lock_file(new / LOCK)
            fcntl.flock(mine[1], fcntl.LOCK_EX)
        return mine


def _lock_of_the_dead(folder: Path) -> int | None:
    """Return the lock of a directory in which nobody lives."""
    try:
        lock = lock_file(folder / LOCK)
    except OSError:  # it is no directory, or somebody else's
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _is_own(folder: Path) -> bool:
    """Return whether nobody else could have put something into it."""
    found = folder.stat()
    return found.st_uid == os.geteuid() and not found.st_mode & 0o022


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    lock = lock_file(folder / LOCK)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
