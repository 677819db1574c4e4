"""A place for files that are not believed yet: on the file system of the datastore, so that they move at once.

A process that dies leaves its directory; the next one to spool there sees by its lock that nobody lives in it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

DIRECTORY = "reconcile-spool"


@contextmanager
def spool(butler: Any) -> Iterator[Path]:
    """Yield an empty directory; it is removed with all that is left in it."""
    roots = butler.get_datastore_roots().values()
    local = next((Path(root.ospath) for root in roots if root is not None and root.isLocal), None)
    if local is None:  # a bucket takes each file as a whole
        with TemporaryDirectory() as folder:
            yield Path(folder)
        return
    base = _base(local)
    with _locked(base):
        _sweep(base)
        mine = Path(mkdtemp(dir=base))
        lock = os.open(mine, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield mine
    finally:
        shutil.rmtree(mine, ignore_errors=True)
        os.close(lock)


def _base(root: Path) -> Path:
    """Return where all spools are, writeable for whoever may write into the datastore."""
    base = root / DIRECTORY
    try:
        base.mkdir()
        base.chmod(root.stat().st_mode & 0o7777)
    except FileExistsError:
        pass
    return base


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _sweep(base: Path) -> None:
    """Remove what the dead have left; what belongs to another user stays."""
    for folder in base.iterdir():
        try:
            lock = os.open(folder, os.O_RDONLY)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(lock)
