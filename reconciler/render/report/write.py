"""Writes a report into a folder, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from ...errors import ReconcileError
from .pages import MARKER, Content
from .summary import FORMAT


def write(files: Mapping[str, Content], folder: Path) -> None:
    """Write the files beside, then put them in the place of `folder`.

    What stood there is replaced only if it is a report of ours, or empty. A kill between the two renames leaves the
    old report under its other name, never a mixture.
    """
    if folder.exists() and not _ours(folder):
        raise ReconcileError(
            f"{folder} exists and is no report; nothing was written",
            hint="name another folder, or remove this one yourself",
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    new, old = (folder.with_name(f".{folder.name}.{os.getpid()}.{which}") for which in ("new", "old"))
    try:
        for name, content in files.items():
            _put(new / name, content)
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
    finally:
        if old.exists() and not folder.exists():
            old.rename(folder)
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _put(path: Path, content: Content) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        shutil.copyfile(content, path)


def _ours(folder: Path) -> bool:
    """Return whether a folder holds a report of ours, or nothing."""
    if not folder.is_dir():
        return False
    try:
        content = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return not any(folder.iterdir())
    except ValueError:
        return False
    return isinstance(content, dict) and content.get("format") == FORMAT
