"""Commands that carry sets on a disk."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..app import HERE, Directory, Json, SiteName

courier = typer.Typer(no_args_is_help=True, help="Carry sets to sites without a path to the archive, on a disk.")
commands = typer.Typer()
commands.add_typer(courier, name="courier")


@courier.command(epilog="Example: reconcile courier pack DM-48520 DM-48650 --into /media/disk/calibrations")
def pack(
    tickets: Annotated[list[str], typer.Argument(help="Construction tickets, such as DM-48520.")],
    into: Annotated[Path, typer.Option("--into", help="The directory; what it has already is not copied again.")],
    directory: Directory = HERE,
    site: SiteName = None,
    as_json: Json = False,
) -> None:
    """Copy sets from a site's archive into a directory, every file verified; run it again, and it goes on."""
    from ..courier import pack as run

    raise typer.Exit(run(tuple(tickets), into, directory, site, as_json=as_json))


@courier.command(epilog="Example: reconcile courier unpack /media/disk/calibrations --site summit")
def unpack(
    source: Annotated[Path, typer.Argument(help="What `courier pack` has written.")],
    tickets: Annotated[list[str] | None, typer.Argument(help="Only these tickets; by default all.")] = None,
    directory: Directory = HERE,
    site: SiteName = None,
    as_json: Json = False,
) -> None:
    """Copy sets from such a directory into a site's archive, every file verified; run it again, and it goes on."""
    from ..courier import unpack as run

    raise typer.Exit(run(source, tuple(tickets or ()), directory, site, as_json=as_json))


@courier.command(epilog="Example: reconcile courier export DM-48520 --into DM-48520.export")
def export(
    ticket: Annotated[str, typer.Argument(help="The construction ticket, such as DM-48520.")],
    into: Annotated[Path, typer.Option("--into", help="The directory, which does not exist yet.")],
    directory: Directory = HERE,
    site: SiteName = None,
    as_json: Json = False,
) -> None:
    """Write one ticket as files and an export.yaml, for `butler import` by people without this tool."""
    from ..courier import export_butler as run

    raise typer.Exit(run(ticket, into, directory, site, as_json=as_json))
