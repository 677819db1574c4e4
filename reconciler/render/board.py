"""The board's table as text, as Markdown and as plain values; as a page it is drawn in `render.report`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..board import Decision, Destination, Row
from .escape import markdown as plain

FORMAT = "reconcile board 1"
COLUMNS = ("TAXICAB", "Construction", "Deployment", "Purpose", "Decision", "Repositories")
SIGNS = {"adopted": "✓", "rejected": "✗", "retracted": "✗", "withdrawn": "✗", "waiting": "…", "not proposed": "–"}


@dataclass(frozen=True)
class Board:
    """The table, where it was read, and what has to be said of that.

    Attributes
    ----------
    history
        Where decisions come from, in words.
    remarks
        What is not known.
    """

    rows: tuple[Row, ...]
    history: str
    remarks: tuple[str, ...] = ()


def text(board: Board) -> str:
    """Return the table as lines for a terminal."""
    return "\n".join(_lines(board)) + "\n"


def markdown(board: Board) -> str:
    """Return the table as a page of Markdown."""
    return "\n".join(_markdown(board)) + "\n"


def as_json(board: Board) -> dict[str, Any]:
    """Return the table as plain values."""
    return {
        "format": FORMAT,
        "history": board.history,
        "tickets": [_values(asdict(row)) for row in board.rows],
        "remarks": list(board.remarks),
    }


def decided(decision: Decision) -> str:
    """Return a decision in words: `adopted by alice, bob on 2026-06-01`."""
    by = f" by {', '.join(decision.by)}" if decision.by and decision.word != "waiting" else ""
    when = f" on {decision.at:%Y-%m-%d}" if decision.at else ""
    reasons = f": {'; '.join(decision.reasons)}" if decision.reasons else ""
    return f"{decision.word}{by}{when}{reasons}"


def destination(one: Destination) -> str:
    """Return what happens at a repository, in words."""
    if one.skip:
        return f"{one.place} skipped: {one.skip}"
    said = [] if one.decision.word == "not proposed" else [decided(one.decision)]
    said += ["protected"] if one.protect else []
    return f"{one.place} ({', '.join(said)})" if said else one.place


def construction(row: Row) -> str:
    """Return the construction ticket with its tag, and what it was built with and where."""
    return f"{row.ticket} {row.tag}".strip()


def made(row: Row) -> str:
    """Return where a set is built, and with which software."""
    return f"built at {row.origin}" + (f" with {row.software}" if row.software else "")


def repositories(row: Row) -> Sequence[str]:
    """Return what is said of each repository."""
    return [destination(one) for one in row.destinations]


def _lines(board: Board) -> Iterator[str]:
    if not board.rows:
        yield "No ticket has calibrations here."
    for row in board.rows:
        head = (row.approval or "no ticket of the board", row.instrument, construction(row), decided(row.decision))
        yield "  ".join(head)
        yield f"    {row.purpose}; {made(row)}"
        if row.deployment or row.destinations:
            yield f"    deployment {row.deployment}"
        yield from (f"      {said}" for said in repositories(row))
    yield board.history
    yield from board.remarks


def _markdown(board: Board) -> Iterator[str]:
    yield from ("# Calibrations before the board", "")
    for instrument, rows in by_instrument(board.rows).items():
        yield from (f"## {plain(instrument)}", "")
        yield f"| {' | '.join(COLUMNS)} |"
        yield f"|{'---|' * len(COLUMNS)}"
        yield from map(_row, rows)
        yield ""
    yield plain(board.history)
    yield from (line for remark in board.remarks for line in ("", plain(remark)))


def _row(row: Row) -> str:
    cells = (
        plain(row.approval) or "–",
        plain(construction(row)),
        plain(row.deployment) or "–",
        f"{plain(row.purpose)}<br>{plain(made(row))}",
        f"{SIGNS[row.decision.word]} {plain(decided(row.decision))}",
        "<br>".join(map(plain, repositories(row))) or "–",
    )
    return f"| {' | '.join(cells)} |"


def by_instrument(rows: Iterable[Row]) -> Mapping[str, list[Row]]:
    """Return the rows of each instrument, in their order."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.instrument, []).append(row)
    return dict(sorted(found.items()))


def _values(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with moments as text."""
    for decision in (row["decision"], *(one["decision"] for one in row["destinations"])):
        decision["at"] = decision["at"] and decision["at"].isoformat()
    return row
