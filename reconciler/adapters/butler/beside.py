"""What we keep beside a repository's files, for whoever may write there: directories, and files to be locked."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def directory(path: Path) -> Path:
    """Make a directory unless it is there; whoever may write into the one above may write into it."""
    with suppress(FileExistsError):
        path.mkdir()
        path.chmod(path.parent.stat().st_mode & 0o7777)
    return path


def lock_file(path: Path) -> int:
    """Open a file to be locked, whose directory says who may; it is never opened through a link.

    A file, and open for writing: NFS locks nothing else. Whoever closes it lets go of the lock.
    """
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        lock = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return os.open(path, flags)
    os.fchmod(lock, path.parent.stat().st_mode & 0o666)
    return lock
