"""`reconcile rerun`: a product is made anew, and with it what is made from it."""

from __future__ import annotations

from tests.e2e.desk import EXPOSURES, RERUN, SPEC, Desk, leaf

NEXT = "20241208b"


def other_exposures(desk: Desk) -> None:
    """Make the bias from fewer exposures than the one that was built."""
    desk.edit(SPEC, lambda spec: spec["selections"].update(bias=f"exposure in ({EXPOSURES[0]}, {EXPOSURES[1]})"))
    desk.commit()
    desk.lock()


def test_a_changed_precursor_makes_its_dependents_stale_and_the_plan_says_which_and_why(applied: Desk) -> None:
    other_exposures(applied)
    told = {s["title"]: s["reason"] for s in applied.run("plan", "--json").json["steps"]}
    dark = next(reason for title, reason in told.items() if "darkGen" in title)
    assert f"(its precursor {leaf('biasGen')} is made otherwise)" in dark
    assert f"`reconcile rerun` gives it and what is made from it the next one, {leaf('darkGen', NEXT)}" in dark


def test_a_rerun_takes_the_dependents_along_and_one_apply_builds_them_in_order(applied: Desk) -> None:
    other_exposures(applied)
    assert "bias, dark get rerun 20241208b" in applied.done("rerun", "DM-1", "bias").out
    applied.commit()
    said = applied.apply()
    assert said.code == 0, said.everything
    assert applied.combined("bias", leaf("biasGen", NEXT))["exposures"] == list(EXPOSURES[:2])
    assert leaf("biasGen", RERUN) in applied.collections()
    assert "Nothing to do" in applied.done("plan").out


def test_what_nothing_is_made_from_goes_alone(applied: Desk) -> None:
    assert applied.done("rerun", "DM-1", "dark", "--json").json["instances"] == ["dark"]
    assert applied.read(SPEC)["products"] == {"bias": {}, "dark": {"rerun": NEXT}}


def test_a_rerun_of_ones_own_choice_is_taken(applied: Desk) -> None:
    applied.done("rerun", "DM-1", "dark", "--to", "20250101c")
    assert applied.read(SPEC)["products"]["dark"]["rerun"] == "20250101c"


def test_a_rerun_that_is_none_is_refused_and_nothing_written(applied: Desk) -> None:
    before = (applied.root / SPEC).read_bytes()
    said = applied.run("rerun", "DM-1", "dark", "--to", "tomorrow")
    assert (said.code, "is not a rerun like 20250207a" in said.everything) == (64, True)
    assert (applied.root / SPEC).read_bytes() == before


def test_an_unknown_product_or_ticket_is_named_with_the_known_ones(applied: Desk) -> None:
    assert "DM-1 makes no biass; it makes bias, dark" in applied.run("rerun", "DM-1", "biass").everything
    assert "no calibration set of DM-9; there are DM-1" in applied.run("rerun", "DM-9", "bias").everything
