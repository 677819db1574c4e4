"""Finding and reading the files of a tree, as text that is safe to parse.

Refused here: what is no regular file, leaves the tree through a link, is too large, is no UTF-8, or holds
characters that people cannot see.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .problems import Position, Problem

MAX_BYTES = 1_000_000
DATA = "curated"
"""Folders of this name hold data, not documents."""

# Tabs are YAML's oldest trap; the rest are breaks or marks that editors do not show, so that what a reviewer
# reads would not be what the program reads.
_HIDDEN = re.compile(
    "[^\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
    "|[\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]"
    "|\r(?!\n)"
)


_CONTROL = re.compile("[^\n\r\x20-\x7e]|\r(?!\n)")


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one file, and its name for messages."""

    file: str
    text: str

    def problem(self, code: str, at: Position, message: str, expected: str = "", nearest: str = "") -> Problem:
        """Return an error in this file."""
        return Problem(self.file, at.line, at.column, code, "error", message, expected, nearest)

    def position(self, index: int) -> Position:
        """Return the line and column of a character."""
        before = self.text[:index]
        return Position(before.count("\n") + 1, index - before.rfind("\n"))


def files(root: Path, folder: str) -> Iterator[Path | Problem]:
    """Yield the YAML files below a folder in the order of their paths, and a problem for what hides some.

    Folders named `curated` hold data that curated sets name, often YAML too, and no documents.
    """
    found: list[Path] = []
    trouble: list[OSError] = []
    for parent, folders, names in os.walk(root / folder, onerror=trouble.append):
        found += (Path(parent, name) for name in names if name.endswith((".yaml", ".yml")))
        found += (Path(parent, name) for name in folders if Path(parent, name).is_symlink())
        folders[:] = [name for name in folders if name != DATA]
    for error in trouble:
        if not isinstance(error, FileNotFoundError):
            yield _unreadable(relative(root, Path(str(error.filename))), error)
    yield from sorted(found)


def read(root: Path, path: Path) -> Source | Problem:
    """Return the text of a file, or the reason why it is refused."""
    file = relative(root, path)
    try:
        refusal = _refusal(root, path)
        if refusal:
            return Problem(file, 1, 1, "file", "error", *refusal)
        return decode(file, path.read_bytes())
    except (OSError, RuntimeError) as error:
        return _unreadable(file, error)


def relative(root: Path, path: Path) -> str:
    """Return the path as messages name it; undecodable bytes are escaped."""
    return path.relative_to(root).as_posix().encode("utf-8", "backslashreplace").decode()


def _refusal(root: Path, path: Path) -> tuple[str, str] | None:
    """Return what was found and what was expected instead, if the file should not even be opened."""
    real = path.resolve(strict=True)
    status = real.stat()
    if path.is_symlink() and not real.is_relative_to(root.resolve()):
        return "a link that leads out of the tree", "a file of the tree"
    if not stat.S_ISREG(status.st_mode):
        return "not a regular file", "a YAML file; links to directories are not followed"
    if path.suffix != ".yaml":
        return f"the file name ends in {path.suffix}", ".yaml"
    if status.st_size > MAX_BYTES:
        return _too_large(status.st_size)
    return None


def _too_large(size: int) -> tuple[str, str]:
    return f"the file has {size:,} bytes", f"at most {MAX_BYTES:,}"


def decode(file: str, content: bytes) -> Source | Problem:
    """Return the text of a file's content, or the reason why it is refused."""
    if len(content) > MAX_BYTES:
        return Problem(file, 1, 1, "file", "error", *_too_large(len(content)))
    if content.startswith(b"\xef\xbb\xbf"):
        return Problem(file, 1, 1, "encoding", "error", "a byte order mark", "plain UTF-8")
    try:
        source = Source(file, content.decode())
    except UnicodeDecodeError as error:
        before = content[: error.start].decode()
        at = Source(file, before).position(len(before))
        found = f"byte 0x{content[error.start]:02x} is not UTF-8"
        return Problem(file, at.line, at.column, "encoding", "error", found, "plain UTF-8")
    hidden = (_CONTROL if source.text.isascii() else _HIDDEN).search(source.text)
    if hidden is None:
        return source
    found = f"the invisible character {named(hidden[0])}"
    return source.problem("encoding", source.position(hidden.start()), found, "visible characters and blanks")


def named(character: str) -> str:
    """Return a character by code point and name: `U+0410 CYRILLIC CAPITAL LETTER A`."""
    controls = {"\t": "TAB", "\0": "NUL", "\r": "CARRIAGE RETURN"}
    name = controls.get(character) or unicodedata.name(character, "")
    return f"U+{ord(character):04X} {name}".rstrip()


def _unreadable(file: str, error: Exception) -> Problem:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else "the links lead in a circle"
    return Problem(file, 1, 1, "unreadable", "error", f"cannot be read: {reason}")
