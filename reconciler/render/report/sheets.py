"""One test as its pages need it: a file of its own, its places in words, and a drawing of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan

from ...verification.verdict import Word
from ...words import count
from . import words
from .focal import Map, focal_map
from .judged import Judged
from .layout import Layout
from .places import Place, Row, bad, by_detector, counted, nearest, places
from .trend import Moment, moments


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
        return any(place.word != "passed" or place.untested for place in self.places)

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


def sheet(test: Judged, name: str, names: Mapping[int, str], where: Layout | None) -> Sheet:
    """Return the sheet of a test; `name` is its own among the files of its calibration."""
    found = places(test, names)
    return Sheet(test, f"{name}.html", found, focal_map(name, found, where) if where else None, moments(test))


def page_of(detector: int) -> str:
    """Return the file of a detector, in the folder of a calibration."""
    return f"detector-{detector:03d}.html"
