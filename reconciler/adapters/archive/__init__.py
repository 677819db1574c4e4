"""The archive: what is distributed, in a directory or in a bucket of S3."""

from __future__ import annotations

from pathlib import Path

from .directory import Directory
from .store import ArchiveStore

__all__ = ["ArchiveStore", "archive_at"]


def archive_at(address: str) -> ArchiveStore:
    """Return the archive at a path or a URI."""
    return ArchiveStore(Directory(Path(address)))
