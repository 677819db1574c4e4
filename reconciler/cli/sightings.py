"""Snapshots and the signatures beside their files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from ..adapters.ssh_keygen import SshKeygen
from ..approval.line import Line
from ..approval.sighting import NAMESPACE, SIGNATURE, Sighting, vouched
from .output import replace_file


def signature_of(path: Path) -> str | None:
    """Return the signature beside a snapshot; None if there is none."""
    beside = _beside(path)
    return beside.read_text(encoding="ascii", errors="replace") if beside.is_file() else None


def sign(text: bytes, key: Path) -> str:
    """Return the signature of a snapshot."""
    return SshKeygen(NAMESPACE).sign(text, str(key))


def put(path: Path, seen: Sighting) -> None:
    """Write a snapshot, and its signature beside it if there is one."""
    if seen.signature is not None:
        replace_file(_beside(path), seen.signature)
    replace_file(path, seen.text)


def told_of(seen: Sighting, line: Line | None, age: timedelta) -> str:
    """Return when a snapshot was taken and who vouches for it, in words; nothing of one that is not signed.

    Without a trusted line nobody knows whose key counts, and the words say so.
    """
    if line is None and (seen.taken is None or seen.signature is None):
        return ""
    who = line and vouched(seen, line.policy, SshKeygen(NAMESPACE), datetime.now(UTC), age)
    return f"taken {seen.taken:%Y-%m-%d %H:%M} UTC, {f'signed by {who}' if who else 'its signature not verified'}"


def _beside(path: Path) -> Path:
    return path.with_name(path.name + SIGNATURE)
