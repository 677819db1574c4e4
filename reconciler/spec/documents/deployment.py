"""Where calibrations go besides the place that makes them: DMTN-222 section 3.5."""

from __future__ import annotations

from pydantic import Field

from .base import Model, Name, Text


class Destination(Model):
    """What happens at one place that calibrations are deployed to."""

    protect: bool = False
    """Whether they are tagged there, so that automatic cleaning leaves them (DMTN-222 section 3.5.1)."""
    skip: Text | None = None
    """Why the place does without these calibrations."""


class Deployment(Model):
    """Where the calibrations of a document go, and the ticket that manages it."""

    ticket: Name
    repositories: dict[Name, Destination] = Field(default_factory=dict)
    """By place (`site/repository`)."""
