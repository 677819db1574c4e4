"""What an archive stands on: a tree of files that are written whole, once, and never touched again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import BinaryIO, Protocol

from ...errors import Unreachable


class Unfinished(Protocol):
    """A file that is being written, where nobody looks for it; it is gone in the end, unless it was kept."""

    def write(self, chunk: bytes) -> object:
        """Write more of it."""

    def keep(self, path: str) -> None:
        """Let what was written be the file of this path, whole, over any that is there; then nothing more is."""


class Backing(Protocol):
    """A directory or a bucket. Paths are relative, with slashes, and are made by this package alone.

    Raises `Unreachable` if the whole cannot be read or written, and a `ReconcileError` for what is no plain file.
    """

    @property
    def address(self) -> str:
        """Return what people call it."""

    def folders(self, path: str) -> tuple[str, ...]:
        """Return the names of the folders within a folder, in order; none if there is no such folder."""

    def sizes(self, paths: Collection[str]) -> Mapping[str, int]:
        """Return which of these files of one folder are there, and how many bytes each has."""

    def open(self, path: str) -> AbstractContextManager[BinaryIO | None]:
        """Open a file to read it from its beginning; None if it is not there."""

    def unfinished(self) -> AbstractContextManager[Unfinished]:
        """Begin a file whose name is not known yet."""

    def settle(self, path: str) -> None:
        """Make sure that the names in a folder outlive a crash of the machine."""


@contextmanager
def told(address: str, doing: str) -> Iterator[None]:
    """Turn what an operating system raises into an error that names the archive and the reason."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        raise Unreachable(
            f"archive {address}: cannot {doing}: {reason}",
            hint="What is complete there stays; mend the place and run it again, and it goes on.",
        ) from error
