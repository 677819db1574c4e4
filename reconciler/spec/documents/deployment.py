"""Where calibrations go besides the place that makes them: DMTN-222 section 3.5."""

from __future__ import annotations

from pydantic import Field

from .base import Model, Name, Numbers, RerunName, Scalar, Text


class SmokeTest(Model):
    """What is processed at each place once the calibrations are in use there (DMTN-222 section 3.5)."""

    exposures: Numbers
    """One for each new validity range and filter."""
    rerun: RerunName
    overrides: dict[Name, Scalar] = Field(default_factory=dict)
    """Values for the submission's wrapper, as those of a product."""


class Destination(Model):
    """What happens at one place that calibrations are deployed to."""

    protect: bool = False
    """Whether they are tagged there, so that automatic cleaning leaves them (DMTN-222 section 3.5.1)."""
    skip: Text | None = None
    """Why the place does without these calibrations."""
    smoke_waived: Text | None = None
    """Why nothing is processed there to see that they are in use, such as that it has no raws."""


class Deployment(Model):
    """Where the calibrations of a document go, and the ticket that manages it."""

    ticket: Name
    repositories: dict[Name, Destination] = Field(default_factory=dict)
    """By place (`site/repository`)."""
    smoke: SmokeTest | None = None
