"""JSON for people and machines alike: one line for each value, keys in order, and always the same bytes.

As `json.dumps` with an indent of one, which the standard library has only in Python: it takes five times as long.
"""

from __future__ import annotations

import json
from json.encoder import encode_basestring as quoted  # in C, where there is one


def indented(value: object, margin: str = "\n") -> str:
    """Return the text of plain values; `margin` begins a line at their level. Raises `ValueError` for NaN."""
    inner = margin + " "
    match value:
        case str():
            return quoted(value)
        case dict() if value:
            items = [
                f"{quoted(name)}: {quoted(one) if type(one) is str else indented(one, inner)}"
                for name, one in sorted(value.items())
            ]
            return f"{{{inner}{f',{inner}'.join(items)}{margin}}}"
        case list() | tuple() if value:
            parts = [quoted(one) if type(one) is str else indented(one, inner) for one in value]
            return f"[{inner}{f',{inner}'.join(parts)}{margin}]"
        case int() if type(value) is int:
            return str(value)
        case _:
            return json.dumps(value, allow_nan=False)
