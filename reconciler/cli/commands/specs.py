"""Commands that need specs alone, or a repository to read what specs mean."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..app import HERE, MAX_AGE, Directory, Json, MaxAge, Observed, SiteName

commands = typer.Typer()


@commands.command(epilog="Example: reconcile init my-calibrations")
def init(
    directory: Annotated[Path, typer.Argument(help="Where; must not hold specs yet.")] = HERE,
    instrument: Annotated[str, typer.Option(help="The first instrument.")] = "LSSTComCam",
    site: Annotated[str, typer.Option(help="Name of the first site.")] = "laptop",
    as_json: Json = False,
) -> None:
    """Scaffold a git repository of specs: a site, a catalog, a chain, workflows for a forge."""
    from ..init import run

    raise typer.Exit(run(directory, instrument, site, as_json=as_json))


@commands.command(epilog="Example: reconcile validate && git commit -am 'DM-48520: bias and dark'")
def validate(directory: Directory = HERE, as_json: Json = False) -> None:
    """Check all specs, locks and sites without a Butler: every problem at once, with file:line:column."""
    from ..validate import run

    raise typer.Exit(run(directory, as_json=as_json))


@commands.command(
    epilog="Examples: reconcile lint; reconcile lint --site usdf; reconcile lint --observed usdf.json --json"
)
def lint(
    directory: Directory = HERE,
    site: Annotated[str | None, typer.Option("--site", help="Look at this site; by default at specs only.")] = None,
    observed: Observed = None,
    max_age: MaxAge = MAX_AGE,
    as_json: Json = False,
) -> None:
    """Find what is allowed and probably not meant, each with a case that proves it: exit 1 unless it is waived."""
    from ..lint import run

    raise typer.Exit(run(directory, site, observed, max_age=max_age, as_json=as_json))


@commands.command(epilog="Example: reconcile schema CalibrationSet > calibration-set.schema.json")
def schema(
    kind: Annotated[str | None, typer.Argument(help="A kind of document; by default any.")] = None,
    as_json: Json = False,  # noqa: ARG001  # a schema is JSON in any case
) -> None:
    """Print the JSON Schema of a kind of document, for editors."""
    from ..schema import run

    raise typer.Exit(run(kind))


@commands.command(epilog="Example: reconcile lock DM-48520")
def lock(
    tickets: Annotated[list[str] | None, typer.Argument(help="Tickets of sets to lock; by default all.")] = None,
    directory: Directory = HERE,
    site: SiteName = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 2 if a lock would change.")] = False,
    as_json: Json = False,
) -> None:
    """Write down what selections and starting collections mean now, beside each spec, for review."""
    from ..lock import run

    raise typer.Exit(run(directory, tuple(tickets or ()), site, check=check, as_json=as_json))


@commands.command(epilog="Example: reconcile rerun DM-48520 flat --band u")
def rerun(
    ticket: Annotated[str, typer.Argument(help="The ticket of the set.")],
    product: Annotated[str, typer.Argument(help="What is to be made anew; what is made from it follows.")],
    directory: Directory = HERE,
    band: Annotated[str | None, typer.Option(help="Only this band of the product.")] = None,
    to: Annotated[str | None, typer.Option(help="The new rerun; by default the next letter.")] = None,
    as_json: Json = False,
) -> None:
    """Give a product and its dependents their next rerun, in the spec; review and commit the edit."""
    from ..rerun import run

    raise typer.Exit(run(ticket, product, directory, band=band, rerun=to, as_json=as_json))
