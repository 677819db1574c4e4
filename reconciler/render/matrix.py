"""The table of tickets and repositories, for a terminal, as Markdown and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from ..matrix import Cell, Row

_DIGITS = len("sha256:") + 8


def text(rows: Iterable[Row]) -> str:
    """Return a table with a line for each row, and below it what differs, and why places do without."""
    listed = list(rows)
    if not listed:
        return "No set says where it is deployed, and no chain is public."
    places = _places(listed)
    heads = ["", *places]
    lines = [[row.name, *(_word(row, place) for place in places)] for row in listed]
    widths = [max(len(line[i]) for line in (heads, *lines)) for i in range(len(heads))]
    padded = ([cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in (heads, *lines))
    return "\n".join((*("  ".join(line).rstrip() for line in padded), *_remarks(listed)))


def markdown(rows: Iterable[Row]) -> str:
    """Return the same as a table of Markdown."""
    listed = list(rows)
    places = _places(listed)
    head = ["| | " + " | ".join(places) + " |", "|" + "---|" * (len(places) + 1)]
    table = [f"| {row.name} | {' | '.join(_word(row, place) for place in places)} |" for row in listed]
    remarks = [f"* {line.strip()}" if line.startswith("  ") else line for line in _remarks(listed)]
    return "\n".join((*head, *table, *remarks))


def as_json(row: Row) -> dict[str, Any]:
    """Return a row as plain values."""
    return {"name": row.name, "ticket": row.ticket, "places": {cell.place: _cell(cell) for cell in row.cells}}


def _cell(cell: Cell) -> dict[str, Any]:
    return {name: value for name, value in asdict(cell).items() if name != "place"}


def _places(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(cell.place for row in rows for cell in row.cells))


def _word(row: Row, place: str) -> str:
    cell = next((cell for cell in row.cells if cell.place == place), None)
    if cell is None:
        return "-"
    word = f"{cell.word} (pending)" if cell.pending and cell.word not in ("drifted", "unknown") else cell.word
    return f"{word} {cell.fingerprint[len('sha256:') : _DIGITS]}".rstrip()


def _remarks(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        for cell in row.cells:
            if cell.reasons:
                yield ""
                yield f"{row.name} at {cell.place}: {cell.word}"
                yield from (f"  {reason}" for reason in cell.reasons)
