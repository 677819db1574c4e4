"""What directories hold, each listed once: where a datastore is a bucket, there is no request for each file."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Any

UNKNOWN = -1
"""The size of a file, in bytes, where the listing does not tell it."""


def listed(folder: Any, names: Collection[str]) -> dict[str, int]:
    """Return those of these files that a directory (a `ResourcePath`) holds, and how many bytes each has."""
    if folder.isLocal:
        return _scanned(folder.ospath, names)
    found = _objects(folder) if folder.scheme == "s3" else _walked(folder)
    return {name: size for name, size in found.items() if name in names}


def _scanned(path: str, names: Collection[str]) -> dict[str, int]:
    try:
        with os.scandir(path) as entries:
            found = [entry for entry in entries if entry.name in names]
    except (FileNotFoundError, NotADirectoryError):
        return {}
    return {entry.name: entry.stat().st_size for entry in found if entry.is_file()}


def _objects(folder: Any) -> dict[str, int]:
    """Return what stands below a prefix; `walk` would leave out the sizes, for which it takes a request each."""
    prefix = folder.relativeToPathRoot
    pages = folder.client.get_paginator("list_objects_v2").paginate(Bucket=folder.netloc, Prefix=prefix, Delimiter="/")
    return {one["Key"].removeprefix(prefix): one["Size"] for page in pages for one in page.get("Contents", ())}


def _walked(folder: Any) -> dict[str, int]:
    return {name: UNKNOWN for _, _, names in folder.walk() for name in names}
