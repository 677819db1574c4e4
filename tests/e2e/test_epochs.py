"""Wrong epochs: Butler takes them silently; here nothing is built with them, and both calibrations are named."""

from __future__ import annotations

from typing import Any

import pytest
from astropy.time import Time, TimeDelta

from tests.e2e import desk as desks
from tests.e2e.desk import CHAIN, EXPOSURES, INSTRUMENT, PLACE, RERUN, SPEC, Desk, leaf
from tests.pipelines.repository import NIGHT, certify_bias

THEIRS = f"{INSTRUMENT}/calib/THEIRS"
OLD, NEW = f"{INSTRUMENT}/calib/DM-0/bias.old", f"{INSTRUMENT}/calib/DM-0/bias.new"
NEXT_YEAR = Time("2025-01-01", scale="tai")


def between(first: int, second: int) -> Time:
    """Return an instant after one exposure of the night and before another."""
    return NIGHT + TimeDelta(30 * (first + second - 2 * EXPOSURES[0]) + 15, format="sec")


def bias_only(desk: Desk) -> None:
    """Build and link the bias of DM-1."""
    desk.write(SPEC, desks.calibration_set("bias"))
    desk.commit("bias")
    desk.lock()
    assert desk.apply().code == 0


def ask_for_dark(desk: Desk, **changes: Any) -> None:
    desk.write(SPEC, desks.calibration_set("bias", "dark", **changes))
    desk.commit("dark")
    desk.lock()


def put_in_front(desk: Desk, chain: str, member: str) -> None:
    """Do what `butler collection-chain --mode prepend` does."""
    with desk.butler() as butler:
        butler.collections.prepend_chain(chain, member)


def expect_blocked(desk: Desk, *words: str, leaf: str = leaf("darkGen")) -> None:
    """Expect plan and apply to block one generation with these words, and nothing to be built."""
    for said in (desk.run("plan", "--detailed-exitcode"), desk.apply()):
        assert said.code == 1
        for word in words:
            assert word in said.out
    assert leaf not in desk.collections()


def test_a_foreign_collection_in_front_of_the_ticket_chain_blocks(unlocked: Desk) -> None:
    bias_only(unlocked)
    theirs = certify_bias(str(unlocked.butler_root), THEIRS, "theirs", None, None)
    put_in_front(unlocked, CHAIN, THEIRS)
    ask_for_dark(unlocked)
    expect_blocked(
        unlocked,
        f"exposure {EXPOSURES[3]}, bias instrument={INSTRUMENT},detector=0 (and 5 more)",
        f"the inputs give dataset {theirs[0]}, wanted is {leaf('biasGen')}",
    )


def test_a_foreign_collection_that_shadows_some_of_the_locked_exposures_blocks(unlocked: Desk) -> None:
    bias_only(unlocked)
    theirs = certify_bias(str(unlocked.butler_root), THEIRS, "theirs", between(EXPOSURES[4], EXPOSURES[5]), None)
    put_in_front(unlocked, CHAIN, THEIRS)
    ask_for_dark(unlocked)
    expect_blocked(unlocked, f"exposure {EXPOSURES[5]}, ", "(and 1 more)", f"the inputs give dataset {theirs[0]}")


def test_a_foreign_collection_of_other_dates_does_not_matter(unlocked: Desk) -> None:
    bias_only(unlocked)
    certify_bias(str(unlocked.butler_root), THEIRS, "theirs", NEXT_YEAR, None)
    put_in_front(unlocked, CHAIN, THEIRS)
    ask_for_dark(unlocked)
    assert unlocked.apply().code == 0


def test_a_precursor_certified_from_a_later_date_than_an_exposure_blocks(unlocked: Desk) -> None:
    begin = between(EXPOSURES[3], EXPOSURES[4]).isot
    ask_for_dark(unlocked, products={"bias": {"certify": {"begin": begin}}, "dark": {}})
    said = unlocked.apply()
    assert said.code == 1
    assert f"exposure {EXPOSURES[3]}, bias instrument={INSTRUMENT},detector=0" in said.out
    assert f"the inputs give nothing, wanted is {leaf('biasGen')}" in said.out
    assert leaf("darkGen") not in unlocked.collections()


