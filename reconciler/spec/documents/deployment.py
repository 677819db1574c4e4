"""Where calibrations go besides the place that makes them: DMTN-222 section 3.5."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from .base import Model, Name, Numbers, RerunName, Scalar, Text


class Destination(Model):
    """What happens at one place that calibrations are deployed to."""

    protect: bool = False
    """Whether they are tagged there, so that automatic cleaning leaves them (DMTN-222 section 3.5.1)."""
    skip: Text | None = None
    """Why the place does without these calibrations."""


class Deployment(Model):
    """Where the calibrations of a document go, and the ticket that manages it."""

    ticket: Name
    repositories: Mapping[Name, Destination] = Field(default_factory=dict)
    """By place (`site/repository`)."""


class SmokeTest(Model):
    """What is processed at each place once the calibrations are in use there (DMTN-222 section 3.5)."""

    exposures: Numbers
    """One for each new validity range and filter."""
    rerun: RerunName
    overrides: dict[Name, Scalar] = Field(default_factory=dict)
    """Values for the submission's wrapper, as those of a product."""


class TriedDestination(Destination):
    """A place where exposures are processed to see that what was deployed is in use."""

    smoke_waived: Text | None = None
    """Why nothing is processed there, such as that it has no raws."""


class TriedDeployment(Deployment):
    """Where a calibration set goes, and what shows that it is in use there."""

    repositories: Mapping[Name, TriedDestination] = Field(default_factory=dict)
    smoke: SmokeTest | None = None
