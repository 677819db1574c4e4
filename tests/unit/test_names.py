from datetime import date

import pytest

from reconciler.errors import ReconcileError
from reconciler.names import (
    Naming,
    Rerun,
    calib_date,
    is_construction_ticket,
    is_release,
    is_ticket,
    next_rerun,
    parse_rerun,
    ticket_in,
)

OFFICIAL = Naming("", "LSSTComCam", "DM-48520", "DP1")


def test_a_leaf_is_named_as_the_technote_says() -> None:
    naming = Naming("", "LATISS", "DM-12345", "voltageChange")
    assert naming.leaf("biasGen", "20220915a") == "LATISS/calib/DM-12345/voltageChange/biasGen.20220915a"


def test_the_ticket_chain_has_no_tag() -> None:
    assert OFFICIAL.ticket_chain == "LSSTComCam/calib/DM-48520"


def test_a_set_without_a_tag_has_no_such_level() -> None:
    assert Naming("", "LATISS", "DM-1").leaf("bias", "20220915a") == "LATISS/calib/DM-1/bias.20220915a"


def test_a_users_trial_is_below_the_users_prefix() -> None:
    assert Naming("u/erykoff/", "LATISS", "DM-1").ticket_chain == "u/erykoff/LATISS/calib/DM-1"


def test_bootstraps_have_a_run_with_a_fixed_name() -> None:
    run = OFFICIAL.run("biasBootstrapGen", "20250207a", "run1")
    assert run == "LSSTComCam/calib/DM-48520/DP1/biasBootstrapGen.20250207a/run1"


def test_a_calib_date_is_written_in_utc() -> None:
    assert calib_date("2024-12-06T02:00:00+02:00") == "20241206T000000Z"


def test_a_rerun_is_a_day_and_a_letter() -> None:
    assert parse_rerun("20250207a") == Rerun(date(2025, 2, 7), "a")


@pytest.mark.parametrize(
    "text", ["20250207", "20250207A", "2025-02-07a", "20250207aa", "", "20250207a\n", "２0250207a"]
)
def test_what_is_no_day_and_letter_is_no_rerun(text: str) -> None:
    with pytest.raises(ValueError, match="is not a rerun like 20250207a"):
        parse_rerun(text)


def test_a_rerun_needs_a_day_of_the_calendar() -> None:
    with pytest.raises(ValueError, match="2025-02-30 is no day of the calendar"):
        parse_rerun("20250230a")


def test_the_next_rerun_takes_the_next_letter() -> None:
    assert next_rerun("20250207a") == "20250207b"


def test_after_z_a_new_day_is_needed() -> None:
    with pytest.raises(ReconcileError, match="today's date and the letter a"):
        next_rerun("20250207z")


def test_only_construction_tickets_name_collections() -> None:
    assert is_construction_ticket("DM-48520")
    assert not is_construction_ticket("TAXICAB-23")
    assert is_ticket("TAXICAB-23")


@pytest.mark.parametrize("text", ["DM-", "DM-0", "dm-1", "DM_1", "DM-1 ", "DM-1\n", "DM-１"])
def test_what_only_looks_like_a_ticket_is_none(text: str) -> None:
    assert not is_ticket(text)


def test_a_collection_names_its_ticket_wherever_it_stands() -> None:
    assert ticket_in(OFFICIAL.leaf("bias", "20250207a")) == "DM-48520"
    assert ticket_in("LSSTComCam/calib") is None


@pytest.mark.parametrize("name", ["w_2025_05", "d_2025_05_01", "v28_0_1", "v29.1.1.rc2", "embedded"])
def test_released_software_is_told_from_a_branch(name: str) -> None:
    assert is_release(name)
    assert not is_release(f"tickets/{name}")
    assert not is_release(f"{name}-mine")
