"""`reconcile report`."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from ..errors import ExitCode
from .output import write, write_json
from .session import session


def run(
    ticket: str, directory: Path, site: str | None, *, into: Path | None, markdown: bool, as_json: bool
) -> ExitCode:
    """Write the report of a ticket as a folder, or print it as a page of Markdown."""
    from ..render import report as render
    from .dossier import report

    with session(directory, site) as open_session, TemporaryDirectory() as pictures:
        found = report(open_session, ticket, Path(pictures))
        if markdown:
            write(render.markdown(found))
            return ExitCode.OK
        folder = into or open_session.tree.root / "reports" / ticket
        render.write(render.pages(found), folder)
    if as_json:
        write_json({"ticket": ticket, "outcome": found.outcome, "report": str(folder / "index.html")})
    else:
        write(f"{ticket}: {found.outcome}. Open {folder / 'index.html'}")
    return ExitCode.OK
