"""Statements, records and judgements as people read them."""

from __future__ import annotations

from collections.abc import Iterator

from ..approval.judge import Judgement
from ..approval.record import Record
from ..approval.statement import SHA

_SAYS = {"propose": "proposes", "approve": "approves", "reject": "rejects", "withdraw": "takes back what was said of"}

_DIGITS = len(SHA) + 16


def text(record: Record) -> str:
    """Return what is signed, all of it, as lines."""
    return "\n".join(_lines(record)) + "\n"


def _lines(record: Record) -> Iterator[str]:
    statement = record.statement
    yield f"{record.person} {_SAYS[record.decision]}: {statement.title}"
    if record.reason:
        yield f"  because {record.reason}"
    yield f"  asked for by {', '.join(statement.scope)}"
    yield f"  signed {record.signed:%Y-%m-%d %H:%M:%S} UTC, in the history that begins with {statement.root[:12]}"
    yield "  binds"
    yield from (f"    {name}: {_shortened(value)}" for name, value in sorted(statement.parts.items()))


def _shortened(value: str) -> str:
    """Return a part's value; of a digest what tells it from others, the record has all of it."""
    return f"{value[:_DIGITS]}…" if value.startswith(SHA) and len(value) > _DIGITS else value


def judged(judgement: Judgement) -> str:
    """Return how a statement stands, as lines."""
    word = "approved" if judgement.approved else "missing"
    by = f" by {', '.join(judgement.by)}" if judgement.by and judgement.approved else ""
    head = f"  {word:>9}  {judgement.statement.title}{by}"
    return "\n".join((head, *(f"             {line}" for line in judgement.missing)))


def as_json(judgement: Judgement) -> dict[str, object]:
    """Return how a statement stands as plain values."""
    statement = judgement.statement
    return {
        "verb": statement.verb,
        "subject": statement.subject,
        "site": statement.site,
        "statement": statement.digest,
        "approved": judgement.approved,
        "by": list(judgement.by),
        "missing": list(judgement.missing),
    }
