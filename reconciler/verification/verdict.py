"""What came of the tests: for every test and place, then for the test by the rule, then for the calibration.

A *place* is an amplifier, a detector or the whole focal plane, whatever the test judges. Two rules are known:

    majority   the practice of the observatory: a test fails if more than half of the exposures do; an exposure does if
               as many places fail as there are half of the amplifiers in more than half of the detectors
    strict     a test fails if it fails anywhere; what is not tested anywhere leaves it untested

What the board accepts, by name, is set apart before the rule is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .criteria import Acceptance, Criteria, Rule, Threshold
from .measures import Measures
from .results import Results
from .test import Test

Word: TypeAlias = Literal["passed", "accepted", "not tested", "failed"]
_RANK: dict[Word, int] = {"passed": 0, "accepted": 1, "not tested": 2, "failed": 3}


def worst(outcomes: Iterable[Word]) -> Word:
    """Return the worst of some outcomes; of none, nothing was tested."""
    return max(outcomes, key=_RANK.__getitem__, default="not tested")


@dataclass(frozen=True, eq=False, slots=True)
class Places:
    """What a test found at each place, in order of detector and amplifier; arrays of one length.

    Attributes
    ----------
    tested, failed, untested
        Numbers of exposures; `failed` are among those `tested`.
    typical
        Median of the values; NaN where none was tested.
    worst
        The value that goes farthest beyond the bound, or comes nearest to it.
    accepted
        Whether the board accepts that the test fails there.
    """

    detector: NDArray[np.int64]
    amplifier: NDArray[np.str_]
    tested: NDArray[np.int64]
    failed: NDArray[np.int64]
    untested: NDArray[np.int64]
    typical: NDArray[np.float64]
    worst: NDArray[np.float64]
    accepted: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.detector)


@dataclass(frozen=True, eq=False, slots=True)
class TestVerdict:
    """One test: where it stands at every place, and what the rule makes of it.

    `exposures` are all that were judged, `failing` those that the rule counts against the test.
    """

    __test__ = False  # for pytest, which collects classes of this name

    test: Test
    thresholds: tuple[Threshold, ...]
    places: Places
    exposures: tuple[int, ...]
    failing: tuple[int, ...]
    outcome: Word
    reasons: tuple[str, ...] = ()
    """Why the board accepts it, if it does."""


@dataclass(frozen=True, eq=False, slots=True)
class Verdict:
    """One calibration: what was examined, and what came of it.

    Attributes
    ----------
    subject
        Name of the instance: `bias`, `flat-u`.
    leaf
        The collection that holds the evidence.
    """

    subject: str
    leaf: str
    rule: Rule
    tests: tuple[TestVerdict, ...]

    @property
    def outcome(self) -> Word:
        """The worst of the tests; without any, nothing was tested."""
        return worst(one.outcome for one in self.tests)


@dataclass(frozen=True, slots=True)
class Judge(Criteria):
    """Judges results by its criteria."""

    def verdict(self, subject: str, leaf: str, results: Results, tests: Iterable[Test]) -> Verdict:
        """Return what the tests say of one calibration; those that are left out say nothing."""
        return self.judged(subject, leaf, tests, lambda test: test.measure(results))

    def judged(self, subject: str, leaf: str, tests: Iterable[Test], measured: Callable[[Test], Measures]) -> Verdict:
        """Return what tests say of what they have measured, wherever that is kept."""
        asked = (test for test in tests if test.name not in self.omitted)
        return Verdict(subject, leaf, self.rule, tuple(self._test(subject, test, measured(test)) for test in asked))

    def _test(self, subject: str, test: Test, measures: Measures) -> TestVerdict:
        thresholds = _counting((Threshold(test.bound), *self.thresholds.get(test.name, ())))
        concerning = [one for one in self.acceptances if _concerns(one, test.name, subject)]
        beyond = excess(measures, thresholds)
        accepted = [_covers(one, measures) for one in concerning]
        excused = np.any(accepted, axis=0) if accepted else np.zeros(len(beyond), dtype=np.bool_)
        failed, untested = beyond > 0, np.isnan(beyond)
        exposures, failing, outcome = self._ruled(measures, failed & ~excused, untested & ~excused)
        used = [
            one.reason for one, there in zip(concerning, accepted, strict=True) if np.any(there & (failed | untested))
        ]
        if outcome == "passed" and used and self._ruled(measures, failed, untested)[2] != "passed":
            outcome = "accepted"
        places = _places(measures, beyond, excused)
        reasons = tuple(used) if outcome == "accepted" else ()
        return TestVerdict(test, thresholds, places, exposures, failing, outcome, reasons)

    def _ruled(
        self, measures: Measures, failed: NDArray[np.bool_], untested: NDArray[np.bool_]
    ) -> tuple[tuple[int, ...], tuple[int, ...], Word]:
        """Return the exposures, those that count against the test, and what the rule makes of it."""
        exposures, number = np.unique(measures.exposure, return_inverse=True)
        if not len(exposures):
            return (), (), "not tested"
        against = np.bincount(number, weights=failed, minlength=len(exposures))
        silent = np.bincount(number, weights=untested, minlength=len(exposures))
        enough, majority = (1, 1) if self.rule == "strict" else (_enough(measures), len(exposures) // 2 + 1)
        failing = exposures[against >= enough]
        outcome: Word = "passed"
        if len(failing) >= majority:
            outcome = "failed"
        elif np.count_nonzero(silent >= enough) >= majority:
            outcome = "not tested"
        return tuple(exposures.tolist()), tuple(failing.tolist()), outcome


def _enough(measures: Measures) -> int:
    """Return how many failing places make an exposure fail: half of the amplifiers in a majority of the detectors."""
    detectors = len(np.unique(measures.detector))
    places = len(np.unique(np.stack([measures.detector.astype(np.str_), measures.amplifier]), axis=1).T)
    per_detector = max(1, round(places / detectors) // 2)
    return per_detector * (detectors // 2 + 1)


def _counting(thresholds: tuple[Threshold, ...]) -> tuple[Threshold, ...]:
    """Return the thresholds without those that a later one for all detectors replaces."""
    general = [at for at, threshold in enumerate(thresholds) if threshold.detectors is None]
    return thresholds[general[-1] :]


def _concerns(acceptance: Acceptance, test: str, subject: str) -> bool:
    return acceptance.test == test and (acceptance.products is None or subject in acceptance.products)


def _covers(acceptance: Acceptance, measures: Measures) -> NDArray[np.bool_]:
    covered = np.ones(len(measures.value), dtype=np.bool_)
    if acceptance.detectors is not None:
        covered &= np.isin(measures.detector, sorted(acceptance.detectors))
    if acceptance.amplifiers is not None:
        covered &= np.isin(measures.amplifier, sorted(acceptance.amplifiers))
    return covered


def excess(measures: Measures, thresholds: Sequence[Threshold]) -> NDArray[np.float64]:
    """Return how far each value lies beyond the last threshold that speaks of its detector."""
    beyond = np.full(len(measures.value), np.nan)
    for threshold in thresholds:
        found = threshold.bound.excess(measures.value)
        spoken_of = threshold.detectors is None or np.isin(measures.detector, sorted(threshold.detectors))
        beyond = np.where(spoken_of, found, beyond)
    return beyond


def _places(measures: Measures, beyond: NDArray[np.float64], excused: NDArray[np.bool_]) -> Places:
    order = np.lexsort((np.nan_to_num(beyond, nan=-np.inf), measures.amplifier, measures.detector))
    detector, amplifier = measures.detector[order], measures.amplifier[order]
    value, beyond, excused = measures.value[order], beyond[order], excused[order]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (detector[1:] != detector[:-1]) | (amplifier[1:] != amplifier[:-1])
    first = np.flatnonzero(new)
    if not len(first):
        return Places(detector, amplifier, *(np.zeros(0, dtype=np.int64),) * 3, value, value, excused)
    untested = np.add.reduceat(np.isnan(beyond).astype(np.int64), first)
    size = np.diff([*first, len(order)])
    return Places(
        detector=detector[first],
        amplifier=amplifier[first],
        tested=size - untested,
        failed=np.add.reduceat((beyond > 0).astype(np.int64), first),
        untested=untested,
        typical=_medians(value, first, size, untested),
        worst=np.where(size > untested, value[first + size - 1], np.nan),
        accepted=np.logical_and.reduceat(excused, first),
    )


def _medians(
    value: NDArray[np.float64], first: NDArray[np.intp], size: NDArray[np.int64], untested: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the median of each group's numbers; untested values stand first in each group."""
    found = np.full(len(first), np.nan)
    for at, (begin, count, skipped) in enumerate(zip(first, size, untested, strict=True)):
        if count > skipped:
            found[at] = np.median(value[begin + skipped : begin + count])
    return found
