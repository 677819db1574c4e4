"""What a day measured and with what, since when it fails, what an end would expose, and the events of all that."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reconciler.daily import event, metrics
from reconciler.daily.closing import Closed, closing
from reconciler.daily.streak import Judged, Streak, calendar_day, judged, noon, streak
from reconciler.daily.uses import Asked, Use, uses
from reconciler.facts import Facts
from reconciler.resolve import Calendar
from reconciler.seals import Seal
from reconciler.spec.ranges import Ranges, ranges
from reconciler.state import Cert, Chain, State
from reconciler.timeline import constant, gen, timeline, uuid
from reconciler.validity import ALWAYS, BEGINNING, END, NANOSECOND, Validity, in_utc, tai
from reconciler.verification.bound import Bound
from reconciler.verification.criteria import Criteria, Threshold

CAMERA, PLACE, DAY = "TestCam", "usdf/main", 20241208
CHAIN = f"{CAMERA}/calib"
STEM = f"{CHAIN}/daily/verifyBias"
NIGHT = tai("2024-12-08T20:00:00")

# what was measured


def table(noise: float = 5.0, **changes: Any) -> dict[str, Any]:
    """Results of two detectors with one amplifier in two exposures; the second detector has this noise."""
    detector = np.array([0, 1, 0, 1])
    return {
        "exposure": np.array([7, 7, 8, 8]),
        "detector": detector,
        "amplifier": np.array(["C00"] * 4),
        "BIAS_MEAN": np.zeros(4),
        "BIAS_NOISE": np.where(detector == 1, noise, 5.0),
        "BIAS_CR_NOISE": np.where(detector == 1, noise, 5.0),
        "BIAS_READ_NOISE": np.full(4, 5.0),
        "BIAS_READ_NOISE_ADU": np.full(4, 5.0),
        "BIAS_GAIN": np.ones(4),
        "BIAS_GOOD": np.ones(4),
        "CALIB_UUID_bias": np.where(detector == 1, "b", "a"),
        **changes,
    }


def measured(noise: float = 5.0, **changes: Any) -> Any:
    return metrics.metrics([table(noise, **changes)], "bias", "bias", {7: NIGHT, 8: NIGHT + 60 * NANOSECOND})


def judge(rows: Any, **thresholds: Bound) -> Any:
    told = {name: (Threshold(bound),) for name, bound in thresholds.items()}
    return metrics.verdict(rows, "bias", "bias", STEM, Criteria("strict", told))


def test_every_value_of_every_test_is_a_row_with_its_time_and_its_calibration() -> None:
    rows = measured(6.0)
    noise = rows["test"] == "NOISE"
    assert [rows[name][noise].tolist() for name in ("detector", "exposure", "calibration")] == [
        [0, 1, 0, 1],
        [7, 7, 8, 8],
        ["a", "b", "a", "b"],
    ]
    np.testing.assert_allclose(rows["value"][noise], [0, 0.2, 0, 0.2])
    assert sorted(set(rows["time"].tolist())) == [NIGHT, NIGHT + 60 * NANOSECOND]
    assert metrics.begin(rows) == NIGHT


def test_a_table_is_judged_by_the_thresholds_of_whoever_asks() -> None:
    rows = measured(6.0)
    assert judge(rows).outcome == "failed"
    assert judge(rows, NOISE=Bound(at_most=0.3)).outcome == "passed"


def test_a_table_that_names_no_calibration_counts_all_the_same() -> None:
    results = table()
    del results["CALIB_UUID_bias"]
    rows = metrics.metrics([results], "bias", "bias", {7: NIGHT, 8: NIGHT})
    assert set(rows["calibration"].tolist()) == {""}
    assert judge(rows).outcome == "passed"


def test_nothing_measured_is_not_tested() -> None:
    rows = metrics.metrics([{}], "bias", "bias", {7: NIGHT})
    assert judge(rows).outcome == "not tested"
    assert metrics.begin({}) is None


# with what


def calendar(**ranges_of: tuple[str, int, int, str]) -> tuple[State, Calendar]:
    """Return a chain of collections that each certify one source for both detectors."""
    values: dict[Any, Any] = {Chain(PLACE, CHAIN): tuple(f"{CHAIN}/{name.replace('_', '-')}" for name in ranges_of)}
    for name, (kind, begin, end, source) in ranges_of.items():
        for detector in (0, 1):
            cert = Cert(PLACE, f"{CHAIN}/{name.replace('_', '-')}", "bias", f"instrument={CAMERA},detector={detector}")
            values[cert] = timeline([(begin, end, gen(source) if kind == "gen" else uuid(source))])
    state = State(values)
    return state, Calendar(state, PLACE, [CHAIN], {})


MADE = f"{CHAIN}/DM-2/biasGen.20241201a"
ASKED = Asked("bias", None, Validity(NIGHT, NIGHT + 1))


def test_a_uuid_is_told_as_its_leaf_and_ticket_where_a_seal_names_it() -> None:
    _, given = calendar(DM_2=("gen", BEGINNING, END, MADE))
    data_ids = {f"instrument={CAMERA},detector={n}": name for n, name in enumerate("ab")}
    (use,) = uses(measured(), ASKED, {MADE: Seal("", {}, "run", {"bias": data_ids})}, given)
    assert use == Use(ranges([0, 1]), gen(MADE), f"{CHAIN}/DM-2")
    assert use.ticket == "DM-2"


def test_a_uuid_that_no_seal_names_has_the_ticket_of_the_collection_that_gives_it() -> None:
    _, given = calendar(DM_9=("uuid", BEGINNING, END, "a"))
    first, second = uses(measured(), ASKED, {}, given)
    assert (first.source, first.ticket) == (uuid("a"), "DM-9")
    assert (second.source, second.collection, second.ticket) == (uuid("b"), None, None)


def test_what_the_chain_gives_no_more_is_told_also_where_it_is_still_held() -> None:
    _, given = calendar(DM_3=("uuid", NIGHT, END, "new"), DM_9=("uuid", BEGINNING, END, "a"))
    first, second = uses(measured(), ASKED, {}, given)
    assert (first.source, first.collection, first.given) == (uuid("a"), f"{CHAIN}/DM-9", False)
    assert (second.source, second.collection, second.given) == (uuid("b"), None, False)


def test_a_successor_that_begins_later_changes_nothing() -> None:
    _, given = calendar(DM_3=("uuid", NIGHT + 1, END, "new"), DM_9=("uuid", BEGINNING, END, "a"))
    assert uses(measured(), ASKED, {}, given)[0].given


def test_rows_that_name_nothing_are_told_as_such() -> None:
    _, given = calendar()
    (use,) = uses(measured(CALIB_UUID_bias=np.array([""] * 4)), ASKED, {}, given)
    assert use == Use(ranges([0, 1]), None)


# since when


def day(number: int, outcome: str, *detectors: int) -> Judged:
    return Judged(number, outcome, noon(number) + NANOSECOND, ranges(detectors))  # type: ignore[arg-type]


def test_a_day_that_passes_needs_nothing() -> None:
    assert streak([day(20241208, "passed"), day(20241207, "failed")]) is None
    assert streak([day(20241208, "not tested"), day(20241207, "failed")]) is None
    assert streak([]) is None


def test_a_streak_goes_back_to_the_first_failing_day_after_the_last_good_one() -> None:
    days = [day(20241208, "failed", 4), day(20241207, "failed", 2), day(20241206, "passed"), day(20241205, "failed")]
    assert streak(days) == Streak(noon(20241207), (20241207, 20241208), (), 20241206, ranges([2, 4]))


def test_days_of_which_nothing_is_known_do_not_break_it_and_are_told() -> None:
    days = [day(20250102, "failed"), day(20250101, "not tested"), day(20241230, "failed"), day(20241228, "passed")]
    found = streak(days)
    assert found is not None
    assert found.days == (20241230, 20250102)
    assert found.silent == (20241229, 20241231, 20250101)


def test_a_series_without_a_good_day_says_so() -> None:
    found = streak([day(20241208, "failed"), day(20241206, "failed")])
    assert found is not None
    assert (found.kept, found.silent, found.begin) == (None, (20241207,), noon(20241206))


def test_no_day_before_the_last_good_one_is_asked_for() -> None:
    def days() -> Any:
        yield day(20241208, "failed")
        yield day(20241207, "passed")
        raise AssertionError("asked for a day that does not matter")

    assert streak(days()) is not None


def test_an_observing_day_begins_at_noon_of_utc_but_never_after_its_exposures() -> None:
    assert in_utc(noon(DAY)) == "2024-12-08T12:00:00"
    early = tai("2024-12-08T09:00:00")
    found = streak([Judged(DAY, "failed", early)])
    assert found is not None
    assert found.begin == early


@pytest.mark.parametrize("number", [0, 20241301, 20240230, 202412081])
def test_what_is_no_day_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match=str(number)):
        calendar_day(number)


def test_a_day_stands_as_its_verdict_with_the_detectors_that_fail() -> None:
    assert judged(DAY, NIGHT, judge(measured(6.0))) == Judged(DAY, "failed", NIGHT, ranges([1]))
    assert judged(DAY, NIGHT, judge(measured())) == Judged(DAY, "passed", NIGHT)


# what an end would expose

OLD = f"{CHAIN}/DM-1/biasGen.20230101a"


def closed(state: State, detectors: Ranges | None = None, **facts: Any) -> Any:
    asked = Closed(PLACE, CHAIN, "bias", None, detectors or ranges([1]), NIGHT)
    return closing(asked, state, Facts(**facts))


def given(lanes: Any) -> list[list[tuple[int, int, str]]]:
    return [[(begin, end, source.name) for begin, end, source, _ in lane.pieces] for lane in lanes]


def test_an_end_exposes_the_older_set_below() -> None:
    state, _ = calendar(DM_2=("gen", BEGINNING, END, MADE), DM_1=("gen", BEGINNING, END, OLD))
    found = closed(state)
    assert given(found.now) == [[(BEGINNING, END, MADE)]]
    assert given(found.closed) == [[(BEGINNING, NIGHT, MADE), (NIGHT, END, OLD)]]
    assert found.certified_in == (f"{CHAIN}/DM-2",)


def test_an_end_of_the_last_one_leaves_nothing() -> None:
    state, _ = calendar(DM_2=("gen", NIGHT - 5, NIGHT + 5, MADE))
    assert given(closed(state).closed) == [[(NIGHT - 5, NIGHT, MADE)]]


def test_only_the_detectors_that_fail_are_shown() -> None:
    state, _ = calendar(DM_2=("gen", BEGINNING, END, MADE))
    (lane,) = closed(state, ranges([1])).now
    assert lane.detectors == (1,)


def test_what_follows_already_stays() -> None:
    values, _ = calendar(DM_2=("gen", BEGINNING, END, MADE))
    cert = Cert(PLACE, f"{CHAIN}/DM-2", "bias", f"instrument={CAMERA},detector=1")
    both = timeline([(BEGINNING, NIGHT + 10, gen(OLD)), (NIGHT + 10, END, gen(MADE))])
    found = closed(values.put({cert: both}))
    assert given(found.closed) == [[(BEGINNING, NIGHT, OLD), (NIGHT + 10, END, MADE)]]


def test_what_answers_at_any_date_cannot_have_an_end() -> None:
    shelf = {f"instrument={CAMERA},detector=1": constant(ALWAYS, uuid("a"))}
    state = State({Chain(PLACE, CHAIN): (f"{CHAIN}/run",)})
    found = closed(state, shelves={PLACE: {(f"{CHAIN}/run", "bias"): shelf}})
    assert (found.certified_in, found.fixed) == ((), (f"{CHAIN}/run",))
    assert given(found.closed) == given(found.now) == [[(BEGINNING, END, "a")]]


# events

SUBJECT = event.Subject(CAMERA, PLACE, DAY, "bias")


def test_only_tests_that_fail_are_events() -> None:
    assert list(event.failures(SUBJECT, judge(measured()), ())) == []
    failed = list(event.failures(SUBJECT, judge(measured(6.0)), ()))
    assert [(one["test"], one["places"], one["exposures"]) for one in failed] == [
        ("NOISE", [{"detector": 1, "amplifiers": ["C00"]}], [7, 8])
    ]


def test_a_replacement_has_an_end_only_together_with_a_successor() -> None:
    found = streak([day(DAY, "failed", 1)])
    assert found is not None
    told = event.replacement(SUBJECT, found, (Use(ranges([1]), uuid("b")),))
    assert told["since"] == {"tai": "2024-12-08T12:00:37", "utc": "2024-12-08T12:00:00"}
    assert told["proposal"] == {
        "successor_begins": "2024-12-08T12:00:37",
        "this_ends": "2024-12-08T12:00:37",
        "only_together": True,
    }
    assert told["calibrations"][0]["uuid"] == "b"
