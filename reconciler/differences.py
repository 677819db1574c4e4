"""Attribute-level differences of two plain values, in words: what deepdiff finds, as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_LIMIT = 12


def differences(before: Any, after: Any) -> tuple[str, ...]:
    """Return one line for each attribute that differs: `exposures[3]: 2024120800700 -> 2024120800701`."""
    from deepdiff import DeepDiff

    found = DeepDiff(before, after, verbose_level=2, ignore_order=False, threshold_to_diff_deeper=0)
    lines = [line for kind, entries in found.items() for line in _lines(kind, entries)]
    return tuple(sorted(lines)[:_LIMIT]) + ((f"... and {len(lines) - _LIMIT} more",) if len(lines) > _LIMIT else ())


def _lines(kind: str, entries: Any) -> Iterator[str]:
    if not isinstance(entries, Mapping):
        return
    for path, value in entries.items():
        where = _path(path)
        if isinstance(value, Mapping) and "new_value" in value:
            yield f"{where}: {value['old_value']} -> {value['new_value']}"
        elif kind.endswith("_added"):
            yield f"{where}: + {value}"
        elif kind.endswith("_removed"):
            yield f"{where}: - {value}"


def _path(path: str) -> str:
    """Turn deepdiff's `root['products']['bias'][0]` into `products.bias[0]`."""
    return path.removeprefix("root").replace("']['", ".").replace("['", ".").replace("']", "").lstrip(".")
