"""Commands that tell what was done: for one ticket, before the board, at a site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..app import HERE, Directory, Json, SiteName

commands = typer.Typer()


@commands.command(
    epilog="Examples: reconcile record DM-48520 > DM-48520.sh; reconcile record --out board.html; "
    "reconcile record --markdown"
)
def record(
    ticket: Annotated[
        str | None, typer.Argument(help="The construction ticket; without one, the table of all tickets.")
    ] = None,
    directory: Directory = HERE,
    site: SiteName = None,
    out: Annotated[Path | None, typer.Option(help="Write the table as a page: .html or .md.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the table as Markdown.")] = False,
    as_json: Json = False,
) -> None:
    """Print how a ticket's calibrations came about, as commands that a person could have typed.

    Without a ticket, print the board's table, from git alone: for each ticket what was decided by whom, and where it
    goes.
    """
    from ...errors import UsageError
    from ..board import run as of_all
    from ..record import run as of_one

    if ticket is None:
        raise typer.Exit(of_all(directory, site, out=out, markdown=markdown, as_json=as_json))
    if out is not None or markdown:
        raise UsageError(
            "--out and --markdown are for the table of all tickets", hint=f"reconcile record {ticket} > FILE"
        )
    raise typer.Exit(of_one(ticket, directory, site, as_json=as_json))


@commands.command(epilog="Examples: reconcile history; reconcile history --site summit --ticket DM-48520")
def history(
    directory: Directory = HERE,
    site: Annotated[str | None, typer.Option("--site", help="Only this site; by default all.")] = None,
    ticket: Annotated[str | None, typer.Option("--ticket", help="Only what names this ticket.")] = None,
    as_json: Json = False,
) -> None:
    """Tell what was applied where, when, by which commit, and who had approved it: from git and the journals here."""
    from ..history import run

    raise typer.Exit(run(directory, site, ticket, as_json=as_json))
