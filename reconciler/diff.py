"""The difference of two states, as sorted changes."""

from __future__ import annotations

from .state import Change, State, in_order


def diff(before: State, after: State) -> tuple[Change, ...]:
    """Return every key whose value differs. A place unknown to either side yields no change."""
    unknown = before.unknown | after.unknown
    moved = [key for key, value in after.values.items() if before.get(key) != value]
    moved += [key for key in before.values if key not in after.values]
    return tuple(Change(key, before.get(key), after.get(key)) for key in in_order(moved) if key.place not in unknown)
