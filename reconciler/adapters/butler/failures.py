"""What goes wrong with files, whether they are on a disk or in a bucket."""

from __future__ import annotations

from ...errors import ReconcileError, Unreachable


def of_files(error: BaseException) -> bool:
    """Return whether a file system raised this, or the client of a bucket, which has no word in common with it."""
    clients = ("boto3.", "botocore.")
    return isinstance(error, OSError) or any(f"{kind.__module__}.".startswith(clients) for kind in type(error).__mro__)


def unread(what: str, error: BaseException) -> ReconcileError:
    """Return the error for a file that cannot be read: where it is not this one alone, its place is away."""
    of_this_file = isinstance(error, (FileNotFoundError, PermissionError, IsADirectoryError)) or _code(error) in (
        "NoSuchKey",
        "AccessDenied",
        "403",
        "404",
    )
    kind = ReconcileError if of_this_file else Unreachable
    return kind(f"{what} cannot be read: {reason(error)}")


def _code(error: BaseException) -> str:
    """Return what a bucket's answer calls the error; nothing if there was no answer."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def reason(error: BaseException) -> str:
    """Return what it says, in one line."""
    text = getattr(error, "strerror", None) or str(error).strip() or type(error).__name__
    return str(text).splitlines()[0]
