"""A site: its repositories, the engine that runs pipelines there, and what a release means there."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from .base import Model, Name, Scalar, Text


class SiteRepository(Model):
    """One Butler repository of the site."""

    butler: Text
    """Path (relative to the root of the git repository) or URI."""
    instruments: tuple[Name, ...] = Field(min_length=1)
    protect: bool = False
    """Whether everything that is deployed here is tagged, since files are cleaned away (DMTN-222 section 3.5.1)."""


class Engine(Model):
    """What runs the pipelines."""

    kind: Literal["pipetask", "bps"] = "pipetask"
    processes: int = Field(default=1, ge=1)
    wms_class: Name | None = None
    """The workflow plug-in of ctrl_bps, such as `lsst.ctrl.bps.parsl.ParslService`."""
    compute_site: Name | None = None
    config: Text | None = None
    """A bps configuration that every submission of the site includes, relative to the git root."""
    settings: dict[Name, Scalar] = Field(default_factory=dict)


class SiteRelease(Model):
    """What a release means at the site: the environment of its jobs, and versions that they must record."""

    environment: dict[Name, Text] = Field(default_factory=dict)
    packages: dict[Name, Text] = Field(default_factory=dict)
    """Package -> version, or a pattern for it such as `30.2026.*`; the names are those of Butler's `packages`.

    What was made with another version, or does not say with which, is not adopted.
    """


class Influx(Model):
    """A database of InfluxDB, which dashboards such as Chronograf read."""

    url: Annotated[str, StringConstraints(pattern=r"^https?://[!-~]+$")]
    database: Name
    """Its database; of InfluxDB 2, the bucket that is mapped to it."""
    token: Name | None = None
    """The environment variable that holds the token, `USER:PASSWORD` for InfluxDB 1; none if nobody is asked."""


class Site(Model):
    """One place where calibrations are built or used."""

    kind: Literal["Site"]
    site: Name
    trust: Literal["none", "required"] = "required"
    work: Text = ".reconcile"
    """Directory of submissions and journal, relative to the git root."""
    repositories: dict[Name, SiteRepository] = Field(min_length=1)
    archive: Text | None = None
    """The archive that sites receive calibrations through: a directory, relative to the git root, or a URI."""
    engine: Engine = Engine()
    releases: dict[Name, SiteRelease] = Field(default_factory=dict)
    reports: Text | None = None
    """Directory into which `apply` writes the report of each ticket that it has verified, relative to the git root."""
    series: Text = "series"
    """Directory of what `daily` measured, day by day, relative to the git root."""
    influx: Influx | None = None
    """Where the same is written too."""
