"""A directory of files for people: written as an archive's are, so that everybody can read them and none is half."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from ...content import Content
from ...errors import ReconcileError
from ...parcel import Counted, Piece
from ..chunk import CHUNK
from .backing import told
from .directory import FOLDER_MODE, PARTS, Directory
from .store import side_by_side


def make_folder(path: Path) -> None:
    """Make a directory for everybody to read, unless it is there."""
    with told(str(path), "make it"):
        if not path.exists():
            path.mkdir(parents=True)
            path.chmod(FOLDER_MODE)


def write_folder(root: Path, pieces: Mapping[str, Piece], last: Mapping[str, str], progress: Counted) -> None:
    """Write the files of pieces to their paths below a directory, then texts that speak of them.

    What is there under these names is replaced. An error leaves whole files, and none of the texts.
    """
    folder = Directory(root)
    for content in side_by_side(lambda one: _copy(folder, *one), pieces.items()):
        progress(content)
    for path, text in last.items():
        with folder.unfinished() as part:
            part.write(text.encode())
            part.keep(path)
    with suppress(OSError):  # somebody else may be writing there
        (root / PARTS).rmdir()


def refuse_used(root: Path, known: Iterable[str]) -> None:
    """Refuse a directory that holds other things than one of ours."""
    with told(str(root), "look into it"):
        found = {path.name for path in root.iterdir()} if root.exists() else set()
    if found and not found & {*known, PARTS}:
        raise ReconcileError(
            f"{root} is not empty", hint="Nothing was written. Name a directory that does not exist yet."
        )


def _copy(folder: Directory, path: str, piece: Piece) -> Content:
    assert piece.content is not None  # it comes from an archive, whose manifest says what it holds
    with folder.unfinished() as part, piece.open() as stream:
        while chunk := stream.read(CHUNK):
            part.write(chunk)
        part.keep(path)
    return piece.content
