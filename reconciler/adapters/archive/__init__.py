"""The archive: what is distributed, in a directory or in a bucket of S3."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ...errors import ReconcileError, UsageError
from .bucket import Bucket
from .directory import Directory
from .folder import make_folder, refuse_used, write_folder
from .store import ArchiveStore

__all__ = ["ArchiveStore", "archive_at", "make_folder", "refuse_used", "write_folder"]


def archive_at(address: str) -> ArchiveStore:
    """Return the archive at a path, a `file://` or an `s3://` address; it is looked at when it is first used."""
    scheme, separator, _ = address.partition("://")
    if not separator:
        return ArchiveStore(Directory(Path(address)))
    if scheme == "file":
        return ArchiveStore(Directory(Path(unquote(urlsplit(address).path))))
    if scheme == "s3":
        if find_spec("boto3") is None:
            raise ReconcileError(
                f"archive {address}: boto3 is not installed", hint="pip install 'boto3>=1.34,<2' backoff"
            )
        return ArchiveStore(Bucket(address))
    raise UsageError(
        f"archive {address}: this version keeps archives in directories and buckets of S3, not in {scheme}://",
        hint="write a path, file://... or s3://BUCKET/PREFIX",
    )
