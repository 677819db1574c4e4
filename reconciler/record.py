"""The record: the only thing kept between runs, one for each repository, in the repository.

It is the documentation of one CHAINED collection of our own, which no export carries. It tells which repository this
is, which links we made, and which commit was applied last (for people, and for the check that history only moves on).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import shapes
from .state import Change, Owned, Owner

COLLECTION = "reconcile/record"


@dataclass(frozen=True, slots=True)
class Record:
    """Identity, owned links and the last applied commit of one repository."""

    place: str
    owned: Mapping[tuple[str, str], Owner] = field(default_factory=dict)
    applied: str | None = None

    def after(self, changes: tuple[Change, ...]) -> Record:
        """Return the record with these changes of ownership."""
        owned = dict(self.owned)
        for change in changes:
            if isinstance(change.key, Owned):
                link = (change.key.chain, change.key.member)
                if change.after is None:
                    owned.pop(link, None)
                else:
                    assert change.after in ("chain", "set")
                    owned[link] = change.after
        return Record(self.place, owned, self.applied)


def write(record: Record) -> str:
    """Return the text that stands in the record collection's documentation."""
    owned = sorted([chain, member, by] for (chain, member), by in record.owned.items())
    content = {"place": record.place, "applied": record.applied, "owned": owned}
    return json.dumps({"reconcile": 1, "record": content}, separators=(",", ":"))


def read(text: str) -> Record | None:
    """Return the record of such a text; None if it is none, which is as if there were none: nothing is known then."""
    try:
        content = json.loads(text)
        return from_json(content["record"]) if isinstance(content, dict) and "record" in content else None
    except (ValueError, RecursionError):
        return None


def from_json(fields: Mapping[str, Any]) -> Record:
    """Return the record that these plain values are; raise `ValueError` if they are none."""
    shapes.Record.check(fields)
    owned = {(chain, member): by for chain, member, by in fields["owned"]}
    return Record(fields["place"], owned, fields["applied"])
