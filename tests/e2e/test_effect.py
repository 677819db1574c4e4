"""What a plan says of its effect is what Butler's own lookups say, before the plan was applied and after."""

from __future__ import annotations

from typing import Any, TypeAlias

from astropy.time import TimeDelta
from lsst.daf.butler import CalibrationLookupError

from tests.e2e import desk as desks
from tests.e2e.desk import CHAIN, EXPOSURES, INSTRUMENT, PUBLIC, Desk
from tests.pipelines import repository

OTHER, THIRD = f"{PUBLIC}/DM-2", f"{PUBLIC}/DM-3"
CHAIN_FILE = f"specs/{INSTRUMENT}/chain.yaml"
Answers: TypeAlias = dict[tuple[str, int], tuple[str, ...]]
"""(dataset type, exposure) -> what Butler gives each detector."""


def looked_up(desk: Desk) -> Answers:
    """Ask Butler for the calibrations of every exposure and detector through the public chain."""
    with desk.butler() as butler:
        taken = [
            (e, r.timespan)
            for e in EXPOSURES
            for r in butler.query_dimension_records("exposure", exposure=e, instrument=INSTRUMENT)
        ]
        return {
            (dataset_type, exposure): tuple(_find(butler, dataset_type, d, when) for d in repository.DETECTORS)
            for dataset_type in ("bias", "dark")
            for exposure, when in taken
        }


def _find(butler: Any, dataset_type: str, detector: int, when: Any) -> str:
    data_id = {"instrument": INSTRUMENT, "detector": detector}
    try:
        ref = butler.find_dataset(dataset_type, data_id, collections=PUBLIC, timespan=when)
    except CalibrationLookupError:
        return "refused"
    return str(ref.id) if ref else "nothing"


def changed(before: Answers, after: Answers) -> dict[str, int]:
    """Return dataset type -> how many exposures get something else."""
    moved = [
        dataset_type
        for dataset_type, exposure in before
        if before[dataset_type, exposure] != after[dataset_type, exposure]
    ]
    return {dataset_type: moved.count(dataset_type) for dataset_type in dict.fromkeys(moved)}


def link(desk: Desk, *members: str) -> None:
    """Define the public chain in its one line, and commit."""
    outside = [{"collection": name, "reason": "made by hand"} for name in members if name != CHAIN]
    desk.write(CHAIN_FILE, {**desks.chain(*members), "external": outside})
    desk.commit("chain")


def certify_others(desk: Desk, first: int) -> None:
    """Certify somebody's biases from the middle of one exposure on."""
    begin = repository.NIGHT + TimeDelta(60 * first + 15, format="sec")
    repository.certify_bias(str(desk.butler_root), OTHER, "another", begin, None)


def planned(desk: Desk) -> dict[str, Any]:
    """Return what the plan says of the public chain."""
    (effect,) = desk.done("plan", "--json").json["effect"]
    assert effect["chain"] == PUBLIC
    return effect


def test_a_prepended_line_shows_exactly_the_exposures_that_change(applied: Desk) -> None:
    certify_others(applied, first=3)
    link(applied, OTHER, CHAIN)
    said, before = planned(applied), looked_up(applied)
    assert applied.apply().code == 0
    after = looked_up(applied)
    assert said["verdict"] == "changes exposures"
    assert {t: sum(days.values()) for t, days in said["exposures"]["by_type"].items()} == changed(before, after)
    assert said["exposures"]["sample"] == {"bias": list(EXPOSURES[3:])}


def test_the_plan_reads_as_what_science_sees(applied: Desk) -> None:
    certify_others(applied, first=3)
    link(applied, OTHER, CHAIN)
    said = applied.done("plan").out
    assert f"Effect on {PUBLIC} (here/main)\n" in said
    assert "  bias detectors 0..1: from 2024-12-08T20:03:15 TAI DM-1 -> DM-2; before that unchanged\n" in said
    assert f"  3 exposures on 1 day change (bias 20241208: 3), first {EXPOSURES[3]}\n" in said


def test_a_line_behind_what_always_answers_has_no_effect(applied: Desk) -> None:
    certify_others(applied, first=3)
    link(applied, CHAIN, OTHER)
    said, before = planned(applied), looked_up(applied)
    assert (said["verdict"], said["changes"], said["exposures"]["changed"]) == ("no effect", [], 0)
    assert applied.apply().code == 0
    assert looked_up(applied) == before


def test_an_order_that_no_exposure_depends_on_has_no_effect(applied: Desk) -> None:
    between = repository.NIGHT + TimeDelta(60 * 3 - 10, format="sec")
    repository.certify_bias(str(applied.butler_root), OTHER, "early", None, between)
    repository.certify_bias(str(applied.butler_root), THIRD, "late", between, None)
    link(applied, OTHER, THIRD, CHAIN)
    assert applied.apply().code == 0
    link(applied, THIRD, OTHER, CHAIN)
    assert "no effect: every exposure keeps what it gets" in applied.done("plan").out
    before = looked_up(applied)
    assert applied.apply().code == 0
    assert applied.collections()[PUBLIC] == (THIRD, OTHER, CHAIN)
    assert looked_up(applied) == before


def test_unlinking_the_ticket_says_which_exposures_are_left_without(applied: Desk) -> None:
    certify_others(applied, first=3)
    link(applied, OTHER, CHAIN)
    assert applied.apply().code == 0
    link(applied, OTHER)
    said, before = planned(applied), looked_up(applied)
    assert applied.apply().code == 0
    after = looked_up(applied)
    assert {t: sum(days.values()) for t, days in said["exposures"]["by_type"].items()} == changed(before, after)
    assert said["exposures"]["lost"] == {
        "bias": [e for e in EXPOSURES if after["bias", e] == ("nothing", "nothing")],
        "dark": list(EXPOSURES),
    }


def test_a_saved_plan_keeps_its_effect_and_is_applied(applied: Desk) -> None:
    certify_others(applied, first=3)
    link(applied, OTHER, CHAIN)
    file = applied.root / "the.plan"
    applied.done("plan", "--out", file)
    assert applied.done("show", file, "--json").json["effect"] == [planned(applied)]
    assert applied.run("apply", file).code == 0


def test_a_plan_that_does_nothing_has_no_effect_to_tell(applied: Desk) -> None:
    assert applied.done("plan", "--json").json["effect"] == []
    assert "Effect" not in applied.done("plan").out
