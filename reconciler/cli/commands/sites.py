"""Commands that compare a site with the specs, change it, or tell how it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...errors import UsageError
from ..app import HERE, MAX_AGE, Directory, Json, MaxAge, Observed, SiteName

commands = typer.Typer()


@commands.command(
    epilog="Examples: reconcile plan --site summit --out summit.plan; reconcile plan --observed summit.json"
)
def plan(
    directory: Directory = HERE,
    site: SiteName = None,
    observed: Observed = None,
    max_age: MaxAge = MAX_AGE,
    as_merged: Annotated[
        bool, typer.Option("--as-merged", help="As if this commit stood on the trusted branch, for who reviews it.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Save the plan, bound to what it rests on.")] = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 2 if changes are pending, or why they are blocked.")
    ] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, for a pull request.")] = False,
    as_json: Json = False,
) -> None:
    """Show what is missing at a site, step by step; changes nothing."""
    from ..plan import run

    code = run(
        directory,
        site,
        observed=observed,
        max_age=max_age,
        as_merged=as_merged,
        out=out,
        detailed_exitcode=detailed_exitcode,
        markdown=markdown,
        as_json=as_json,
    )
    raise typer.Exit(code)


@commands.command(epilog="Examples: reconcile apply --site summit; reconcile apply summit.plan --auto-approve")
def apply(
    saved: Annotated[Path | None, typer.Argument(help="A plan saved by plan --out; refused if it is stale.")] = None,
    directory: Directory = HERE,
    site: SiteName = None,
    auto_approve: Annotated[bool, typer.Option("--auto-approve", help="Do not ask.")] = False,
    new_record: Annotated[
        bool, typer.Option("--new-record", help="Begin a new record where the old one is lost; look first.")
    ] = False,
    spot_check: Annotated[
        Path | None, typer.Option("--spot-check", help="Put the pictures of what is built into this directory.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Do what the plan says, from HEAD; run it again after anything went wrong, and it goes on."""
    from ..apply import run

    code = run(
        directory,
        site,
        saved=saved,
        auto_approve=auto_approve,
        new_record=new_record,
        spot_check=spot_check,
        as_json=as_json,
    )
    raise typer.Exit(code)


@commands.command(
    epilog="Examples: reconcile daily --instrument LSSTComCam --day-obs 20241208; "
    "reconcile daily --instrument LSSTCam --day-obs 20250601 --site summit --type bias,flat --json | logger -t calib"
)
def daily(
    instrument: Annotated[str, typer.Option("--instrument", help="Whose exposures.")],
    day_obs: Annotated[str, typer.Option("--day-obs", help="The observing day, such as 20241208.")],
    directory: Directory = HERE,
    site: SiteName = None,
    types: Annotated[
        str | None, typer.Option("--type", help="Only exposures of these types, such as bias,dark; by default all.")
    ] = None,
    repository: Annotated[
        str | None, typer.Option("--repository", help="Needed if several repositories of the site hold the instrument.")
    ] = None,
    release: Annotated[
        str | None, typer.Option("--release", help="What runs the pipelines; needed if the site knows several.")
    ] = None,
    raws: Annotated[
        str | None, typer.Option("--raws", help="Where the raws are; by default INSTRUMENT/raw/all.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print events, a line of JSON each.")] = False,
) -> None:
    """Verify the exposures of a day against what science gets; never generates: exit 9 and events if a test fails."""
    from ..daily import run
    from ..day import Asked

    asked = Asked(instrument, day_obs, types, repository, release, raws)
    raise typer.Exit(run(asked, directory, site, as_json=as_json))


@commands.command(
    epilog="Examples: reconcile status --site usdf || mail -s drift calibrators; "
    "reconcile status --all-sites --markdown > table.md"
)
def status(
    directory: Directory = HERE,
    site: SiteName = None,
    all_sites: Annotated[
        bool, typer.Option("--all-sites", help="A table of every ticket at every repository, with fingerprints.")
    ] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="With --all-sites: print Markdown.")] = False,
    as_json: Json = False,
) -> None:
    """Say for each document whether a site is in sync with it: exit 0, 2 if not, 11 if unknown."""
    from .. import everywhere, status

    if all_sites and site is not None:
        raise UsageError("either --site or --all-sites")
    if all_sites:
        raise typer.Exit(everywhere.run(directory, markdown=markdown, as_json=as_json))
    raise typer.Exit(status.run(directory, site, as_json=as_json))


@commands.command(epilog="Example: reconcile show LSSTComCam/calib/DM-48520/DP1/bias.20250207a")
def show(
    name: Annotated[str, typer.Argument(help="A collection, a ticket, or a saved plan's file.")],
    directory: Directory = HERE,
    site: SiteName = None,
    as_json: Json = False,
) -> None:
    """Show what a site holds under a name: chain, certifications, claim or seal; or a saved plan."""
    from ..show import run

    raise typer.Exit(run(name, directory, site, as_json=as_json))


@commands.command(epilog="Examples: reconcile report DM-48520; reconcile report DM-48520 --markdown > evidence.md")
def report(
    ticket: Annotated[str, typer.Argument(help="The construction ticket, such as DM-48520.")],
    directory: Directory = HERE,
    site: SiteName = None,
    into: Annotated[Path | None, typer.Option(help="The folder to write; by default reports/TICKET.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print one page of Markdown instead.")] = False,
    as_json: Json = False,
) -> None:
    """Write what a board decides on: verdicts, maps, trends, construction record and effect, as a folder of pages."""
    from ..report import run

    raise typer.Exit(run(ticket, directory, site, into=into, markdown=markdown, as_json=as_json))


@commands.command(
    epilog="Examples: reconcile observe --site summit --out summit.json; "
    "reconcile observe --site summit --out summit.json --sign ~/.ssh/summit"
)
def observe(
    out: Annotated[Path, typer.Option(help="The file to write; the same contents give the same bytes.")],
    directory: Directory = HERE,
    site: SiteName = None,
    sign: Annotated[
        Path | None, typer.Option(metavar="KEY", help="Say when, and sign with this SSH key into OUT.sig.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write what a site holds into a file, from which `plan --observed` plans without access; changes nothing."""
    from ..observe import run

    raise typer.Exit(run(directory, site, out=out, sign=sign, as_json=as_json))


@commands.command(epilog="Example: reconcile cancel LSSTComCam/calib/DM-48520/DP1/biasGen.20250207a")
def cancel(
    leaf: Annotated[str, typer.Argument(help="The generation whose job is to end.")],
    directory: Directory = HERE,
    site: SiteName = None,
    as_json: Json = False,
) -> None:
    """End the running job of a generation; what it made stays, and apply resumes it."""
    from ..cancel import run

    raise typer.Exit(run(leaf, directory, site, as_json=as_json))
