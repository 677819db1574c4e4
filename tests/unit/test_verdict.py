"""What came of the tests: by place, by rule, and with what the board accepts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reconciler.verification.bound import Bound
from reconciler.verification.criteria import Acceptance, Threshold
from reconciler.verification.measures import Measures, of_amplifiers, scatter_of_amplifiers, scatter_of_detectors
from reconciler.verification.results import Results, results
from reconciler.verification.test import Test
from reconciler.verification.verdict import Judge, Verdict

AMPLIFIERS = tuple(f"C{n:02d}" for n in range(4))
DETECTORS = (0, 1, 2)
EXPOSURES = (101, 102, 103)


def measured(results: Results) -> Measures:
    return of_amplifiers(results, results.column("NOISE"))


NOISE = Test("bias", "NOISE", "noise", "here", Bound(at_most=1.0), ("NOISE",), measured)


def table(**places: float) -> Results:
    """Every amplifier at 0.5 in every exposure, but for places such as `d1_C02_101` (or `d1_C02` in all exposures)."""
    rows = [(e, d, a) for e in EXPOSURES for d in DETECTORS for a in AMPLIFIERS]
    value = [places.get(f"d{d}_{a}_{e}", places.get(f"d{d}_{a}", places.get(f"d{d}", 0.5))) for e, d, a in rows]
    exposure, detector, amplifier = (np.array(column) for column in zip(*rows, strict=True))
    columns = {"exposure": exposure, "detector": detector, "amplifier": amplifier, "NOISE": np.array(value)}
    return results(columns, "bias")


def judged(found: Results, judge: Judge | None = None) -> Verdict:
    return (judge or Judge()).verdict("bias", "verifyBias.20250207a", found, (NOISE,))


STRICT = Judge("strict")


def test_what_keeps_its_bound_everywhere_has_passed() -> None:
    assert judged(table(), STRICT).outcome == "passed"


def test_one_failure_anywhere_fails_by_the_strict_rule() -> None:
    assert judged(table(d1_C02_101=2.0), STRICT).outcome == "failed"


def test_one_bad_amplifier_passes_by_the_rule_of_practice() -> None:
    assert judged(table(d1_C02=2.0)).outcome == "passed"


@pytest.mark.parametrize(("detectors", "outcome"), [((0, 1), "failed"), ((0,), "passed")])
def test_half_of_the_amplifiers_in_most_detectors_are_enough(detectors: tuple[int, ...], outcome: str) -> None:
    half = {f"d{d}_{a}": 2.0 for d in detectors for a in AMPLIFIERS[:2]}
    assert judged(table(**half)).outcome == outcome


def test_a_failing_exposure_out_of_three_is_no_majority() -> None:
    bad = {f"d{d}_{a}_101": 2.0 for d in DETECTORS for a in AMPLIFIERS}
    verdict = judged(table(**bad))
    assert verdict.outcome == "passed"
    assert verdict.tests[0].failing == (101,)


def test_a_failure_is_named_with_its_place_and_its_worst_value() -> None:
    places = judged(table(d1_C02_101=2.0, d1_C02_102=3.0)).tests[0].places
    bad = np.flatnonzero(places.failed)
    assert (places.detector[bad].tolist(), places.amplifier[bad].tolist()) == ([1], ["C02"])
    assert (places.failed[bad].tolist(), places.tested[bad].tolist()) == ([2], [3])
    assert (places.worst[bad].tolist(), places.typical[bad].tolist()) == ([3.0], [2.0])


def test_what_was_not_measured_is_not_tested_and_never_passed() -> None:
    nothing = table(**dict.fromkeys(("d0", "d1", "d2"), np.nan))
    assert judged(nothing).outcome == "not tested"
    assert judged(nothing, STRICT).outcome == "not tested"


def test_one_untested_amplifier_leaves_the_strict_rule_unsatisfied() -> None:
    assert judged(table(d1_C02=np.nan), STRICT).outcome == "not tested"
    assert judged(table(d1_C02=np.nan)).outcome == "passed"


def test_a_failure_counts_for_more_than_what_is_not_tested() -> None:
    assert judged(table(d1_C02=np.nan, d0_C00=2.0), STRICT).outcome == "failed"


def test_an_empty_table_has_tested_nothing() -> None:
    assert judged(results({}, "bias")).outcome == "not tested"


def test_a_table_without_detectors_is_no_result_table() -> None:
    with pytest.raises(ValueError, match="no column detector; it has NOISE"):
        results({"NOISE": np.array([1.0])}, "bias")


def test_without_tests_nothing_was_tested() -> None:
    assert Judge().verdict("bias", "leaf", table(), ()).outcome == "not tested"


def test_a_test_that_the_instrument_does_without_says_nothing() -> None:
    without = replace(STRICT, omitted={"NOISE": "no overscan"})
    assert judged(table(d1_C02=2.0), without).tests == ()


def test_rows_of_another_calibration_are_not_tested() -> None:
    plain = table()
    used = np.where(plain.detector == 1, "old", "new")
    found = results({**plain.columns, "CALIB_UUID_bias": used}, "bias", dict.fromkeys(DETECTORS, "new"))
    places = judged(found).tests[0].places
    assert places.untested[places.detector == 1].tolist() == [3, 3, 3, 3]
    assert places.tested[places.detector == 0].tolist() == [3, 3, 3, 3]


def test_rows_that_do_not_say_what_they_tested_have_tested_nothing() -> None:
    found = results(table().columns, "bias", dict.fromkeys(DETECTORS, "new"))
    assert judged(found).outcome == "not tested"


def accepting(**changes: object) -> Judge:
    acceptance = Acceptance("NOISE", "known since the beginning", detectors=frozenset({1}))
    return replace(STRICT, acceptances=(replace(acceptance, **changes),))


def test_a_failure_that_the_board_accepts_is_accepted_with_its_reason() -> None:
    verdict = judged(table(d1_C02=2.0), accepting())
    assert verdict.outcome == "accepted"
    assert verdict.tests[0].reasons == ("known since the beginning",)
    assert verdict.tests[0].places.accepted.any()


@pytest.mark.parametrize(
    "change",
    [
        {"test": "MEAN"},
        {"products": frozenset({"dark"})},
        {"detectors": frozenset({2})},
        {"amplifiers": frozenset({"C01"})},
    ],
)
def test_what_is_accepted_elsewhere_is_not_accepted_here(change: dict[str, object]) -> None:
    assert judged(table(d1_C02=2.0), accepting(**change)).outcome == "failed"


def test_an_accepted_failure_does_not_hide_another() -> None:
    assert judged(table(d1_C02=2.0, d2_C02=2.0), accepting()).outcome == "failed"


def test_an_acceptance_that_nothing_needs_leaves_the_test_passed() -> None:
    verdict = judged(table(), accepting())
    assert (verdict.outcome, verdict.tests[0].reasons) == ("passed", ())


def test_a_new_threshold_needs_no_new_run() -> None:
    wider = Judge("strict", {"NOISE": (Threshold(Bound(at_most=3.0)),)})
    assert judged(table(d1_C02=2.0), wider).outcome == "passed"


def test_a_threshold_for_all_detectors_takes_the_place_of_those_before_it() -> None:
    wide, some = Threshold(Bound(at_most=3.0)), Threshold(Bound(at_most=4.0), frozenset({1}))
    verdict = judged(table(), Judge("strict", {"NOISE": (some, wide, some)}))
    assert verdict.tests[0].thresholds == (wide, some)


def test_a_threshold_for_some_detectors_holds_for_them_alone() -> None:
    wider = Judge("strict", {"NOISE": (Threshold(Bound(at_most=3.0), frozenset({1})),)})
    assert judged(table(d1_C02=2.0), wider).outcome == "passed"
    assert judged(table(d2_C02=2.0), wider).outcome == "failed"


@pytest.mark.parametrize(
    ("bound", "value", "keeps"),
    [
        (Bound(at_most=1.0), 1.0, True),
        (Bound(at_most=1.0), 1.1, False),
        (Bound(at_least=1.0), 0.9, False),
        (Bound(-1.0, 1.0), 0.0, True),
        (Bound(-1.0, 1.0), -1.1, False),
    ],
)
def test_a_bound_is_kept_up_to_its_ends(bound: Bound, value: float, keeps: bool) -> None:
    assert (bound.excess(np.array([value]))[0] <= 0) == keeps


@pytest.mark.parametrize("ends", [(None, None), (2.0, 1.0)])
def test_a_bound_that_cannot_be_is_refused(ends: tuple[float | None, float | None]) -> None:
    with pytest.raises(ValueError, match="a bound that nothing can"):
        Bound(*ends)


def test_scatter_over_amplifiers_is_told_by_detector_and_exposure() -> None:
    spread = {f"d1_{a}": value for a, value in zip(AMPLIFIERS, (0.5, 1.5, 0.5, 1.5), strict=True)}
    found = scatter_of_amplifiers(table(**spread), table(**spread).column("NOISE"))
    assert found.value[found.detector == 1].tolist() == [0.5, 0.5, 0.5]
    assert found.value[found.detector == 0].tolist() == [0.0, 0.0, 0.0]


def test_scatter_over_detectors_is_told_by_exposure() -> None:
    rows = table(d0=1.0, d1=2.0, d2=3.0)
    found = scatter_of_detectors(rows, rows.column("NOISE"))
    assert found.exposure.tolist() == list(EXPOSURES)
    np.testing.assert_allclose(found.value, np.std([1, 2, 3]) / 2)


def test_one_untested_amplifier_leaves_the_scatter_of_its_detector_untested() -> None:
    rows = table(d1_C02=np.nan)
    found = scatter_of_amplifiers(rows, rows.column("NOISE"))
    assert np.isnan(found.value[found.detector == 1]).all()
    assert not np.isnan(found.value[found.detector == 0]).any()
