"""Versions of packages: as the RUN recorded them, and nothing where none were recorded."""

from __future__ import annotations

import pytest

from reconciler.errors import ReconcileError
from tests.contract.hands import EVERYTHING, ButlerHands, Hands

RUN = "Cam/calib/DM-1/biasGen.20250207a/20250208T000000Z"
RECORDED = {"numpy": "2.4.6", "python": "3.11.7 (main, May 9 2026) [GCC 12.2.0]"}


def test_a_run_tells_what_it_recorded(hands: Hands) -> None:
    hands.record_versions(RUN, RECORDED)
    assert hands.repository.versions(RUN) == RECORDED
    assert hands.again().versions(RUN) == RECORDED


def test_where_nothing_was_recorded_there_is_nothing(hands: Hands) -> None:
    assert hands.repository.versions("nowhere") == {}
    hands.dataset(RUN, 3)
    assert hands.repository.versions(RUN) == {}
    hands.record_versions(RUN, RECORDED)
    assert hands.repository.versions("nowhere") == {}


def test_certified_calibrations_are_seen_as_before(hands: Hands) -> None:
    hands.collection("certified", "CALIBRATION")
    hands.certify("certified", hands.dataset(RUN, 3), 3)
    before = hands.repository.observe(EVERYTHING).certifications
    hands.record_versions(RUN, RECORDED)
    assert hands.repository.versions(RUN) == RECORDED
    assert hands.repository.observe(EVERYTHING).certifications == before


def test_damaged_versions_are_named(butler_hands: ButlerHands) -> None:
    butler_hands.record_versions(RUN, RECORDED)
    (path,) = butler_hands.root.rglob("packages*.yaml")
    path.write_text("]")
    with pytest.raises(ReconcileError, match=RUN):
        butler_hands.repository.versions(RUN)
