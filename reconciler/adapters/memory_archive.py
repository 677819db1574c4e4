"""An archive in memory; it passes the contract tests of the real ones."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from ..errors import Unreachable
from .archive import ArchiveStore


class Memory:
    """A backing of bytes by path."""

    address = "in memory"

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.reachable = True

    def folders(self, path: str) -> tuple[str, ...]:
        """Return the names of the folders within a folder."""
        self._reach()
        below = [name.removeprefix(f"{path}/") for name in self.files if name.startswith(f"{path}/")]
        return tuple(sorted({name.split("/")[0] for name in below if "/" in name}))

    def sizes(self, paths: Collection[str]) -> dict[str, int]:
        """Return which files are there and their sizes."""
        self._reach()
        return {path: len(self.files[path]) for path in paths if path in self.files}

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO | None]:
        """Open a file."""
        self._reach()
        content = self.files.get(path)
        yield None if content is None else io.BytesIO(content)

    @contextmanager
    def unfinished(self) -> Iterator[_Unfinished]:
        """Begin a file."""
        self._reach()
        yield _Unfinished(self)

    def settle(self, path: str) -> None:
        """Do nothing: memory outlives no crash."""

    def _reach(self) -> None:
        if not self.reachable:
            raise Unreachable("the archive in memory cannot be reached")


class _Unfinished(io.BytesIO):
    def __init__(self, memory: Memory) -> None:
        super().__init__()
        self._memory = memory

    def keep(self, path: str) -> None:
        """Let it be the file of this path."""
        self._memory.files[path] = self.getvalue()


class MemoryArchive(ArchiveStore):
    """A `Store` over a dictionary: `memory.files` is what there is."""

    def __init__(self, memory: Memory | None = None) -> None:
        self.memory = memory or Memory()
        super().__init__(self.memory)
