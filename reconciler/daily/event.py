"""What came of a day, as values for programs: each fits on one line, and the same findings give the same line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..spec.ranges import ranges
from ..validity import in_utc, show
from ..verification.verdict import Places, TestVerdict, Verdict
from ..verification.words import bound_of, failing, stands_out
from .streak import Streak
from .uses import Use


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about."""

    instrument: str
    place: str
    day: int
    product: str

    def event(self, name: str, **more: Any) -> dict[str, Any]:
        """Return an event of this subject."""
        whose = {"instrument": self.instrument, "repository": self.place, "day_obs": self.day, "product": self.product}
        return {"event": name, **whose, **more}


def verified(subject: Subject, verdict: Verdict, leaves: tuple[str, ...], uses: tuple[Use, ...]) -> dict[str, Any]:
    """Return how a product stands on a day."""
    exposures = ranges(exposure for one in verdict.tests for exposure in one.exposures if exposure)
    return subject.event(
        "verified",
        outcome=verdict.outcome,
        tests={one.test.name: one.outcome for one in verdict.tests},
        exposures=len(exposures),
        collections=list(leaves),
        calibrations=_calibrations(uses),
    )


def failures(subject: Subject, verdict: Verdict, uses: tuple[Use, ...]) -> Iterator[dict[str, Any]]:
    """Yield an event for each test that failed."""
    for one in verdict.tests:
        if one.outcome == "failed":
            yield subject.event(
                "test failed",
                test=one.test.name,
                says=one.test.says,
                places=_places(one),
                worst=stands_out(one.places, failing(one.places)),
                bound=bound_of(one),
                exposures=list(one.failing),
                of_exposures=len(one.exposures),
                calibrations=_calibrations(uses),
            )


def replacement(subject: Subject, found: Streak, uses: tuple[Use, ...]) -> dict[str, Any]:
    """Return the proposal to people; its end counts only together with the begin of a successor."""
    instant = {"tai": show(found.begin), "utc": in_utc(found.begin)}
    return subject.event(
        "replacement needed",
        since=instant,
        failing=list(found.days),
        without_data=list(found.silent),
        last_passed=found.kept,
        detectors=str(found.detectors) or None,
        calibrations=_calibrations(uses),
        proposal={"successor_begins": instant["tai"], "this_ends": instant["tai"], "only_together": True},
    )


def _places(one: TestVerdict) -> list[dict[str, Any]]:
    """Return the places that fail, by detector; -1 is the focal plane as a whole."""
    amplifiers: defaultdict[int, list[str]] = defaultdict(list)
    places: Places = one.places
    where = failing(places)
    for detector, name in zip(places.detector[where].tolist(), places.amplifier[where].tolist(), strict=True):
        amplifiers[detector] += [name] if name else []
    return [{"detector": detector, "amplifiers": names} for detector, names in amplifiers.items()]


def _calibrations(uses: tuple[Use, ...]) -> list[Mapping[str, Any]]:
    return [
        {
            "detectors": str(use.detectors),
            "ticket": use.ticket,
            "leaf": use.source.name if use.source and use.source.kind == "gen" else None,
            "uuid": use.source.name if use.source and use.source.kind == "uuid" else None,
            "collection": use.collection,
            "in_use": use.given,
        }
        for use in uses
    ]