def test_a_precursor_whose_range_ends_within_an_exposure_blocks(unlocked: Desk) -> None:
    end = (NIGHT + TimeDelta(60 * 3 + 10, format="sec")).isot
    ask_for_dark(unlocked, products={"bias": {"certify": {"end": end}}, "dark": {}})
    said = unlocked.apply()
    assert said.code == 1
    assert f"exposure {EXPOSURES[4]}, bias" in said.out
    assert leaf("darkGen") not in unlocked.collections()


def test_a_run_of_somebodys_in_the_ticket_chain_wins_at_any_date_and_blocks(unlocked: Desk) -> None:
    bias_only(unlocked)
    theirs = certify_bias(str(unlocked.butler_root), THEIRS, "theirs", NEXT_YEAR, None)
    put_in_front(unlocked, CHAIN, f"{THEIRS}/run")
    ask_for_dark(unlocked)
    expect_blocked(unlocked, f"the inputs give dataset {theirs[0]}")


def start_dark_from(desk: Desk, *collections: str, template: str = "bps_dark.yaml", **changes: Any) -> None:
    """Let a set make only the dark, with a bias of these collections."""
    dark = desks.product("dark", precursors=["bias"], template=template)
    desk.write(f"specs/{INSTRUMENT}/catalog.yaml", desks.catalog(dark=dark))
    spec = desks.calibration_set("dark", starting_calibs=list(collections), **changes)
    desk.write(f"specs/{INSTRUMENT}/{spec['ticket']}.yaml", spec)
    desk.commit("dark")
    desk.lock()


def test_a_foreign_collection_in_front_of_the_starting_calibrations_blocks(unlocked: Desk) -> None:
    old = certify_bias(str(unlocked.butler_root), OLD, "old", None, None)
    theirs = certify_bias(str(unlocked.butler_root), THEIRS, "theirs", None, None)
    with unlocked.butler() as butler:
        butler.collections.register(CHAIN, _chained())
        butler.collections.redefine_chain(CHAIN, [THEIRS])
    start_dark_from(unlocked, OLD)
    expect_blocked(unlocked, f"the inputs give dataset {theirs[0]}", f"wanted is dataset {old[0]}")


def test_a_foreign_collection_in_front_of_a_ticket_that_the_set_starts_from_blocks(unlocked: Desk) -> None:
    bias_only(unlocked)
    start_dark_from(unlocked, CHAIN, ticket="DM-2")
    theirs = certify_bias(str(unlocked.butler_root), THEIRS, "theirs", None, None)
    put_in_front(unlocked, CHAIN, THEIRS)
    dark = f"{INSTRUMENT}/calib/DM-2/trial/darkGen.{RERUN}"
    expect_blocked(unlocked, f"the inputs give dataset {theirs[0]}", f"wanted is {leaf('biasGen')}", leaf=dark)


def test_a_set_that_starts_from_another_ticket_is_built_with_its_calibrations(unlocked: Desk) -> None:
    bias_only(unlocked)
    start_dark_from(unlocked, CHAIN, ticket="DM-2")
    assert unlocked.apply().code == 0


@pytest.mark.parametrize("order", [(NEW, OLD), (OLD, NEW)])
def test_an_exposure_takes_the_calibration_of_its_date_in_either_order(unlocked: Desk, order: tuple[str, str]) -> None:
    certify_bias(str(unlocked.butler_root), NEW, "next year", NEXT_YEAR, None)
    certify_bias(str(unlocked.butler_root), OLD, "right", None, NEXT_YEAR)
    start_dark_from(unlocked, *order)
    assert unlocked.apply().code == 0


