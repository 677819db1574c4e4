"""`reconcile status --all-sites`: how far each ticket has come at each repository."""

from __future__ import annotations

from pathlib import Path

from ..distribution import Document
from ..errors import ExitCode, worst
from ..matrix import Known, Row, chain_row, ticket_rows
from ..render import matrix as render
from ..spec.load import Tree
from .output import write, write_json
from .session import at, read


def run(directory: Path, *, markdown: bool, as_json: bool) -> ExitCode:
    """Look at every repository of every site; print a row for each deployed ticket and each other public chain."""
    checkout, tree = read(directory)
    sites: list[Known] = []
    for one in tree.sites:
        with at(checkout, tree, one.document) as session:
            seen = session.look()
            unknown = {**seen.unknown, **dict.fromkeys(seen.facts.lost, "its record is lost")}
            applied = session.heading(seen).drift_since is not None
            sites.append(Known(seen.state, seen.facts, session.want, unknown, applied))
    rows = _rows(tree, sites)
    if as_json:
        write_json({"rows": [render.as_json(row) for row in rows]})
    else:
        write((render.markdown if markdown else render.text)(rows))
    return worst(exit_code(row) for row in rows)


def _rows(tree: Tree, sites: list[Known]) -> tuple[Row, ...]:
    places = {place: place.partition("/")[0] for place in tree.places()}
    documents: list[Document] = [*(one.document for one in tree.sets), *(one.document for one in tree.curated)]
    tickets = ticket_rows(documents, sites, places)
    public = {key.name for site in sites for key in site.want.public} - {row.name for row in tickets}
    return (*tickets, *(chain_row(name, sites) for name in sorted(public)))


def exit_code(row: Row) -> ExitCode:
    """Return what a row comes to: drift, or something that is still to be done, is a change; unknown is never fine."""
    if any(cell.word == "unknown" for cell in row.cells):
        return ExitCode.UNREACHABLE
    return ExitCode.CHANGES if any(cell.word == "drifted" or cell.pending for cell in row.cells) else ExitCode.OK
