"""`reconcile`: runs one command, and turns how it ended into an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from .app import Json, app
from .collector import one_command
from .commands import approval, courier, past, questions, sites, specs

for group in (specs, sites, approval, courier, questions, past):
    app.add_typer(group.commands)


@app.command(epilog="Examples: reconcile demo; reconcile demo --frames ~/frames --camera SBIG-STL-1001E")
def demo(
    directory: Annotated[Path | None, typer.Argument(help="Where; by default a new temporary directory.")] = None,
    frames: Annotated[Path | None, typer.Option(help="Use these FITS frames instead of simulated ones.")] = None,
    camera: Annotated[str | None, typer.Option(help="The camera of --frames: a name, or a YAML file.")] = None,
    where: Annotated[str, typer.Option(help="Only frames for which this Butler expression holds.")] = "",
    full: Annotated[bool, typer.Option("--full", help="Build all of DM-48520, DMTN-222 section 7; minutes.")] = False,
    as_json: Json = False,
) -> None:
    """Play the whole loop on a laptop: simulate, lock, plan, apply, change, revert."""
    from .demo import run as play

    raise typer.Exit(play(run, directory, frames, camera, where, full=full, as_json=as_json))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with the code that DESIGN section 9 gives the outcome."""
    with one_command():
        code = run(sys.argv[1:] if arguments is None else arguments)
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code. No traceback leaves here for anything that a user can cause."""
    from .failures import reported

    command = typer.main.get_command(app)
    return reported(arguments, lambda: command.main(list(arguments), prog_name="reconcile", standalone_mode=False))
