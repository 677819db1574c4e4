"""By what is judged: the rule, the thresholds, and what the board accepts. Plain values, without numpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .bound import Bound

Rule: TypeAlias = Literal["majority", "strict"]


@dataclass(frozen=True, slots=True)
class Threshold:
    """A bound of a test; for these detectors only, if any are named."""

    bound: Bound
    detectors: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A failure that the board accepts, and why. What is not narrowed holds for all."""

    test: str
    reason: str
    products: frozenset[str] | None = None
    """Names of instances: `bias`, `flat-u`."""
    detectors: frozenset[int] | None = None
    amplifiers: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Criteria:
    """By what one calibration is judged.

    `thresholds` maps test -> thresholds, of which the last that speaks of a detector counts; without any, the test's
    own default does.
    """

    rule: Rule = "majority"
    thresholds: Mapping[str, tuple[Threshold, ...]] = field(default_factory=dict)
    acceptances: tuple[Acceptance, ...] = ()
    omitted: Mapping[str, str] = field(default_factory=dict)
    """Test -> why it is left out."""
