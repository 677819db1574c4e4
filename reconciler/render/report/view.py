"""A report as its pages need it: calibrations with their tests, each with a file of its own, places and a drawing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from ...verification.verdict import Word, worst
from . import words
from .judged import Judged, judged
from .layout import Layout, layout
from .places import Place
from .sheets import Sheet, sheet
from .value import Examined, Report


@dataclass(frozen=True, eq=False, slots=True)
class Product:
    """One calibration, and the folder of its pages."""

    examined: Examined
    folder: str
    sheets: tuple[Sheet, ...]

    @property
    def subject(self) -> str:
        """Name of the instance."""
        return self.examined.subject

    @property
    def outcome(self) -> Word:
        """The worst of its tests."""
        return self.examined.verdict.outcome

    @property
    def passes(self) -> bool:
        """Whether every place passed every test in every exposure."""
        return not any(sheet.troubled for sheet in self.sheets)

    @property
    def exposures(self) -> tuple[int, ...]:
        """All that any of its tests judged."""
        found = {number for sheet in self.sheets for number in sheet.test.verdict.exposures}
        return tuple(sorted(found - {0}))

    @property
    def constructed_from(self) -> frozenset[int]:
        """The exposures that the calibration was made of; empty if nobody says."""
        made = self.examined.construction
        return frozenset(made.exposures if made else ())

    @property
    def unexamined(self) -> tuple[int, ...]:
        """Exposures that the calibration was made of, and that none of its tests has judged."""
        return tuple(sorted(self.constructed_from - set(self.exposures))) if self.exposures else ()

    @property
    def detectors(self) -> tuple[int, ...]:
        """All that any of its tests judged."""
        return tuple(sorted({place.detector for sheet in self.sheets for place in sheet.places} - {-1}))

    @property
    def troubled(self) -> dict[int, Word]:
        """The worst of each detector that some test did not pass."""
        found = sorted(self.marked, key=lambda place: place.detector)
        groups = groupby(found, key=lambda place: place.detector)
        return {detector: worst(place.word for place in group) for detector, group in groups}

    @property
    def marked(self) -> tuple[Place, ...]:
        """The places that some test did not pass, each once, with the worst that befell it."""
        rank = {"failed": 0, "accepted": 1, "not tested": 2}
        found = [place for sheet in self.sheets for place in sheet.places if place.word in rank and place.detector >= 0]
        by_place = {(one.detector, one.amplifier): one for one in sorted(found, key=lambda one: -rank[one.word])}
        return tuple(by_place[key] for key in sorted(by_place))


@dataclass(frozen=True, eq=False, slots=True)
class View:
    """The whole report."""

    report: Report
    layout: Layout | None
    """None if no detector was judged."""
    products: tuple[Product, ...]
    names: Mapping[int, str]
    most_listed: int = 20
    """How many places of a test the front page lists."""

    def name(self, detector: int) -> str:
        """Return `4 R22_S11`, or the number alone."""
        return f"{detector} {self.names.get(detector, '')}".rstrip()


def view(report: Report) -> View:
    """Work out all that the pages show."""
    names = {one.number: one.name for one in report.focal_plane}
    found = [judged(one) for one in report.examined]
    amplifiers = _amplifiers([test for tests in found for test in tests])
    where = layout(report.focal_plane, amplifiers) if amplifiers else None
    products = tuple(
        Product(one, folder, tuple(sheet(test, file, names, where) for test, file in _named(tests)))
        for one, tests, folder in zip(report.examined, found, _apart([e.subject for e in report.examined]), strict=True)
    )
    return View(report, where, products, names)


def _named(tests: Sequence[Judged]) -> list[tuple[Judged, str]]:
    return list(zip(tests, _apart([test.name for test in tests]), strict=True))


def _apart(names: Sequence[str]) -> list[str]:
    """Return names fit for files that differ from each other also where case does not count."""
    used: set[str] = set()
    found = []
    for name in map(words.file_name, names):
        free = next(
            one for one in (name, *(f"{name}_{n}" for n in range(2, len(names) + 2))) if one.lower() not in used
        )
        used.add(free.lower())
        found.append(free)
    return found


def _amplifiers(tests: Sequence[Judged]) -> dict[int, tuple[str, ...]]:
    """Return the amplifiers that any test has judged, by detector."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    for test in tests:
        places = test.verdict.places
        for number, name in zip(places.detector.tolist(), places.amplifier.tolist(), strict=True):
            if number >= 0:
                found[number].update([name] if name else [])
    return {number: tuple(sorted(names)) for number, names in sorted(found.items())}
