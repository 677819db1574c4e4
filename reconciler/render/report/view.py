"""A report as its pages need it: calibrations with their tests, each with a file of its own, places and a drawing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isnan

from ...verification.verdict import Word, worst
from ...words import count
from . import words
from .focal import Map, focal_map
from .judged import Judged, judged
from .layout import Layout, layout
from .places import Place, Row, bad, by_detector, counted, nearest, places
from .trend import Moment, moments
from .value import Examined, Report


@dataclass(frozen=True, eq=False, slots=True)
class Sheet:
    """One test of one calibration.

    Attributes
    ----------
    file
        Where its page lies, in the folder of the calibration.
    map
        None for a test of the focal plane as a whole.
    """

    test: Judged
    file: str
    places: tuple[Place, ...]
    map: Map | None
    moments: tuple[Moment, ...]

    @property
    def outcome(self) -> Word:
        """What the rule makes of the test."""
        return self.test.verdict.outcome

    @property
    def bad(self) -> tuple[Place, ...]:
        """The places that failed and are not accepted."""
        return bad(self.places)

    @property
    def troubled(self) -> bool:
        """Whether there is a place that did not pass."""
        return any(place.word != "passed" for place in self.places)

    @property
    def accepted(self) -> tuple[Place, ...]:
        """The places whose failure is accepted."""
        return tuple(place for place in self.places if place.word == "accepted")

    @property
    def nearest(self) -> tuple[Place, ...]:
        """The places that keep their bound least."""
        return nearest(self.test, self.places)

    @property
    def counted(self) -> str:
        """How many places failed, are accepted or were not tested."""
        return counted(self.places)

    @property
    def holds(self) -> str:
        """From when to when the test holds, as far as exposures with dates say."""
        dated = [one for one in self.moments if not isnan(one.mjd)]
        failing = [one for one in dated if one.exposure in self.test.verdict.failing]
        if not failing:
            return f"It holds in every exposure, {words.span([one.mjd for one in dated])}."
        kept = [one.mjd for one in dated if one not in failing]
        told = f"It does not hold in {len(failing)} of {count(len(dated), 'exposure')}"
        told = f"{told}, {words.span([one.mjd for one in failing])}"
        return f"{told}; it holds in the others, {words.span(kept)}." if kept else f"{told}."

    @property
    def bound(self) -> str:
        """The bounds in words: `at most 0.05; at most 0.1 for detector 3`."""
        return "; ".join(map(words.threshold, self.test.verdict.thresholds))

    def anchor(self, amplifier: str) -> str:
        """Return the identifier of an amplifier's row, or of the detector's as a whole, in the page of its detector."""
        return f"{self.file.removesuffix('.html')}-{words.file_name(amplifier)}"

    def address(self, place: Place) -> str:
        """Return where a place is told of, as seen from the folder of its calibration."""
        return f"{page_of(place.detector)}#{self.anchor(place.amplifier)}" if place.detector >= 0 else self.file

    @property
    def by_detector(self) -> tuple[Row, ...]:
        """A summary of each detector that was judged."""
        return tuple(by_detector(self.places))

    @property
    def of_exposures(self) -> bool:
        """Whether exposures were judged, and not the calibration by itself."""
        return self.test.verdict.exposures not in ((), (0,))


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
        Product(one, folder, tuple(_sheet(test, file, names, where) for test, file in _named(tests)))
        for one, tests, folder in zip(report.examined, found, _apart([e.subject for e in report.examined]), strict=True)
    )
    return View(report, where, products, names)


def page_of(detector: int) -> str:
    """Return the file of a detector, in the folder of a calibration."""
    return f"detector-{detector:03d}.html"


def _sheet(test: Judged, file: str, names: Mapping[int, str], where: Layout | None) -> Sheet:
    found = places(test, names)
    drawn = focal_map(file, found, where) if where else None
    return Sheet(test, f"{file}.html", found, drawn, moments(test))


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
