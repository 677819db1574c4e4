"""Reading what a digest names: whoever reads it to its end has read just that, or gets an error that names it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from ...errors import ReconcileError, Unreachable


class Verified(io.RawIOBase):
    """A stream that compares what passes with a digest; the last bytes are handed out only if all are right.

    Parameters
    ----------
    name
        What an error calls it: object, dataset and manifest.
    """

    def __init__(self, stream: BinaryIO, sha256: str, size: int, name: str) -> None:
        super().__init__()
        self._stream, self._sha256, self._size, self._name = stream, sha256, size, name
        self._digest, self._read = hashlib.sha256(), 0

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read what comes next into a buffer."""
        chunk = self._next(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def read(self, size: int | None = -1) -> bytes:
        """Read what comes next; all of it, if no size is given."""
        return self.readall() if size is None or size < 0 else self._next(size)

    def _next(self, size: int) -> bytes:
        try:
            chunk = self._stream.read(size)
        except OSError as error:
            raise Unreachable(f"{self._name} cannot be read: {error.strerror or error}") from error
        self._digest.update(chunk)
        self._read += len(chunk)
        if self._read > self._size or (size and not chunk and self._read < self._size):
            self._refuse(f"it has {'more than' if chunk else f'{self._read} instead of'} {self._size} bytes")
        if self._read == self._size and (found := self._digest.hexdigest()) != self._sha256:
            self._refuse(f"its sha256 is {found}")
        return chunk

    def _refuse(self, reason: str) -> None:
        raise ReconcileError(
            f"{self._name} is damaged: {reason}",
            hint="Move the object away; it is published again where the dataset was made.",
        )


@contextmanager
def verified(stream: BinaryIO | None, sha256: str, size: int, name: str) -> Iterator[BinaryIO]:
    """Yield the stream of an object, so that what is read is what its digest says; refuse one that is not there."""
    if stream is None:
        raise ReconcileError(
            f"{name} is not there", hint="It is published again where the dataset was made; then run this again."
        )
    with Verified(stream, sha256, size, name) as one:
        yield cast(BinaryIO, one)
