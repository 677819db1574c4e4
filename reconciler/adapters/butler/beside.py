"""What we keep beside a repository's files, for whoever may write there: directories, and files to be locked."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path


def directory(path: Path) -> Path:
    """Make a directory unless it is there: whoever may write into the one above may write into it.

    Only who made something in it may remove or rename it.
    """
    with suppress(FileExistsError):
        path.mkdir()
    _shared(path, path.lstat(), path.parent, 0o7777, stat.S_ISVTX)
    return path


def lock_file(path: Path) -> int:
    """Open a file to be locked, by whoever may write into its directory; it is never opened through a link.

    A file, and open for writing: NFS locks nothing else. Whoever closes it lets go of the lock.
    """
    mode = path.parent.stat().st_mode & 0o666
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        _shared(lock, os.fstat(lock), path.parent, 0o666)
    except OSError:
        os.close(lock)
        raise
    return lock


def _shared(what: Path | int, found: os.stat_result, above: Path, taken_over: int, more: int = 0) -> None:
    """Give what is ours the group of the directory above, and its mode as far as that is taken over.

    Not only when it is made: a process may have died in between.
    """
    like = above.stat()
    mode = like.st_mode & taken_over | more
    if found.st_uid != os.geteuid() or (found.st_gid, stat.S_IMODE(found.st_mode)) == (like.st_gid, mode):
        return
    with suppress(PermissionError):  # a group that its owner is not in
        os.chown(what, -1, like.st_gid)
    os.chmod(what, mode)  # noqa: PTH101  # it may be open already
