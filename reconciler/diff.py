"""The difference of two states, as sorted changes."""

from __future__ import annotations

from .state import Change, State, in_order


def diff(before: State, after: State) -> tuple[Change, ...]:
    """Return every key whose value differs. A place unknown to either side yields no change."""
    unknown = before.unknown | after.unknown
    moved = (
        key
        for key in before.values.keys() | after.values.keys()
        if key.place not in unknown and before.get(key) != after.get(key)
    )
    return tuple(Change(key, before.get(key), after.get(key)) for key in in_order(moved))
