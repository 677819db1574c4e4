"""What a RUN was made with: as an engine recorded it, or nothing."""

from __future__ import annotations

import pytest

from reconciler.errors import ReconcileError
from tests.contract.hands import EVERYTHING, ButlerHands, Hands

RUN, OTHER = "Cam/calib/DM-1/biasGen.20250207a/20250208T000000Z", "Cam/calib/DM-1/darkGen.20250207a/20250208T000001Z"
PACKAGES = {"pipe_base": "30.2026.500", "python": "3.11.7"}


def test_the_versions_of_a_run_are_those_that_were_recorded_there(hands: Hands) -> None:
    hands.record_versions(RUN, PACKAGES)
    hands.record_versions(OTHER, {**PACKAGES, "python": "3.12.1"})
    assert hands.repository.versions((RUN,)) == {RUN: PACKAGES}
    assert hands.again().versions((OTHER, RUN)) == {RUN: PACKAGES, OTHER: {**PACKAGES, "python": "3.12.1"}}


def test_of_a_run_that_records_nothing_nothing_is_known(hands: Hands) -> None:
    assert hands.repository.versions((RUN,)) == {}
    hands.dataset(RUN, 3)
    assert hands.repository.versions((RUN,)) == {}
    hands.record_versions(OTHER, PACKAGES)
    assert hands.repository.versions((RUN, OTHER)) == {OTHER: PACKAGES}


@pytest.mark.parametrize("content", [b"\x80\x04K\x01.", b"a: 1\n", b"{", b""])
def test_a_damaged_record_is_named(butler_hands: ButlerHands, content: bytes) -> None:
    butler_hands.record_versions(RUN, PACKAGES)
    (path,) = butler_hands.root.rglob("packages*.yaml")
    path.write_bytes(content)
    with pytest.raises(ReconcileError, match=rf"{path.name} is damaged"):
        butler_hands.repository.versions((RUN,))


def test_certified_calibrations_are_seen_as_before(hands: Hands) -> None:
    hands.collection("certified", "CALIBRATION")
    hands.certify("certified", hands.dataset(RUN, 3), 3)
    before = hands.repository.observe(EVERYTHING).certifications
    hands.record_versions(RUN, PACKAGES)
    assert hands.repository.versions((RUN,)) == {RUN: PACKAGES}
    assert hands.repository.observe(EVERYTHING).certifications == before
