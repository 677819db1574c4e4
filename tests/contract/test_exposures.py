"""What an effect is told from: the exposures of some time, to the instant, and the types that collections hold."""

from __future__ import annotations

import pytest

from reconciler.holdings import Exposure, Taken
from reconciler.validity import ALWAYS, BEGINNING, END, Validity
from tests.contract.hands import NIGHT, RAW_DETECTORS, ButlerHands, Hands, MemoryHands, add_exposures

DAY = 20241207
MINUTE = 60_000_000_000


def number(minute: int) -> int:
    return DAY * 100_000 + minute


def during(minute: int) -> Validity:
    """Half a minute, some days after the exposures that every repository begins with."""
    begin = NIGHT + 10**15 + minute * MINUTE
    return Validity(begin, begin + MINUTE // 2)


TAKEN = tuple(Taken(number(m), DAY, "g_01" if m % 2 else "r_03", during(m), "science") for m in range(6))


@pytest.fixture
def exposed(hands: Hands) -> Hands:
    """The repository with six exposures through two filters in turn."""
    exposures = [Exposure(t.id, "science", t.physical_filter, t.physical_filter[0], t.validity) for t in TAKEN]
    if isinstance(hands, MemoryHands):
        hands.store.exposures |= {("Cam", one.id): one for one in exposures}
    elif isinstance(hands, ButlerHands):
        add_exposures(hands.butler, exposures, RAW_DETECTORS)
    return hands


def found(hands: Hands, *windows: Validity, filters: frozenset[str] | None = None) -> tuple[Taken, ...]:
    return hands.repository.exposures_during("Cam", windows, filters)


def test_an_exposure_inside_a_window_is_found_with_its_day_filter_and_time(exposed: Hands) -> None:
    assert found(exposed, Validity(during(1).begin - 1, during(1).end + 1)) == (TAKEN[1],)


def test_one_nanosecond_of_overlap_is_enough(exposed: Hands) -> None:
    when = during(2)
    assert found(exposed, Validity(when.begin - 1, when.begin + 1)) == (TAKEN[2],)
    assert found(exposed, Validity(when.end - 1, when.end + 1)) == (TAKEN[2],)


def test_what_only_touches_a_window_is_not_in_it(exposed: Hands) -> None:
    when = during(2)
    assert found(exposed, Validity(when.begin - 1, when.begin), Validity(when.end, when.end + 1)) == ()


def test_exposures_of_several_windows_come_once_and_in_order(exposed: Hands) -> None:
    assert found(exposed, during(4), during(0), during(4), Validity(during(0).begin, during(1).end)) == (
        TAKEN[0], TAKEN[1], TAKEN[4],
    )  # fmt: skip


def test_only_exposures_through_the_filters_asked_for_are_found(exposed: Hands) -> None:
    whole = Validity(during(0).begin, during(5).end)
    assert found(exposed, whole, filters=frozenset({"g_01"})) == TAKEN[1::2]
    assert found(exposed, whole, filters=frozenset({"g_01", "r_03"})) == TAKEN
    assert found(exposed, whole, filters=frozenset()) == ()


def test_a_window_without_ends_holds_every_exposure(exposed: Hands) -> None:
    assert set(found(exposed, ALWAYS)) > set(TAKEN)
    assert found(exposed, Validity(during(3).begin, END)) == TAKEN[3:]
    assert TAKEN[3] not in found(exposed, Validity(BEGINNING, during(3).begin))


def test_no_window_holds_nothing(exposed: Hands) -> None:
    assert found(exposed) == ()


def test_another_instrument_took_none_of_them(exposed: Hands) -> None:
    assert exposed.repository.exposures_during("Other", (ALWAYS,)) == ()


def test_of_very_many_windows_only_what_they_hold_is_found(exposed: Hands) -> None:
    gaps = (Validity(during(m).end, during(m).end + 1 + n) for m in range(6) for n in range(30))
    assert found(exposed, *gaps, during(5)) == (TAKEN[5],)


def test_collections_tell_which_types_of_calibrations_they_hold(hands: Hands) -> None:
    hands.certify("calib", hands.dataset("run/1", 3), 3)
    hands.dataset("run/2", 3, "dark")
    hands.collection("empty", "CALIBRATION")
    assert hands.repository.calibration_types(frozenset({"calib", "empty"})) == {"bias"}
    assert hands.repository.calibration_types(frozenset({"run/2", "calib"})) == {"bias", "dark"}
    assert hands.repository.calibration_types(frozenset({"empty", "Cam/raw"})) == frozenset()
    assert hands.repository.calibration_types(frozenset()) == frozenset()
    assert hands.repository.held_types() >= {"bias", "dark"}
    assert "fringe" not in hands.repository.held_types()
