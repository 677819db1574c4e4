"""The journal: one line of JSON for each step that was settled, for people. Nothing is ever decided from it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from ..errors import ReconcileError

FOLDER = "journal"
_NEEDED = ("at", "site", "commit", "step", "place", "outcome")
"""What every line has had from the beginning; a line that lacks any of it is damaged."""


class Journal:
    """A file of the month in the site's work directory; it may be deleted at any time.

    All lines of one journal are of one apply, and say so by the moment at which it was begun.
    """

    def __init__(self, work: Path, site: str, commit: str) -> None:
        self._folder = work / FOLDER
        self._common = {"site": site, "commit": commit, "apply": datetime.now(UTC).isoformat(), "by": _user()}

    def write(self, entry: Mapping[str, object]) -> None:
        """Append one line; an unwritable journal is an error, since the record of what was done would be lost."""
        now = datetime.now(UTC)
        line = json.dumps({"at": now.isoformat(), **self._common, **entry}).encode() + b"\n"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / f"{now:%Y-%m}.jsonl").open("ab+") as file:
                file.write(line if _is_whole(file) else b"\n" + line)
        except OSError as error:
            raise ReconcileError(
                f"the journal in {self._folder} cannot be written: {error.strerror}",
                hint="make room, or point the site's `work:` to a directory that can be written",
            ) from error


def _is_whole(file: BinaryIO) -> bool:
    """Return whether the last line of a file has its end: one that a kill cut short would swallow the next."""
    if not file.tell():
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


class Told(NamedTuple):
    """What a journal tells: its lines in their order, and in words which of it cannot be read."""

    lines: tuple[Mapping[str, Any], ...]
    faults: tuple[str, ...]
    exists: bool


def read(work: Path) -> Told:
    """Return what the journal in a site's work directory tells; a line that makes no sense is a fault of its own."""
    folder = work / FOLDER
    lines: list[Mapping[str, Any]] = []
    faults: list[str] = []
    for found in _lines(folder):
        if isinstance(found, str):
            faults.append(found)
        else:
            lines.append(found)
    return Told(tuple(lines), tuple(faults), folder.is_dir())


def _lines(folder: Path) -> Iterator[Mapping[str, Any] | str]:
    """Yield each line, or what is wrong with it."""
    for path in sorted(folder.glob("*.jsonl")):
        try:
            content = path.read_bytes()
        except OSError as error:
            yield f"{path} cannot be read: {error.strerror}"
            continue
        for number, raw in enumerate(content.split(b"\n"), 1):
            if not raw:
                continue
            found = _entry(raw)
            yield found if found is not None else f"{path}:{number} is damaged, and not told: {raw[:60]!r}"


def _entry(raw: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(raw)
        if not isinstance(found, dict) or not all(isinstance(found.get(name), str) for name in _NEEDED):
            return None
        when = datetime.fromisoformat(found["at"])
    except (ValueError, RecursionError):
        return None
    return found if when.tzinfo is not None else None


def _user() -> str:
    """Return who works here, by the name of the account; empty where it has none, as in a container."""
    try:
        return getuser()
    except (OSError, KeyError):
        return ""
