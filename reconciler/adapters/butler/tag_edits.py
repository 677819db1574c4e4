"""Tagging and taking tags away: exactly the datasets that differ, in one call for each collection."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from ...state import Change, Key, Tag, Value
from ...timeline import Source, uuid
from .datasets import named
from .rows import contents


def tagged(butler: Any, tags: Iterable[Tag], types: Mapping[str, Any]) -> dict[Key, Value]:
    """Return what is tagged for each key, by one query for each dataset type."""
    wanted: dict[str, dict[tuple[str, str], Tag]] = defaultdict(dict)
    for key in tags:
        wanted[key.dataset_type][key.name, key.data_id] = key
    return {
        keys[collection, data_id]: uuid(name)
        for dataset_type, keys in wanted.items()
        for collection, data_id, name in contents(
            butler, types[dataset_type], sorted({collection for collection, _ in keys})
        )
        if (collection, data_id) in keys
    }


def edit_tags(butler: Any, changes: Iterable[Change]) -> None:
    """Take away the tags that go, then set those that come, which a data ID has room for only then."""
    gone: dict[str, list[str]] = defaultdict(list)
    coming: dict[str, list[str]] = defaultdict(list)
    wanted: list[tuple[str, Tag]] = []
    for change in changes:
        assert isinstance(change.key, Tag)
        for side, value in ((gone, change.before), (coming, change.after)):
            if isinstance(value, Source):
                side[change.key.name].append(value.name)
                wanted.append((value.name, change.key))
    refs = named(butler, wanted)
    for collection, names in sorted(gone.items()):
        butler.registry.disassociate(collection, [refs[name] for name in names])
    for collection, names in sorted(coming.items()):
        butler.registry.associate(collection, [refs[name] for name in names])
