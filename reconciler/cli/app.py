"""The application that commands belong to, and the options that several of them have."""

from __future__ import annotations

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
MaxAge = Annotated[
    int, typer.Option("--max-age", min=1, metavar="HOURS", help="How old a signed snapshot may be, where it must be.")
]
HERE = Path()
MAX_AGE = 48
"""Hours: a snapshot of every night, and one night that failed."""
