from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.validity import ALWAYS, BEGINNING, END, NANOSECOND, Validity, clamp, in_utc, show, tai, utc

INSTANTS = st.integers(BEGINNING, END)


def test_an_empty_validity_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="empty validity"):
        Validity(5, 5)


def test_an_instant_is_nanoseconds_since_1970_in_tai() -> None:
    assert tai("1970-01-02T00:00:00") == 86400 * NANOSECOND


def test_fractions_of_a_second_are_kept_to_the_nanosecond() -> None:
    assert tai("1970-01-01T00:00:01.000000001") == NANOSECOND + 1


@pytest.mark.parametrize(
    "text", ["2024-12-06", "2024-12-06T00:00:00Z", "2024-12-06 00:00:00", "", "2024-12-06T00:00:00\n"]
)
def test_an_instant_has_one_form_and_no_zone(text: str) -> None:
    with pytest.raises(ValueError, match="is not an instant like 2024-12-06T00:00:00"):
        tai(text)


@pytest.mark.parametrize("text", ["2024-13-01T00:00:00", "2024-02-30T00:00:00", "2024-01-01T25:00:00"])
def test_an_instant_is_on_the_calendar(text: str) -> None:
    with pytest.raises(ValueError):
        tai(text)


@given(INSTANTS.filter(lambda instant: instant not in (BEGINNING, END)))
def test_what_is_shown_reads_back(instant: int) -> None:
    assert tai(show(instant)) == instant


def test_open_ends_are_said_in_words() -> None:
    assert str(ALWAYS) == "always"


def test_utc_is_37_seconds_behind_tai_since_2017() -> None:
    assert utc("2024-12-06T00:00:00") - tai("2024-12-06T00:00:00") == 37 * NANOSECOND


def test_a_leap_second_lies_between_2016_and_2017() -> None:
    assert utc("2017-01-01T00:00:00") - utc("2016-12-31T23:59:59") == 2 * NANOSECOND


def test_a_zone_is_taken_off_before_utc_is_read() -> None:
    assert utc("2024-12-06T02:00:00+02:00") == utc("2024-12-06T00:00:00")


@given(st.datetimes(datetime(1972, 1, 1), datetime(2026, 1, 1)))
def test_utc_reads_back(when: datetime) -> None:
    assert utc(in_utc(utc(when.isoformat()))) == utc(when.isoformat())
    assert datetime.fromisoformat(in_utc(utc(when.isoformat()))) == when


def test_utc_of_years_to_come_has_the_leap_seconds_that_are_known() -> None:
    assert in_utc(tai("2060-01-01T00:00:37")) == "2060-01-01T00:00:00"


def test_open_ends_have_no_utc() -> None:
    assert in_utc(BEGINNING) == in_utc(END) == "-"


def test_before_1972_utc_and_tai_read_alike() -> None:
    assert in_utc(tai("1971-12-31T00:00:00")) == "1971-12-31T00:00:00"


@given(st.integers())
def test_an_instant_is_clamped_to_what_butler_reads_back(instant: int) -> None:
    assert BEGINNING <= clamp(instant) <= END
    assert clamp(clamp(instant)) == clamp(instant)


@given(INSTANTS, INSTANTS, INSTANTS, INSTANTS)
def test_validities_overlap_if_and_only_if_they_share_an_instant(a: int, b: int, c: int, d: int) -> None:
    if a >= b or c >= d:
        return
    assert Validity(a, b).overlaps(Validity(c, d)) == (max(a, c) < min(b, d))


def test_validities_that_touch_do_not_overlap() -> None:
    assert not Validity(0, 5).overlaps(Validity(5, 9))


def test_a_validity_contains_itself_and_what_is_inside() -> None:
    assert Validity(0, 5).contains(Validity(0, 5))
    assert not Validity(0, 5).contains(Validity(4, 6))
