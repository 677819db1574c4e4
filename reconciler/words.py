"""Numbers in sentences."""

from __future__ import annotations


def count(number: int, noun: str, plural: str = "") -> str:
    """Return `1 exposure`, `20 exposures`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
