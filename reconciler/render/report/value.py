"""What a report tells: plain values and arrays, put together by whoever has read the repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from ...verification.criteria import Acceptance
from ...verification.results import Results
from ...verification.verdict import Verdict, Word, worst

Section: TypeAlias = tuple[str, tuple[str, ...]]
"""A heading and its lines, as `render.effect.sections` yields them."""


@dataclass(frozen=True, slots=True)
class Title:
    """What the report is about, and where it was found."""

    instrument: str
    ticket: str
    tag: str
    purpose: str
    release: str
    rerun: str
    place: str
    """The repository that holds the evidence."""
    commit: str
    """The commit of the specs; empty if they are not committed."""


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle: lower left corner, width and height; y grows upwards."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Detector:
    """One detector in the focal plane.

    Attributes
    ----------
    box
        In the focal plane; any unit that is the same for all detectors.
    amplifiers
        Name -> box as fractions of the detector's box, which is (0, 0, 1, 1). Empty if nobody knows.
    """

    number: int
    name: str
    box: Box
    amplifiers: Mapping[str, Box] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Construction:
    """How one leaf came about: the record that DMTN-222 section 3 asks for.

    Attributes
    ----------
    facts
        Pairs of a name and a text in the order to be told: precursors, template, versions, times.
    commands
        Lines for a shell, as they were run.
    """

    leaf: str
    run: str
    exposures: tuple[int, ...]
    facts: tuple[tuple[str, str], ...] = ()
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a product or a residual mosaic: a PNG image, or where one lies."""

    name: str
    caption: str
    png: bytes | Path


@dataclass(frozen=True, eq=False, slots=True)
class InUse:
    """The calibration that gives way to the examined one, and what the same tests say of it.

    Attributes
    ----------
    name
        What people know it by: its ticket or its leaf.
    """

    name: str
    verdict: Verdict
    results: Results


@dataclass(frozen=True, eq=False, slots=True)
class Examined:
    """One calibration with its evidence.

    Attributes
    ----------
    results
        The table that the verdict judged.
    """

    verdict: Verdict
    results: Results
    construction: Construction | None = None
    verification: Construction | None = None
    """How the evidence itself came about."""
    in_use: InUse | None = None
    pictures: tuple[Picture, ...] = ()

    @property
    def subject(self) -> str:
        """Name of the instance: `bias`, `flat-u`."""
        return self.verdict.subject


@dataclass(frozen=True, eq=False, slots=True)
class Report:
    """All that a board decides on.

    Attributes
    ----------
    focal_plane
        Empty if nobody knows: detectors are then laid out in order of their numbers.
    effect
        What a link of the set would change for science; empty if nobody has worked it out.
    acceptances
        The failures that the board accepts, also those that nothing needs.
    warnings
        Sentences: construction exposures that were not examined, too few frames, saturated flats.
    requested
        Further processing that the board has asked for.
    """

    title: Title
    examined: tuple[Examined, ...]
    focal_plane: tuple[Detector, ...] = ()
    effect: tuple[Section, ...] = ()
    acceptances: tuple[Acceptance, ...] = ()
    warnings: tuple[str, ...] = ()
    requested: tuple[str, ...] = ()
    further: tuple[Construction, ...] = ()
    """How the set's products came about that are not examined themselves: bootstraps."""

    def __post_init__(self) -> None:
        subjects = [one.subject for one in self.examined]
        if len(set(subjects)) < len(subjects):
            raise ValueError(f"a calibration is reported once, not again: {', '.join(subjects)}")

    @property
    def outcome(self) -> Word:
        """The worst of the verdicts."""
        return worst(one.verdict.outcome for one in self.examined)
