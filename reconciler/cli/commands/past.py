"""Commands that tell what was done: for one ticket, at a site, by the board."""

from __future__ import annotations

from typing import Annotated

import typer

from ..app import HERE, Directory, Json, SiteName

commands = typer.Typer()


@commands.command(epilog="Example: reconcile record DM-48520 > DM-48520.sh")
def record(
    ticket: Annotated[str, typer.Argument(help="The construction ticket.")],
    directory: Directory = HERE,
    site: SiteName = None,
    as_json: Json = False,
) -> None:
    """Print how a ticket's calibrations came about, as commands that a person could have typed."""
    from ..record import run

    raise typer.Exit(run(ticket, directory, site, as_json=as_json))


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
