"""Slips and malice: what people and programs do to a good document, as strategies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import yaml
from hypothesis import strategies as st

from reconciler.spec.documents import KINDS

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(
        (
            *("", "u/ann/", "../..", "a//b", "{band}", "0..9000000000000000000", "9..1", "2024-12-06T00:00:00"),
            *("20250231a", "9999-12-31T23:59:59", "0001-01-01T00:00:00", "*", "[", "a\nb", "\x1b[2J", "\u202e"),
            *("\ud7ff", "é" * 300, "exposure in (0..9000000000000000000)", "(" * 60, "a=1 or", "usdf/main"),
            *("LSSTComCam/calib", *KINDS),
        )
    ),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_PIECES = (b"", b"\n", b"  ", b"[", b"{", b'"', b"'", b": ", b"- ", b"&a ", b"*a", b"<<: ", b"\\u0000", b"9" * 30)
Path = tuple[str | int, ...]


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield where each value of a document stands, itself first."""
    yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in entries:
        yield from paths(inner, (*path, step))


@st.composite
def mutated(
    draw: st.DrawFn, seeds: tuple[bytes, ...], load: Callable[[bytes], Any], dump: Callable[[Any], str]
) -> bytes:
    """Draw a document with up to four changes of its structure."""
    value = load(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 4))):
        value = _changed(draw, value)
    return dump(value).encode(errors="replace")


def _changed(draw: st.DrawFn, value: Any) -> Any:
    places = [path for path in paths(value) if path]
    if not places:
        return draw(_VALUES)
    path = draw(st.sampled_from(places))
    change = draw(st.sampled_from(["delete", "duplicate", "rename", "replace", "wrap", "swap", "kind"]))
    if change == "kind" and isinstance(value, dict):
        return {**value, "kind": draw(st.sampled_from(sorted(KINDS)))}
    parent, step = _at(value, path[:-1]), path[-1]
    old = parent[step]
    if change == "delete":
        del parent[step]
    elif change == "duplicate" and isinstance(parent, list):
        parent.insert(int(step), old)
    elif change in ("rename", "duplicate") and isinstance(parent, dict):
        parent[draw(st.text(max_size=8) | st.sampled_from(sorted(map(str, parent))))] = old
        if change == "rename":
            parent.pop(step, None)
    elif change == "wrap":
        parent[step] = draw(st.sampled_from([[old], {"a": old}, [[old] * 2], str(old)]))
    elif change == "swap":
        parent[step] = _copy(_at(value, draw(st.sampled_from(places))))
    else:
        parent[step] = draw(_VALUES)
    return value


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _copy(value: Any) -> Any:
    return yaml.safe_load(yaml.safe_dump(value))


@st.composite
def spliced(draw: st.DrawFn, seeds: tuple[bytes, ...]) -> bytes:
    """Draw bytes of a document with pieces cut out, doubled, or put in from elsewhere."""
    content = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 4))):
        at, length = draw(st.integers(0, len(content))), draw(st.integers(0, 40))
        other = draw(st.sampled_from(seeds))
        begin = draw(st.integers(0, len(other)))
        new = draw(
            st.binary(max_size=6)
            | st.sampled_from(
                [b"", b"\n", b"  ", b"[", b"{", b'"', b"'", b": ", b"- ", b"&a ", b"*a", b"<<: ", b"\\u0000"]
            )
            | st.just(other[begin : begin + length])
        )
        content = content[:at] + new + content[at + (length if draw(st.booleans()) else 0) :]
    return content


def yaml_of(seeds: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    """Return mutations of YAML documents."""
    good = tuple(one for one in seeds if _loads(one))
    return mutated(good, yaml.safe_load, lambda value: yaml.safe_dump(value, sort_keys=False, allow_unicode=True))


def json_of(seeds: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    """Return mutations of JSON documents, in each of the three ways that ours are written."""
    dumps: tuple[Callable[[Any], str], ...] = (
        lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False),
        lambda value: json.dumps(value, indent=1, sort_keys=True) + "\n",
        lambda value: json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n",
    )
    return st.one_of(*(mutated(seeds, json.loads, dump) for dump in dumps))


def _loads(content: bytes) -> bool:
    try:
        return isinstance(yaml.safe_load(content), dict)
    except yaml.YAMLError:
        return False
