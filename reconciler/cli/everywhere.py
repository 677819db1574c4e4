"""`reconcile status --all-sites`: how far each ticket has come at each repository."""

from __future__ import annotations

from pathlib import Path

from ..adapters.checkout import Checkout
from ..distribution import Document
from ..errors import ExitCode, worst
from ..known import Known
from ..look import look, whole_scope
from ..matrix import Row, table
from ..render import matrix as render
from ..spec.documents import Site
from ..spec.load import Tree
from .collector import many_objects
from .output import write, write_json
from .session import at, read


def run(directory: Path, *, markdown: bool, as_json: bool) -> ExitCode:
    """Look at every repository of every site; print a row for each deployed ticket and each other public chain."""
    rows = _rows(*read(directory))
    if as_json:
        write_json({"rows": [render.as_json(row) for row in rows]})
    else:
        write((render.markdown if markdown else render.text)(rows))
    return worst(exit_code(row) for row in rows)


def _rows(checkout: Checkout, tree: Tree) -> tuple[Row, ...]:
    documents: list[Document] = [*(one.document for one in tree.sets), *(one.document for one in tree.curated)]
    return table(documents, (_known(checkout, tree, one.document) for one in tree.sites), tree.places())


def _known(checkout: Checkout, tree: Tree, site: Site) -> Known:
    """Look at the repositories of a site; what its archive has is no cell of the table."""
    with at(checkout, tree, site) as session:
        want = session.want
        places = session.place.repositories.values()
        with many_objects():
            seen = look(places, whole_scope(want), want, session.facts, for_a_table=True)
        unknown = {**seen.unknown, **dict.fromkeys(seen.facts.lost, "its record is lost")}
        return Known(seen.state, seen.facts, want, unknown, session.heading(seen).drift_since is not None)


def exit_code(row: Row) -> ExitCode:
    """Return what a row comes to: drift, or something that is still to be done, is a change; unknown is never fine."""
    if any(cell.word == "unknown" for cell in row.cells):
        return ExitCode.UNREACHABLE
    return ExitCode.CHANGES if any(cell.word == "drifted" or cell.pending for cell in row.cells) else ExitCode.OK
