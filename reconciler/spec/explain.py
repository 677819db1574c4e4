"""What pydantic found wrong with a document, in words for people, each at its place in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import ValidationError

from .documents import Model
from .located import locate
from .problems import MOST_PER_FILE, Problem, listed, nearest, shown
from .source import Source, named

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping of fields",
    "model_attributes_type": "a mapping of fields",
    "none_required": "nothing",
    "string_too_short": "a text that is not empty",
}

_BOUNDS = {
    "too_short": "at least {min_length} entry",
    "too_long": "at most {max_length} entries",
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "string_too_long": "at most {max_length} characters",
}


def explain(source: Source, model: type[Model], error: ValidationError) -> Iterator[Problem]:
    """Yield a problem for each of pydantic's complaints about a document of this model."""
    for complaint in error.errors(include_url=False)[:MOST_PER_FILE]:
        path = tuple(step for step in complaint["loc"] if step != "[key]")
        code, message, expected, near = _EXPLAINERS.get(complaint["type"], _value)(model, path, complaint)
        if complaint["type"] == "missing":
            path = path[:-1]
        yield source.problem(code, _position(source, path, complaint), message, expected, near)


Words = tuple[str, str, str, str]
"""Code, what was found, what was expected, the nearest right word."""


def _position(source: Source, path: tuple[str | int, ...], complaint: Any) -> Any:
    """Return where to look: at the key if the key itself is what is wrong."""
    of_key = complaint["type"] == "extra_forbidden" or complaint["loc"][-1:] == ("[key]",)
    return locate(source, path, key=of_key)


def _unknown(model: type[Model], path: tuple[str | int, ...], _complaint: Any) -> Words:
    right = fields(model, path[:-1])
    return "unknown-field", f"unknown field {shown(path[-1])}", f"one of {listed(right)}", nearest(path[-1], right)


def _missing(_model: type[Model], path: tuple[str | int, ...], _complaint: Any) -> Words:
    where = ".".join(str(step) for step in path[:-1] if not _is_tag(step))
    return "missing-field", f"the field {path[-1]!r} is missing{' in ' + where if where else ''}", "", ""


def _literal(_model: type[Model], _path: tuple[str | int, ...], complaint: Any) -> Words:
    right = complaint["ctx"]["expected"]
    words = right.replace("'", "").replace(" or ", ", ").split(", ")
    return "value", f"found {shown(complaint['input'])}", right, nearest(complaint["input"], words)


def _pattern(_model: type[Model], _path: tuple[str | int, ...], complaint: Any) -> Words:
    text = complaint["input"]
    if not text:
        return "value", "found an empty text", "a name", ""
    bad = next((character for character in text if not "!" <= character <= "~"), text[-1])
    found = f"{shown(text)} has the character {named(bad)}"
    return "name", found, "a name of visible ASCII characters without blanks", ""


def _value(_model: type[Model], _path: tuple[str | int, ...], complaint: Any) -> Words:
    if complaint["type"] == "value_error":
        return "value", str(complaint["ctx"]["error"]), "", ""
    bound = _BOUNDS.get(complaint["type"])
    if bound:
        return "value", f"found {_kind(complaint['input'])}", bound.format(**complaint["ctx"]), ""
    found = "nothing" if complaint["input"] is None else _kind(complaint["input"])
    return "value", f"found {found}", _EXPECTED.get(complaint["type"], complaint["msg"]), ""


def _kind(value: object) -> str:
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, tuple):
        return "a list" if value else "an empty list"
    return shown(value)


_EXPLAINERS: dict[str, Callable[[type[Model], tuple[str | int, ...], Any], Words]] = {
    "extra_forbidden": _unknown,
    "missing": _missing,
    "literal_error": _literal,
    "string_pattern_mismatch": _pattern,
}


def fields(model: type[Model], path: Iterable[str | int]) -> set[str]:
    """Return the names of the fields that a document of this model may have at a path."""
    types: list[Any] = [model]
    for step in path:
        types = [inner for outer in types for inner in _below(outer, step)] or types
    return {field.alias or name for one in types if _is_model(one) for name, field in one.model_fields.items()}


def _below(annotation: Any, step: str | int) -> Iterator[Any]:
    """Yield the types that the value of one field, key or index may have."""
    if _is_model(annotation):
        by_name = {field.alias or name: field.annotation for name, field in annotation.model_fields.items()}
        if step in by_name:
            yield from _alternatives(by_name[str(step)])
    elif get_origin(annotation) in (dict, tuple):
        yield from _alternatives(get_args(annotation)[0 if get_origin(annotation) is tuple else 1])


def _alternatives(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) is Annotated:
        yield from _alternatives(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, UnionType):
        for one in get_args(annotation):
            yield from _alternatives(one)
    else:
        yield annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Model)


def _is_tag(step: str | int) -> bool:
    return isinstance(step, str) and step.startswith("(")
