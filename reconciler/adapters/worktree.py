"""Whether the files of a working tree are those of a commit: by their bytes, not by what git is told to say of them.

git can be told to look away (assume-unchanged, skip-worktree, filters, exclusions); whoever hashes the files is not.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..commits import Edit

_LINK, _SUBMODULE = "120000", "160000"
WATCHED = ("specs", "sites", "approvals")
"""Folders that hold nothing but what the commit holds."""


def differing(root: Path, tree: Mapping[str, Edit]) -> Iterator[str]:
    """Yield the paths that are not as the tree has them, in order, and what stands beside it in the watched folders."""
    found = [path for path, edit in tree.items() if edit.mode != _SUBMODULE and not _is(root / path, edit)]
    beside = [path for folder in WATCHED for path in _below(root, folder) if path not in tree]
    yield from sorted({*found, *beside})


def _is(path: Path, edit: Edit) -> bool:
    """Return whether a file has the content that git names so."""
    try:
        if path.is_symlink() or edit.mode == _LINK:
            return edit.mode == _LINK and path.is_symlink() and _name(os.fsencode(path.readlink()), edit) == edit.blob
        return path.is_file() and _name(path.read_bytes(), edit) == edit.blob
    except OSError:
        return False


def _name(content: bytes, edit: Edit) -> str:
    """Return what git calls a content, in the kind of names that the commit uses."""
    kind = hashlib.sha1 if len(edit.blob) == 40 else hashlib.sha256  # the lengths of both in hexadecimal
    return kind(b"blob %d\0" % len(content) + content).hexdigest()


def _below(root: Path, folder: str) -> Iterator[str]:
    for parent, folders, names in os.walk(root / folder):
        links = [name for name in folders if Path(parent, name).is_symlink()]
        yield from (Path(parent, name).relative_to(root).as_posix() for name in (*names, *links))
