"""Data IDs as text: `instrument=LSSTComCam,detector=3,physical_filter=r_03`.

The instrument first, then the detector, then everything else by name, so that equal data IDs are equal texts and sort
as people expect.
"""

from __future__ import annotations

from collections.abc import Mapping

_FIRST = ("instrument", "detector")


def data_id(dimensions: Mapping[str, str | int]) -> str:
    """Return the canonical text of a data ID."""
    names = [n for n in _FIRST if n in dimensions] + sorted(n for n in dimensions if n not in _FIRST)
    return ",".join(f"{name}={dimensions[name]}" for name in names)


def parse(text: str) -> dict[str, str | int]:
    """Return the dimensions of a canonical text; whole numbers are numbers."""
    pairs = (item.split("=", 1) for item in text.split(",") if item)
    return {name: int(value) if name in _NUMBERS else value for name, value in pairs}


_NUMBERS = frozenset({"detector", "exposure", "visit", "day_obs", "seq_num"})
