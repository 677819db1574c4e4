"""Commands that tell what science gets, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..app import (
    HERE,
    MAX_AGE,
    AtTime,
    ChainName,
    DataId,
    DetectorNumber,
    Directory,
    ExposureNumber,
    InstrumentName,
    Json,
    MaxAge,
    Observed,
    SiteName,
)

commands = typer.Typer()


@commands.command(
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
    from ..explain import run
    from ..question import Asked

    asked = Asked(dataset_type, exposure, detector, data_id, at_time, chain, instrument)
    raise typer.Exit(run(asked, directory, site, at=at, as_json=as_json))


@commands.command(epilog="Example: reconcile bisect --type flat --exposure 2024120700307 --detector 4 --good v1.0")
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
    from ..bisect import run
    from ..question import Asked

    asked = Asked(dataset_type, exposure, detector, data_id, at_time, chain, instrument)
    raise typer.Exit(run(asked, directory, site, good=good, bad=bad, as_json=as_json))


@commands.command(
    epilog="Examples: reconcile timeline --out calib.html; reconcile timeline --plan --type flat --out flat.png; "
    "reconcile timeline --desired"
)
def timeline(
    chain: ChainName = None,
    types: Annotated[list[str] | None, typer.Option("--type", help="Only this dataset type; may be repeated.")] = None,
    directory: Directory = HERE,
    site: SiteName = None,
    observed: Observed = None,
    max_age: MaxAge = MAX_AGE,
    desired: Annotated[bool, typer.Option("--desired", help="As specs ask; no repository is opened.")] = False,
    planned: Annotated[bool, typer.Option("--plan", help="Before the plan, and after it.")] = False,
    out: Annotated[Path | None, typer.Option(help="Draw it: a .png, a .svg, or a .html page with tables.")] = None,
    as_json: Json = False,
) -> None:
    """Show what a chain gives when: a lane for each dataset type and filter, gaps, and what is certified in vain."""
    from ..timeline import run
    from ..views import Shown

    shown = Shown(chain, tuple(types or ()), desired=desired, plan=planned)
    raise typer.Exit(run(shown, directory, site, observed=observed, max_age=max_age, out=out, as_json=as_json))
