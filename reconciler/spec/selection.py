"""What can be read off a selection without asking a Butler: exposures it lists, fields it names, values it demands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from .expression import SelectionError
from .expression import parse as _parse
from .ranges import Ranges, ranges, spans
from .syntax import And, Apply, Compare, In, Literal, Name, Node, Not, Or

__all__ = [
    "SelectionError",
    "demands",
    "has_top_level_or",
    "listed_seq_nums",
    "literal_exposures",
    "names",
    "parse",
    "unknown_names",
]

_MOST_LISTED = 100_000


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


EXPOSURE_FIELDS = _words(
    "id obs_id day_obs seq_num seq_start seq_end group exposure_time dark_time observation_type observation_reason "
    "science_program target_name physical_filter tracking_ra tracking_dec sky_angle azimuth zenith_angle "
    "has_simulated can_see_sky timespan instrument"
)
_FIELDS: dict[str, frozenset[str]] = {
    "instrument": _words("name visit_max visit_system exposure_max detector_max class_name"),
    "detector": _words("id full_name name_in_raft raft purpose"),
    "physical_filter": _words("name band"),
    "exposure": EXPOSURE_FIELDS,
    "day_obs": _words("id timespan"),
    "visit": _words(
        "id day_obs name exposure_time target_name observation_reason science_program azimuth zenith_angle region "
        "timespan physical_filter seq_num visit_system"
    ),
}
_ALONE = frozenset(_FIELDS) | EXPOSURE_FIELDS | frozenset(("band", "group", "skymap", "tract", "patch", "null"))


class Demand(NamedTuple):
    """One of the values that a selection demands of a field."""

    field: str
    value: int | float | str | tuple[int, int, int]
    at: int


def parse(text: str) -> Node:
    """Return the tree of a query expression; raise `SelectionError`, with the offset, if it is none."""
    found = _parsed(text)
    if isinstance(found, SelectionError):
        raise SelectionError(found.message, found.offset)
    return found


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Node | SelectionError:
    """Return the tree, or what is wrong: every rule asks again, and a long text costs as much if it is wrong."""
    try:
        return _parse(text)
    except SelectionError as error:
        return SelectionError(error.message, error.offset)  # without the frames that it was raised from


def has_top_level_or(tree: Node) -> bool:
    """Return whether appending ` and …` to the text would bind to its last alternative only."""
    return isinstance(tree, Or)


def literal_exposures(tree: Node) -> Ranges:
    """Return the exposures that the selection lists by id: `exposure in (…)`, `exposure = …`, `exposure.id in …`."""
    return _numbers(demand.value for demand in demands(tree, "exposure"))


def listed_seq_nums(tree: Node) -> dict[int, Ranges]:
    """Return the sequence numbers that the selection lists, by the day that stands beside them; excluded ones left out.

    `exposure.day_obs=20241120 and exposure.seq_num in (41..64) and exposure.seq_num != 58`
    gives `{20241120: 41..57, 59..64}`.
    """
    by_day: defaultdict[int, Ranges] = defaultdict(Ranges)
    for terms in _conjunctions(tree):
        days = [one.value for term in terms for one in _demanded(term) if one.field == "day_obs"]
        listed = _numbers(one.value for term in terms for one in _demanded(term) if one.field == "seq_num")
        if len(days) == 1 and isinstance(days[0], int) and listed:
            excluded = _numbers(one.value for term in terms for one in _excluded(term) if one.field == "seq_num")
            by_day[days[0]] = by_day[days[0]] | (listed - excluded)
    return dict(by_day)


def demands(tree: Node, *fields: str) -> tuple[Demand, ...]:
    """Return the values that the selection accepts by name for these fields, of all alternatives.

    A field is named as of an exposure: `day_obs` for `exposure.day_obs`, and `exposure` for its id.
    """
    return tuple(
        one for terms in _conjunctions(tree) for term in terms for one in _demanded(term) if one.field in fields
    )


def names(tree: Node) -> Iterator[Name]:
    """Yield every name in the selection."""
    waiting = [tree]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Name):
            yield part
        waiting += reversed(_parts(part))


def _parts(tree: Node) -> tuple[Node, ...]:
    match tree:
        case And(parts) | Or(parts) | Apply(_, parts):
            return parts
        case Not(term):
            return (term,)
        case Compare(_, left, right):
            return left, right
        case In(value, items, _):
            return value, *items
        case _:
            return ()


def mentions(tree: Node, *fields: str) -> bool:
    """Return whether the selection names one of these fields at all."""
    return any(canonical(name.text) in fields for name in names(tree))


def unknown_names(tree: Node) -> Iterator[tuple[Name, frozenset[str]]]:
    """Yield names that no Butler dimension has, each with the names that it could have meant."""
    for name in names(tree):
        dimension, _, field = name.text.partition(".")
        right = _FIELDS.get(dimension)
        if (not field and name.text.lower() in _ALONE) or dimension == "timespan":
            continue
        if right is None or not field:
            yield name, frozenset((*_ALONE, *(f"exposure.{one}" for one in EXPOSURE_FIELDS)))
        elif field.split(".")[0] not in right:
            yield name, frozenset(f"{dimension}.{one}" for one in right)


def canonical(name: str) -> str:
    """Return a field by its shortest name: `exposure.day_obs` is `day_obs`, `exposure.id` is `exposure`."""
    dimension, _, field = name.partition(".")
    if field in ("id", "name"):
        return dimension
    return field if dimension == "exposure" and field else name


def _conjunctions(tree: Node) -> Iterator[tuple[Node, ...]]:
    """Yield the terms of every conjunction; what is under a `not` demands nothing."""
    if isinstance(tree, Not):
        return
    terms = _flat(tree) if isinstance(tree, And) else (tree,)
    yield tuple(term for term in terms if not isinstance(term, Or))
    for term in terms:
        if isinstance(term, Or):
            for alternative in term.terms:
                yield from _conjunctions(alternative)


def _flat(tree: Node) -> tuple[Node, ...]:
    if isinstance(tree, And):
        return tuple(inner for term in tree.terms for inner in _flat(term))
    return (tree,)


def _demanded(term: Node) -> Iterator[Demand]:
    match term:
        case Compare("=", Name(name), Literal(_, value, at)) | Compare("=", Literal(_, value, at), Name(name)):
            yield Demand(canonical(name), value, at)
        case In(Name(name), items, False):
            yield from _each(name, items)


def _excluded(term: Node) -> Iterator[Demand]:
    match term:
        case Compare("!=", Name(name), Literal(_, value, at)) | Compare("!=", Literal(_, value, at), Name(name)):
            yield Demand(canonical(name), value, at)
        case In(Name(name), items, True):
            yield from _each(name, items)
        case Not(inner):
            yield from _demanded(inner)


def _each(name: str, items: tuple[Node, ...]) -> Iterator[Demand]:
    for item in items:
        if isinstance(item, Literal):
            yield Demand(canonical(name), item.value, item.at)


def _numbers(values: Iterator[int | float | str | tuple[int, int, int]]) -> Ranges:
    """Return the whole numbers among the values.

    Strided ranges that are too long, all together, to have been meant as a list are left out.
    """
    found: list[tuple[int, int]] = []
    listed = 0
    for value in values:
        if isinstance(value, int):
            found.append((value, value))
        elif isinstance(value, tuple):
            first, last, stride = value
            if stride == 1:
                found.append((first, last))
            elif (listed := listed + (last - first) // stride) < _MOST_LISTED:
                found += ranges(range(first, last + 1, stride)).spans
    return spans(*found)
