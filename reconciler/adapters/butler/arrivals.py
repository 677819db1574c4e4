"""Files on their way into a spool: several at once, each hashed as it is copied and compared with what it should be."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from ...content import Content
from ...errors import ReconcileError, Unreachable
from ...parcel import Counted, Piece
from ...words import count, megabytes
from ..chunk import CHUNK
from .failures import of_files, unread

THREADS = 4
"""Files that are copied at once; hashing lets other threads go on."""
READABLE = 0o644
"""Everybody may read calibrations (DMTN-222), whatever the umask of who fetches them."""
NAMED = 20
"""Most files that one error names."""


class Arrived(NamedTuple):
    """A piece, the file that holds it now, and what was read."""

    piece: Piece
    path: Path
    content: Content


def arrivals(folder: Path, pieces: Sequence[Piece], progress: Counted) -> tuple[Arrived, ...]:
    """Copy the files of these pieces into a directory, where some may be already; return them in their order.

    All are read, and those that are not what their pieces say are one error that names each; but where a place cannot
    be reached, nothing more is asked of it.
    """
    _refuse_without_room(folder, pieces)
    arrived: list[Arrived] = []
    refused: list[ReconcileError] = []
    with ThreadPoolExecutor(THREADS) as pool:
        coming = [pool.submit(_come, folder, piece) for piece in pieces]
        try:
            for one in coming:
                try:
                    arrived.append(one.result())
                except Unreachable:
                    raise
                except ReconcileError as error:
                    refused.append(error)
                else:
                    progress(arrived[-1].content)
        finally:
            for one in coming:
                one.cancel()
    if refused:
        raise _together(refused)
    return tuple(arrived)


def _refuse_without_room(folder: Path, pieces: Sequence[Piece]) -> None:
    """Say at once what would be found out hours later."""
    needed = sum(piece.content.size for piece in pieces if piece.content and not _path(folder, piece).exists())
    if needed > (free := shutil.disk_usage(folder).free):
        raise ReconcileError(
            f"{megabytes(needed)} are to come, and {folder} has room for {megabytes(free)}",
            hint="Nothing was written. Make room; in front of a bucket, TMPDIR names another place for such files.",
        )


def _together(refused: Sequence[ReconcileError]) -> ReconcileError:
    if len(refused) == 1:
        return refused[0]
    lines = [f"{count(len(refused), 'file')} cannot be taken:", *(error.message for error in refused[:NAMED])]
    if (more := len(refused) - NAMED) > 0:
        lines.append(f"and {more} more")
    return ReconcileError("\n  ".join(lines), hint=refused[0].hint)


def _come(folder: Path, piece: Piece) -> Arrived:
    path = _path(folder, piece)
    return Arrived(piece, path, _left(path, piece) or _copied(path, piece))


def _path(folder: Path, piece: Piece) -> Path:
    """Return where a file lies; it keeps its extension, such as `.fits.gz`, by which formatters know what they read."""
    return folder / f"{piece.uuid}{''.join(PurePosixPath(piece.path).suffixes[-2:])}"


def _left(path: Path, piece: Piece) -> Content | None:
    """Return what a file holds that a killed attempt has left, if that is what it should be; else it goes."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return None
    if piece.content is not None and piece.content.size == size:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest == piece.content.sha256:
            path.chmod(READABLE)
            return piece.content
    path.unlink()
    return None


def _copied(path: Path, piece: Piece) -> Content:
    """Copy one file. Nothing is hashed twice: of what its stream proves, only the bytes written are counted."""
    proven = piece.content if piece.proven else None
    digest, size = hashlib.sha256(), 0
    with piece.open() as file, path.open("xb") as copy:
        os.fchmod(copy.fileno(), READABLE)
        while chunk := _read(piece, file):
            if proven is None:
                digest.update(chunk)
            copy.write(chunk)
            size += len(chunk)
    found = Content(piece.uuid, proven.sha256 if proven else digest.hexdigest(), size)
    if piece.content not in (None, found):
        raise _differs(piece, piece.content, found)
    return found


def _read(piece: Piece, file: BinaryIO) -> bytes:
    try:
        return file.read(CHUNK)
    except Exception as error:
        if not of_files(error):
            raise
        raise unread(f"the file of {piece}", error) from error


def _differs(piece: Piece, expected: Content, found: Content) -> ReconcileError:
    return ReconcileError(
        f"the file of {piece} is not what it should be: expected {_show(expected)}, found {_show(found)}",
        hint="Nothing was written. Mend or replace the copy that was read.",
    )


def _show(content: Content) -> str:
    return f"{content.size} bytes of sha256 {content.sha256}"
