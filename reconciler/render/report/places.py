"""The places of a test in words: whose they are, how they stand, and which of them need to be looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from ...verification.verdict import Places, Word, worst
from ...words import count
from .judged import Judged
from .words import number

NEAREST = 10
"""How many places that keep their bound a page lists: those that keep it least."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place of one test; detector -1 is the focal plane as a whole."""

    detector: int
    name: str
    amplifier: str
    word: Word
    tested: int
    failed: int
    untested: int
    typical: float
    worst: float

    @property
    def title(self) -> str:
        """Return `detector 4 R22_S11, amplifier C03`."""
        if self.detector < 0:
            return "the focal plane as a whole"
        whole = f"detector {self.detector} {self.name}".rstrip()
        return f"{whole}, amplifier {self.amplifier}" if self.amplifier else whole

    @property
    def said(self) -> str:
        """Return how it stands: `failed in 3 of 20 exposures: 0.0632, worst 0.0811`."""
        if not self.tested:
            return "not tested"
        lacking = f"; not tested in {self.untested} more" if self.untested else ""
        said = f"{self.word}: {number(self.typical)}"
        if self.failed and self.tested > 1:
            said = f"{self.word} in {self.failed} of {count(self.tested, 'exposure')}: {number(self.typical)}"
        worst = f", worst {number(self.worst)}" if self.worst != self.typical else ""
        return f"{said}{worst}{lacking}"

    @property
    def partly(self) -> bool:
        """Whether it was tested in some exposures and not in others."""
        return bool(self.tested and self.untested)


@dataclass(frozen=True, slots=True)
class Row:
    """One detector in one test: its places taken together."""

    detector: int
    name: str
    word: Word
    failed: int
    places: int
    least: float
    median: float
    greatest: float


def places(test: Judged, names: Mapping[int, str]) -> tuple[Place, ...]:
    """Return all places of a test, in its order."""
    found = test.verdict.places
    words = word_by_place(found)
    columns = (
        found.detector.tolist(),
        found.amplifier.tolist(),
        words,
        found.tested.tolist(),
        found.failed.tolist(),
        found.untested.tolist(),
        found.typical.tolist(),
        found.worst.tolist(),
    )
    return tuple(Place(d, names.get(d, ""), *rest) for d, *rest in zip(*columns, strict=True))


def word_by_place(found: Places) -> list[Word]:
    """Return how every place stands by itself, whatever the rule makes of all of them."""
    return list(map(_word, found.tested.tolist(), found.failed.tolist(), found.accepted.tolist()))


def bad(found: tuple[Place, ...]) -> tuple[Place, ...]:
    """Return the places that failed and are not accepted."""
    return tuple(place for place in found if place.word == "failed")


def counted(found: tuple[Place, ...]) -> str:
    """Return `3 of 144 places failed, 2 accepted, 1 not tested`."""
    return ", ".join(_counts(found)) or (f"all {len(found)} passed" if found else "nothing was tested")


def nearest(test: Judged, found: tuple[Place, ...]) -> tuple[Place, ...]:
    """Return the places that keep their bound, those first that come nearest to it."""
    worst = test.verdict.places
    beyond = test.farthest(worst.detector, worst.worst)
    order = [at for at in np.argsort(-beyond, kind="stable").tolist() if found[at].word == "passed"]
    return tuple(found[at] for at in order[:NEAREST])


def by_detector(found: tuple[Place, ...]) -> Iterator[Row]:
    """Yield a row for each detector, in order."""
    for detector, group in groupby((place for place in found if place.detector >= 0), key=lambda place: place.detector):
        here = tuple(group)
        typical = np.array([place.typical for place in here])
        typical = typical[np.isfinite(typical)]
        least, median, greatest = np.percentile(typical, (0, 50, 100)).tolist() if len(typical) else (np.nan,) * 3
        word = worst(place.word for place in here)
        yield Row(detector, here[0].name, word, len(bad(here)), len(here), least, median, greatest)


def _word(tested: int, failed: int, accepted: bool) -> Word:
    if failed:
        return "accepted" if accepted else "failed"
    return "passed" if tested else "not tested"


def _counts(found: tuple[Place, ...]) -> Iterator[str]:
    words = [place.word for place in found]
    for word in ("failed", "accepted", "not tested"):
        if number_of := words.count(word):
            yield f"{number_of} {word}"
    if partly := sum(place.partly for place in found):
        yield f"{partly} not tested in some exposures"
