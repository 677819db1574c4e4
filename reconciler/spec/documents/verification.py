"""By what an instrument's calibrations are judged: thresholds of tests, and the rule (DMTN-222 sections 3.2 and 3.4).

What is not said here is as the tests have it by themselves, which is as DMTN-101 has it.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from ..ranges import Ranges
from .base import Model, Name, Numbers, Text

RuleName = Literal["majority", "strict"]


class TestThreshold(Model):
    """What the values of a test must keep to, for some detectors or for all that no later entry names."""

    __test__ = False  # for pytest, which collects classes of this name

    at_least: float | None = None
    at_most: float | None = None
    detectors: Numbers = Field(default_factory=Ranges)
    """All, if none is named."""

    @model_validator(mode="after")
    def _bounds(self) -> TestThreshold:
        if self.at_least is None and self.at_most is None:
            raise ValueError("a threshold says at_least, at_most or both")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"nothing is at least {self.at_least:g} and at most {self.at_most:g}")
        return self


class Verification(Model):
    """Thresholds and rule of one instrument."""

    kind: Literal["Verification"]
    instrument: Name
    rule: RuleName = "majority"
    thresholds: dict[Name, dict[Name, tuple[TestThreshold, ...]]] = Field(default_factory=dict)
    """Product -> test -> thresholds, of which the last that speaks of a detector counts."""
    omitted: dict[Name, dict[Name, Text]] = Field(default_factory=dict)
    """Product -> test -> why the instrument does without it, such as a camera that reads no overscan."""
    focal_plane: Name | None = None
    """File that tells where detectors and amplifiers lie, for reports; relative to this document, in `curated/`."""
