"""`reconcile`: the commands, their options and help. Each imports what it needs when it runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="reconcile",
    help="Desired calibrations in git, compared with Butler repositories and applied to them.",
    epilog="A first look: `reconcile demo`. Exit codes: 0 in sync or done, 1 error, 2 changes pending, 3 invalid spec, "
    "4 approval, 5 policy, 6 plan stale, 7 locked, 8 some steps failed, 9 verification, 10 waiting, 11 unreachable, "
    "64 usage, 70 a bug.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Directory = Annotated[Path, typer.Option("--directory", "-C", help="Work as if started here.")]
SiteName = Annotated[str | None, typer.Option("--site", help="Which site of sites/; needed if there are several.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
ExposureNumber = Annotated[int | None, typer.Option("--exposure", help="The exposure that asks.")]
DetectorNumber = Annotated[int | None, typer.Option("--detector", help="The detector that asks.")]
DataId = Annotated[str | None, typer.Option("--data-id", help="Such as instrument=X,detector=4,physical_filter=r_03.")]
AtTime = Annotated[str | None, typer.Option("--at-time", help="An instant of TAI instead of an exposure.")]
ChainName = Annotated[str | None, typer.Option("--chain", help="What is searched; by default the public chain.")]
InstrumentName = Annotated[str | None, typer.Option("--instrument", help="Needed if the site holds several.")]
Observed = Annotated[
    Path | None, typer.Option("--observed", help="A snapshot that stands for the site; no repository is opened.")
]
HERE = Path()


@app.command(epilog="Example: reconcile init my-calibrations")
def init(
    directory: Annotated[Path, typer.Argument(help="Where; must not hold specs yet.")] = HERE,
    instrument: Annotated[str, typer.Option(help="The first instrument.")] = "LSSTComCam",
    site: Annotated[str, typer.Option(help="Name of the first site.")] = "laptop",
    as_json: Json = False,
) -> None:
    """Scaffold a git repository of specs: a site, a catalog, a chain, a CI workflow."""
    from .init import run

    raise typer.Exit(run(directory, instrument, site, as_json=as_json))


@app.command(epilog="Example: reconcile validate && git commit -am 'DM-48520: bias and dark'")
def validate(directory: Directory = HERE, as_json: Json = False) -> None:
    """Check all specs, locks and sites without a Butler: every problem at once, with file:line:column."""
    from .validate import run

    raise typer.Exit(run(directory, as_json=as_json))


@app.command(epilog="Examples: reconcile lint; reconcile lint --site usdf; reconcile lint --observed usdf.json --json")
def lint(
    directory: Directory = HERE,
    site: Annotated[str | None, typer.Option("--site", help="Look at this site; by default at specs only.")] = None,
    observed: Observed = None,
    as_json: Json = False,
) -> None:
    """Find what is allowed and probably not meant, each with a case that proves it: exit 1 unless it is waived."""
    from .lint import run

    raise typer.Exit(run(directory, site, observed, as_json=as_json))


@app.command(epilog="Example: reconcile schema CalibrationSet > calibration-set.schema.json")
def schema(
    kind: Annotated[str | None, typer.Argument(help="A kind of document; by default any.")] = None,
    as_json: Json = False,  # noqa: ARG001  # a schema is JSON in any case
) -> None:
    """Print the JSON Schema of a kind of document, for editors."""
    from .schema import run

    raise typer.Exit(run(kind))


@app.command(epilog="Example: reconcile lock DM-48520")
def lock(
    tickets: Annotated[list[str] | None, typer.Argument(help="Tickets of sets to lock; by default all.")] = None,
    directory: Directory = HERE,
    site: SiteName = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 2 if a lock would change.")] = False,
    as_json: Json = False,
) -> None:
    """Write down what selections and starting collections mean now, beside each spec, for review."""
    from .lock import run

    raise typer.Exit(run(directory, tuple(tickets or ()), site, check=check, as_json=as_json))


@app.command(epilog="Example: reconcile rerun DM-48520 flat --band u")
def rerun(
    ticket: Annotated[str, typer.Argument(help="The ticket of the set.")],
    product: Annotated[str, typer.Argument(help="What is to be made anew; what is made from it follows.")],
    directory: Directory = HERE,
    band: Annotated[str | None, typer.Option(help="Only this band of the product.")] = None,
    to: Annotated[str | None, typer.Option(help="The new rerun; by default the next letter.")] = None,
    as_json: Json = False,
) -> None:
    """Give a product and its dependents their next rerun, in the spec; review and commit the edit."""
    from .rerun import run

    raise typer.Exit(run(ticket, product, directory, band=band, rerun=to, as_json=as_json))


@app.command(epilog="Examples: reconcile plan --site summit --out summit.plan; reconcile plan --observed summit.json")
def plan(
    directory: Directory = HERE,
    site: SiteName = None,
    observed: Observed = None,
    out: Annotated[Path | None, typer.Option(help="Save the plan, bound to what it rests on.")] = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 2 if changes are pending, or why they are blocked.")
    ] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, for a pull request.")] = False,
    as_json: Json = False,
) -> None:
    """Show what is missing at a site, step by step; changes nothing."""
    from .plan import run

    code = run(
        directory,
        site,
        observed=observed,
        out=out,
        detailed_exitcode=detailed_exitcode,
        markdown=markdown,
        as_json=as_json,
    )
    raise typer.Exit(code)


@app.command(epilog="Example: reconcile observe --site summit --out summit.json")
def observe(
    out: Annotated[Path, typer.Option(help="The file to write; the same contents give the same bytes.")],
    directory: Directory = HERE,
    site: SiteName = None,
    as_json: Json = False,
) -> None:
    """Write what a site holds into a file, from which `plan --observed` plans without access; changes nothing."""
    from .observe import run

    raise typer.Exit(run(directory, site, out=out, as_json=as_json))


@app.command(epilog="Examples: reconcile apply --site summit; reconcile apply summit.plan --auto-approve")
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
    from .apply import run

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


@app.command(epilog="Example: reconcile show LSSTComCam/calib/DM-48520/DP1/bias.20250207a")
def show(
    name: Annotated[str, typer.Argument(help="A collection, a ticket, or a saved plan's file.")],
    directory: Directory = HERE,
    site: SiteName = None,
    as_json: Json = False,
) -> None:
    """Show what a site holds under a name: chain, certifications, claim or seal; or a saved plan."""
    from .show import run

    raise typer.Exit(run(name, directory, site, as_json=as_json))


@app.command(epilog="Example: reconcile status --site usdf || mail -s drift calibrators")
def status(directory: Directory = HERE, site: SiteName = None, as_json: Json = False) -> None:
    """Say for each document whether a site is in sync with it: exit 0, 2 if not, 11 if unknown."""
    from .status import run

    raise typer.Exit(run(directory, site, as_json=as_json))


@app.command(
    epilog="Examples: reconcile explain --type flat --exposure 2024120700307 --detector 4; "
    "reconcile explain --type bias --data-id instrument=LSSTComCam,detector=4 --at-time 2024-12-07T00:00:00 --at HEAD~3"
)
def explain(
    dataset_type: Annotated[str, typer.Option("--type", help="The dataset type, such as flat.")],
    exposure: ExposureNumber = None,
    detector: DetectorNumber = None,
    data_id: DataId = None,
    at_time: AtTime = None,
    chain: ChainName = None,
    instrument: InstrumentName = None,
    directory: Directory = HERE,
    site: SiteName = None,
    at: Annotated[str | None, typer.Option("--at", help="As the specs of this commit ask, not as it is.")] = None,
    as_json: Json = False,
) -> None:
    """Say which calibration an exposure gets, where it comes from, and why the others lose: exit 1 if it gets none."""
    from .explain import run
    from .question import Asked

    asked = Asked(dataset_type, exposure, detector, data_id, at_time, chain, instrument)
    raise typer.Exit(run(asked, directory, site, at=at, as_json=as_json))


@app.command(epilog="Example: reconcile bisect --type flat --exposure 2024120700307 --detector 4 --good v1.0")
def bisect(
    dataset_type: Annotated[str, typer.Option("--type", help="The dataset type, such as flat.")],
    good: Annotated[str, typer.Option(help="A commit of this branch where the answer was another one.")],
    bad: Annotated[str, typer.Option(help="A later commit.")] = "HEAD",
    exposure: ExposureNumber = None,
    detector: DetectorNumber = None,
    data_id: DataId = None,
    at_time: AtTime = None,
    chain: ChainName = None,
    instrument: InstrumentName = None,
    directory: Directory = HERE,
    site: SiteName = None,
    as_json: Json = False,
) -> None:
    """Find the commit at which the calibration that specs want for an exposure changed; first parents only."""
    from .bisect import run
    from .question import Asked

    asked = Asked(dataset_type, exposure, detector, data_id, at_time, chain, instrument)
    raise typer.Exit(run(asked, directory, site, good=good, bad=bad, as_json=as_json))


@app.command(
    epilog="Examples: reconcile timeline --out calib.html; reconcile timeline --plan --type flat --out flat.png; "
    "reconcile timeline --desired"
)
def timeline(
    chain: ChainName = None,
    types: Annotated[list[str] | None, typer.Option("--type", help="Only this dataset type; may be repeated.")] = None,
    directory: Directory = HERE,
    site: SiteName = None,
    observed: Observed = None,
    desired: Annotated[bool, typer.Option("--desired", help="As specs ask; no repository is opened.")] = False,
    planned: Annotated[bool, typer.Option("--plan", help="Before the plan, and after it.")] = False,
    out: Annotated[Path | None, typer.Option(help="Draw it: a .png, a .svg, or a .html page with tables.")] = None,
    as_json: Json = False,
) -> None:
    """Show what a chain gives when: a lane for each dataset type and filter, gaps, and what is certified in vain."""
    from .timeline import run
    from .views import Shown

    shown = Shown(chain, tuple(types or ()), desired=desired, plan=planned)
    raise typer.Exit(run(shown, directory, site, observed=observed, out=out, as_json=as_json))


@app.command(epilog="Example: reconcile cancel LSSTComCam/calib/DM-48520/DP1/biasGen.20250207a")
def cancel(
    leaf: Annotated[str, typer.Argument(help="The generation whose job is to end.")],
    directory: Directory = HERE,
    site: SiteName = None,
    as_json: Json = False,
) -> None:
    """End the running job of a generation; what it made stays, and apply resumes it."""
    from .cancel import run

    raise typer.Exit(run(leaf, directory, site, as_json=as_json))


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
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code. No traceback leaves here for anything that a user can cause."""
    from .failures import reported

    command = typer.main.get_command(app)
    return reported(arguments, lambda: command.main(list(arguments), prog_name="reconcile", standalone_mode=False))
