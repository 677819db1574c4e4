"""An archive in a directory: files appear under their names by renaming, readable for everybody.

Nothing below its root may be a link or a device: what is read is what stands there. A source is never linked to, so no
mode that is set here is set elsewhere.
"""

from __future__ import annotations

import os
import stat
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ...errors import ReconcileError, Unreachable
from .backing import told

FILE_MODE, FOLDER_MODE = 0o644, 0o755
PARTS = ".parts"
"""The folder of files that are being written."""
ABANDONED = 7 * 24 * 3600
"""Seconds after which a file that is being written was left by somebody who died."""


class Directory:
    """Files below a directory that exists already: one that is not mounted must not be mistaken for an empty one."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._swept = False

    @property
    def address(self) -> str:
        """Return the path of the directory."""
        return str(self._root)

    def folders(self, path: str) -> tuple[str, ...]:
        """Return the names of the folders within a folder, in order."""
        with self._told(f"list {path}"):
            if not self._there(path):
                return ()
            with os.scandir(self._root / path) as entries:
                return tuple(sorted(one.name for one in entries if not one.is_file(follow_symlinks=False)))

    def sizes(self, paths: Collection[str]) -> dict[str, int]:
        """Return which files are there and their sizes; looking at each costs what a listing of them would."""
        found: dict[str, int] = {}
        folders = {path.rpartition("/")[0] for path in paths}
        root = str(self._root)  # an object for each of many paths takes longer than the look
        with self._told("look at its files"):
            there = {folder for folder in folders if self._there(folder)}
            for path in paths:
                if path.rpartition("/")[0] in there:
                    with suppress(FileNotFoundError):
                        found[path] = self._plain(path, os.lstat(f"{root}/{path}")).st_size
        return found

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO | None]:
        """Open a plain file, never through a link; what is neither is refused before anything of it is read."""
        with self._told(f"read {path}"):
            stream = self._stream(path)
        if stream is None:
            yield None
            return
        with stream:
            yield stream

    def _stream(self, path: str) -> BinaryIO | None:
        if not self._there(path.rpartition("/")[0]):
            return None
        try:
            self._plain(path, (self._root / path).lstat())
            # Not even a pipe that somebody puts there meanwhile may keep us waiting.
            number = os.open(self._root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        with ExitStack() as stack:
            stream = stack.enter_context(os.fdopen(number, "rb", buffering=0))
            self._plain(path, os.fstat(number))
            stack.pop_all()
        return stream

    @contextmanager
    def unfinished(self) -> Iterator[_Unfinished]:
        """Begin a file in a folder of its own on the same disk, so that renaming is all that is left."""
        with self._told("write"):
            parts = self._parts()
            self._sweep(parts)
            number, name = tempfile.mkstemp(dir=parts)
        part = _Unfinished(self, number, Path(name))
        try:
            yield part
        finally:
            part.drop()

    def settle(self, path: str) -> None:
        """Write a folder's names to the disk."""
        with self._told(f"write {path}"):
            if self._there(path):
                _sync(self._root / path)

    def rename(self, part: Path, path: str) -> None:
        """Let a finished file be the one of this path."""
        with self._told(f"write {path}"):
            while not self._renamed(part, path):
                pass

    def _renamed(self, part: Path, path: str) -> bool:
        """Rename, unless another folder takes the place of this one just then, which is empty (see `_make_one`)."""
        try:
            self._make(path.rpartition("/")[0])
            with suppress(FileNotFoundError):
                if stat.S_ISDIR((self._root / path).lstat().st_mode):
                    raise ReconcileError(f"archive {self.address}: {path} is a folder and ought to be a file")
            part.replace(self._root / path)
        except FileNotFoundError:
            if not part.exists():
                raise
            return False
        return True

    def _make(self, folder: str) -> None:
        """Make a folder and those above it that are lacking, open to everybody whatever the umask says."""
        if self._there(folder):
            return
        names = folder.split("/")
        for depth in range(len(names)):
            path = self._root.joinpath(*names[: depth + 1])
            if not path.exists():
                self._make_one(path)
        self._there(folder)

    def _make_one(self, path: Path) -> None:
        """Let a folder appear with its mode; somebody else may make the same one meanwhile."""
        made = Path(tempfile.mkdtemp(dir=self._parts()))
        # Bits that say who owns what is made below are the root's business.
        made.chmod((made.stat().st_mode & 0o7000) | FOLDER_MODE)
        try:
            made.rename(path)
        except OSError:  # no folder takes the place of one that holds something, or of a file
            made.rmdir()
            if not path.exists():
                raise
        _sync(path.parent)

    def _parts(self) -> Path:
        """Return the folder of what is being written; nobody else reads there."""
        if not self._there(PARTS):
            with suppress(FileExistsError):
                (self._root / PARTS).mkdir()
        return self._root / PARTS

    def _there(self, folder: str) -> bool:
        """Return whether a folder is there; refuse one that is reached through a link, or is something else."""
        if not self._root.is_dir():
            raise Unreachable(
                f"archive {self.address}: there is no such directory",
                hint=f"Is it mounted? A new archive begins as an empty directory: mkdir -m 755 {self.address}",
            )
        names = folder.split("/")
        for depth in range(len(names)):
            path = "/".join(names[: depth + 1])
            try:
                mode = (self._root / path).lstat().st_mode
            except FileNotFoundError:
                return False
            if not stat.S_ISDIR(mode):
                raise ReconcileError(f"archive {self.address}: {path} is {_kind(mode)} and ought to be a folder")
        return True

    def _plain(self, path: str, found: os.stat_result) -> os.stat_result:
        if not stat.S_ISREG(found.st_mode):
            raise ReconcileError(
                f"archive {self.address}: {path} is {_kind(found.st_mode)} and ought to be a plain file",
                hint="Nothing of it was read. Move it away; what it stands for is published again where it was made.",
            )
        return found

    def _sweep(self, parts: Path) -> None:
        """Remove, once, what others began long ago and never finished."""
        if self._swept:
            return
        self._swept = True
        for part in parts.iterdir():
            with suppress(OSError):
                if part.lstat().st_mtime < time.time() - ABANDONED:
                    part.rmdir() if part.is_dir() else part.unlink()

    @contextmanager
    def _told(self, doing: str) -> Iterator[None]:
        with told(self.address, doing):
            yield


class _Unfinished:
    """A temporary file of ours."""

    def __init__(self, directory: Directory, number: int, path: Path) -> None:
        self._directory, self._path = directory, path
        self._stream = os.fdopen(number, "wb", buffering=0)

    def write(self, chunk: bytes) -> None:
        """Write all of a chunk."""
        with told(self._directory.address, "write"):
            rest = memoryview(chunk)
            while rest:
                rest = rest[self._stream.write(rest) :]

    def keep(self, path: str) -> None:
        """Write it to the disk, then give it its name: what has a name is whole, whatever crashes."""
        with told(self._directory.address, f"write {path}"):
            os.fchmod(self._stream.fileno(), FILE_MODE)
            os.fsync(self._stream.fileno())
            self._stream.close()
        self._directory.rename(self._path, path)

    def drop(self) -> None:
        """Remove it, if it was not kept."""
        self._stream.close()
        self._path.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _kind(mode: int) -> str:
    kinds = {stat.S_IFLNK: "a symbolic link", stat.S_IFDIR: "a folder", stat.S_IFREG: "a file", stat.S_IFIFO: "a pipe"}
    return kinds.get(stat.S_IFMT(mode), "a device or a socket")
