"""What an adoption binds of the evidence: the result tables, by what they were judged, and how that ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from ..facts import Facts
from ..intent import Desired
from ..seals import Seal, digest

UNREAD = "not read"
"""What stands for evidence where nobody could read it, such as in a snapshot."""


def evidence(collection: str, place: str, want: Desired, facts: Facts) -> dict[str, str]:
    """Return the parts that stand for the evidence of a collection; none for what no set makes."""
    parts: dict[str, str] = {}
    for one in want.evidence_of(place, collection):
        for key in one.examinations:
            parts[f"the results of {key.leaf}"] = _results(facts.seals(place).get(key.leaf))
        parts[f"the criteria of {one.ticket}"] = digest(plain(one.criteria))
        standing = facts.standings.get(collection)
        words = UNREAD if standing is None else "passed" if standing.passed else "; ".join(standing.reasons)
        parts[f"the verdict on {collection}"] = words
    return parts


def _results(seal: Seal | None) -> str:
    return "not examined" if seal is None else digest([seal.recipe, plain(seal.datasets)])


def plain(value: Any) -> Any:
    """Return a value as JSON can say it, and always in the same order."""
    if is_dataclass(value):
        return [type(value).__name__, *(plain(getattr(value, field.name)) for field in fields(value))]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(map(plain, value))
    return [plain(item) for item in value] if isinstance(value, tuple) else value
