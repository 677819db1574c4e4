"""Files on their way into a spool: several at once, hashed while they are copied, handed on in order."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from ...content import Content
from ...errors import ReconcileError
from ...parcel import Piece
from ..chunk import CHUNK
from .failures import of_files, reason

THREADS = 4
"""Files that are copied at once; hashing lets other threads go on."""
AHEAD = 64
"""How many files may lie in the spool before somebody takes them."""
READABLE = 0o644
"""Everybody may read calibrations (DMTN-222), whatever the umask of who fetches them."""


class Arrived(NamedTuple):
    """A piece, the file that holds it now, and what was read."""

    piece: Piece
    path: Path
    content: Content


def arrivals(folder: Path, pieces: Sequence[Piece]) -> Generator[Arrived]:
    """Copy the files of these pieces into a directory, and yield them in their order.

    A file that is not what its piece says is an error by name, after those before it. Close it to stop the copying.
    """
    on_the_way: deque[Future[Arrived]] = deque()
    with ThreadPoolExecutor(THREADS) as pool:
        try:
            for piece in pieces:
                on_the_way.append(pool.submit(_copied, folder, piece))
                if len(on_the_way) > AHEAD:
                    yield on_the_way.popleft().result()
            while on_the_way:
                yield on_the_way.popleft().result()
        finally:
            for other in on_the_way:
                other.cancel()


def _copied(folder: Path, piece: Piece) -> Arrived:
    """Copy one file; it keeps its extension, such as `.fits.gz`, by which formatters know what they read.

    Nothing is hashed twice: of what its stream proves, only the bytes that were written are counted.
    """
    path = folder / f"{piece.uuid}{''.join(PurePosixPath(piece.path).suffixes[-2:])}"
    proven = piece.content if piece.proven else None
    digest, size = hashlib.sha256(), 0
    with path.open("xb") as copy, piece.open() as file:
        os.fchmod(copy.fileno(), READABLE)
        while chunk := _read(piece, file):
            if proven is None:
                digest.update(chunk)
            copy.write(chunk)
            size += len(chunk)
    found = Content(piece.uuid, proven.sha256 if proven else digest.hexdigest(), size)
    if piece.content not in (None, found):
        raise _differs(piece, piece.content, found)
    return Arrived(piece, path, found)


def _read(piece: Piece, file: BinaryIO) -> bytes:
    try:
        return file.read(CHUNK)
    except Exception as error:
        if not of_files(error):
            raise
        raise ReconcileError(f"the file of {piece} cannot be read: {reason(error)}") from error


def _differs(piece: Piece, expected: Content, found: Content) -> ReconcileError:
    return ReconcileError(
        f"the file of {piece} is not what it should be: expected {_show(expected)}, found {_show(found)}",
        hint="Nothing of it was kept; what came before it stays. Mend or replace the copy that was read.",
    )


def _show(content: Content) -> str:
    return f"{content.size} bytes of sha256 {content.sha256}"
