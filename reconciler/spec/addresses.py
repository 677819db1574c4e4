"""Addresses of repositories and archives, as sites write them and as they are meant."""

from __future__ import annotations

from pathlib import Path


def address(written: str, root: Path) -> str:
    """Return a URI as it is; a path relative to the root of the git repository."""
    return written if "://" in written else str((root / written).resolve())


def identity(written: str, root: Path) -> str:
    """Return the same text for every way to write the address of one repository."""
    path = written.removeprefix("file://").removesuffix("/butler.yaml").rstrip("/")
    return address(path or "/", root)


def is_shared(written: str) -> bool:
    """Return whether an address means the same at every site; a complete path does on one machine only."""
    return not written.removeprefix("file://").startswith("/")
