"""`reconcile report`, and the reports that `apply` writes of what it has verified."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from ..apply import Result
from ..errors import ExitCode
from ..steps.examine import Examine
from .output import write, write_json
from .session import Session, session

FOLDER = "reports"
"""Where reports go if nobody says where, relative to the git root."""


def run(
    ticket: str, directory: Path, site: str | None, *, into: Path | None, markdown: bool, as_json: bool
) -> ExitCode:
    """Write the report of a ticket as a folder, or print it as a page of Markdown."""
    with session(directory, site, ticket) as open_session:
        if markdown:
            _print(open_session, ticket)
            return ExitCode.OK
        folder = into or _home(open_session) / ticket
        outcome = save(open_session, ticket, folder)
    if as_json:
        write_json({"ticket": ticket, "outcome": outcome, "report": str(folder / "index.html")})
    else:
        write(_line(ticket, outcome, folder))
    return ExitCode.OK


def save(open_session: Session, ticket: str, folder: Path) -> str:
    """Write the report of a ticket as a folder; return in a word what came of the tests."""
    from ..render import report as render
    from .dossier import report

    with TemporaryDirectory() as pictures:
        found = report(open_session, ticket, Path(pictures))
        render.write(render.pages(found), folder)
    return found.outcome


def of_verified(open_session: Session, results: Iterable[Result]) -> Iterator[str]:
    """Write the report of each ticket of which something was verified just now, if the site wants any; tell of each."""
    if open_session.site.reports is None:
        return
    steps = (result.step for result in results if result.outcome.word == "done")
    verified = {step.key for step in steps if isinstance(step, Examine)}
    evidence = (one for one in open_session.want.evidence if verified.intersection(one.examinations))
    for ticket in dict.fromkeys(one.ticket for one in evidence):
        folder = _home(open_session) / ticket
        yield _line(ticket, save(open_session, ticket, folder), folder)


def _print(open_session: Session, ticket: str) -> None:
    from ..render import report as render
    from .dossier import report

    with TemporaryDirectory() as pictures:
        write(render.markdown(report(open_session, ticket, Path(pictures))))


def _home(open_session: Session) -> Path:
    return open_session.tree.root / (open_session.site.reports or FOLDER)


def _line(ticket: str, outcome: str, folder: Path) -> str:
    return f"{ticket}: {outcome}. Open {folder / 'index.html'}"
