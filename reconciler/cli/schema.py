"""`reconcile schema`."""

from __future__ import annotations

from ..errors import ExitCode, UsageError
from ..spec.documents import KINDS
from ..spec.problems import nearest
from ..spec.schema import schema
from .output import write_json


def run(kind: str | None) -> ExitCode:
    """Print the JSON Schema of one kind, or of any."""
    if kind is not None and kind not in KINDS:
        near = nearest(kind, KINDS)
        raise UsageError(f"no kind {kind}; there are {', '.join(KINDS)}", hint=f"did you mean {near}?" if near else "")
    write_json(schema(kind))
    return ExitCode.OK
