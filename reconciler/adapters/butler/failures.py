"""What goes wrong with files, whether they are on a disk or in a bucket."""

from __future__ import annotations


def of_files(error: BaseException) -> bool:
    """Return whether a file system raised this, or the client of a bucket, which has no word in common with it."""
    clients = ("boto3.", "botocore.")
    return isinstance(error, OSError) or any(f"{kind.__module__}.".startswith(clients) for kind in type(error).__mro__)


def reason(error: BaseException) -> str:
    """Return what it says, in one line."""
    text = getattr(error, "strerror", None) or str(error).strip() or type(error).__name__
    return str(text).splitlines()[0]