def test_a_combining_quantum_that_takes_a_calibration_of_another_epoch_is_blocked(unlocked: Desk) -> None:
    new = certify_bias(str(unlocked.butler_root), NEW, "next year", NEXT_YEAR, None)
    old = certify_bias(str(unlocked.butler_root), OLD, "right", None, NEXT_YEAR)
    start_dark_from(unlocked, NEW, OLD, template="bps_darkBlind.yaml")
    said = unlocked.apply()
    assert said.code == 1
    assert (
        f"the graph picked a calibration of another epoch: combineDark takes bias instrument={INSTRUMENT},detector=0 "
        f"{new[0]} of {NEW}/run, but exposure {EXPOSURES[3]}" in said.out
    )
    assert f"should get dataset {old[0]} (and 1 more)" in said.out


def test_after_a_wrong_pick_nothing_has_run_and_nothing_is_running(unlocked: Desk) -> None:
    certify_bias(str(unlocked.butler_root), NEW, "next year", NEXT_YEAR, None)
    certify_bias(str(unlocked.butler_root), OLD, "right", None, NEXT_YEAR)
    start_dark_from(unlocked, NEW, OLD, template="bps_darkBlind.yaml")
    first, second = unlocked.apply(), unlocked.apply()
    assert (first.code, second.code) == (1, 1)
    assert "another epoch" in second.out
    assert [name for name in unlocked.collections() if name.startswith(f"{leaf('darkGen')}/")] == []
    with unlocked.butler() as butler:
        assert not butler.registry.queryDatasetTypes("dark*")


def test_a_wrong_pick_is_mended_by_the_right_order_under_the_next_rerun(unlocked: Desk) -> None:
    certify_bias(str(unlocked.butler_root), NEW, "next year", NEXT_YEAR, None)
    certify_bias(str(unlocked.butler_root), OLD, "right", None, NEXT_YEAR)
    start_dark_from(unlocked, NEW, OLD, template="bps_darkBlind.yaml")
    assert unlocked.apply().code == 1
    start_dark_from(unlocked, OLD, NEW, template="bps_darkBlind.yaml", rerun="20241208b")
    assert unlocked.apply().code == 0
    assert unlocked.combined("dark", leaf("darkGen", "20241208b"))["bias"] == "right"


def test_a_combining_quantum_that_takes_the_right_calibration_runs(unlocked: Desk) -> None:
    certify_bias(str(unlocked.butler_root), OLD, "right", None, NEXT_YEAR)
    start_dark_from(unlocked, OLD, template="bps_darkBlind.yaml")
    assert unlocked.apply().code == 0
    assert unlocked.combined("dark", leaf("darkGen"))["bias"] == "right"


def test_a_product_joins_a_ticket_that_the_public_chain_holds_already(unlocked: Desk) -> None:
    bias_only(unlocked)
    ask_for_dark(unlocked)
    assert unlocked.apply().code == 0
    assert unlocked.collections()[CHAIN] == (leaf("dark"), leaf("bias"))


def test_two_epochs_of_one_collection_in_a_combining_quantum_fail_with_what_to_do(unlocked: Desk) -> None:
    middle = between(EXPOSURES[3], EXPOSURES[4])
    certify_bias(str(unlocked.butler_root), OLD, "early", None, middle)
    certify_bias(str(unlocked.butler_root), OLD, "late", middle, None, run="late")
    start_dark_from(unlocked, OLD, template="bps_darkBlind.yaml")
    said = unlocked.apply()
    assert said.code == 8
    assert "combineDark takes bias" in said.out


def test_the_place_of_a_blocked_generation_is_said(unlocked: Desk) -> None:
    bias_only(unlocked)
    certify_bias(str(unlocked.butler_root), THEIRS, "theirs", None, None)
    put_in_front(unlocked, CHAIN, THEIRS)
    assert f"chain {CHAIN} at {PLACE}: member {THEIRS} is not ours and stays" in unlocked.run("plan").out


def _chained() -> Any:
    from lsst.daf.butler import CollectionType

    return CollectionType.CHAINED
