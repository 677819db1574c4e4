"""The parts of a query expression, as `expression.parse` puts them together; `at` is the offset in the text."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, range, string or time; `value` is an int, float, str or (first, last, stride)."""

    kind: str
    value: int | float | str | tuple[int, int, int]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A dimension, a field of one (`exposure.day_obs`), `NULL`, or `:bind`."""

    text: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """All of the terms."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of the terms."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary of the term."""

    term: Node


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values and a comparison or `overlaps`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class In:
    """Whether a value is one of those listed; `negated` for `not in`."""

    value: Node
    items: tuple[Node, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Apply:
    """Arithmetic, a function call, or a pair such as `(begin, end)`, by its sign or name."""

    name: str
    arguments: tuple[Node, ...]
    at: int = field(default=0, compare=False)


Node = And | Or | Not | Compare | In | Apply | Literal | Name
