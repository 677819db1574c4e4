"""JSON Schema of the documents, for editors that complete and check YAML."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from ..errors import UsageError
from .documents import KINDS
from .problems import listed, nearest

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(kind: str | None = None) -> dict[str, Any]:
    """Return the schema of one kind of document, or one that holds for every kind.

    Raises `UsageError` for a kind that does not exist.
    """
    if kind is None:
        return {"$schema": _DIALECT, "title": "A document of reconcile", **_any_kind()}
    if kind not in KINDS:
        near = nearest(kind, KINDS)
        raise UsageError(f"unknown kind {kind!r}", hint=f"did you mean {near}?" if near else f"one of {listed(KINDS)}")
    return {"$schema": _DIALECT, **KINDS[kind].model_json_schema(by_alias=True)}


def _any_kind() -> dict[str, Any]:
    """Return one definition per kind, told apart by `kind`, so that an editor's message is about the right one."""
    definitions: dict[str, Any] = {}
    chosen = []
    for kind, model in KINDS.items():
        one = TypeAdapter(model).json_schema(by_alias=True)
        definitions |= one.pop("$defs", {})
        definitions[kind] = one
        when = {"properties": {"kind": {"const": kind}}, "required": ["kind"]}
        chosen.append({"if": when, "then": {"$ref": f"#/$defs/{kind}"}})
    kinds = {"kind": {"enum": list(KINDS)}}
    return {"type": "object", "required": ["kind"], "properties": kinds, "allOf": chosen, "$defs": definitions}
