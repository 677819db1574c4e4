"""What a chain gives over time, told and drawn from a real repository, from a plan, and from specs alone."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from tests.e2e.desk import CHAIN, LOCK, PLACE, PUBLIC, SPEC, Desk, leaf
from tests.e2e.test_effect import OTHER, certify_others, link

BOUNDARY = "2024-12-08T20:03:15"


def lanes(panel: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Return dataset type -> (kind, begin, end, ticket) of the rows of a panel with one lane for each type."""
    return {
        lane["dataset_type"]: [(r["kind"], r["begin"], r["end"], r["ticket"]) for r in lane["rows"]]
        for lane in panel["lanes"]
    }


@pytest.fixture
def relinked(applied: Desk) -> Desk:
    """DM-1 as applied, and specs that put somebody's later biases in front of it."""
    certify_others(applied, first=3)
    link(applied, OTHER, CHAIN)
    return applied


def test_a_chain_reads_as_what_it_gives(applied: Desk) -> None:
    said = applied.done("timeline").out
    assert said == (
        f"{PUBLIC} at {PLACE}, as seen (times are TAI)\n  bias\n    always: DM-1\n  dark\n    always: DM-1\n"
    )


def test_a_plan_is_shown_before_and_after(relinked: Desk) -> None:
    before, after = relinked.done("timeline", "--plan", "--json").json["panels"]
    assert (before["view"], after["view"]) == ("as seen", "after the plan")
    assert lanes(before) == {"bias": [("given", None, None, "DM-1")], "dark": [("given", None, None, "DM-1")]}
    assert lanes(after)["bias"] == [
        ("given", None, BOUNDARY, "DM-1"),
        ("given", BOUNDARY, None, "DM-2"),
        ("shadowed", BOUNDARY, None, "DM-1"),
    ]
    assert lanes(after)["dark"] == lanes(before)["dark"]


def test_what_a_plan_shows_is_what_is_seen_once_it_is_applied(relinked: Desk) -> None:
    _, after = relinked.done("timeline", "--plan", "--json").json["panels"]
    assert relinked.apply().code == 0
    (seen,) = relinked.done("timeline", "--json").json["panels"]
    assert seen["lanes"] == after["lanes"]


def test_specs_alone_say_what_they_ask_and_what_they_cannot_know(relinked: Desk) -> None:
    shutil.rmtree(relinked.butler_root)
    (panel,) = relinked.done("timeline", "--desired", "--json").json["panels"]
    assert lanes(panel) == {"bias": [("given", None, None, "DM-1")], "dark": [("given", None, None, "DM-1")]}
    assert panel["untold"] == [OTHER]
    assert panel["lanes"][0]["rows"][0]["source"] == leaf("biasGen")


def test_pictures_and_pages_are_drawn_the_same_each_time(relinked: Desk) -> None:
    for name in ("calib.png", "calib.svg", "calib.html"):
        drawn = relinked.root / name
        said = relinked.done("timeline", "--plan", "--out", drawn).out
        assert said == f"Drawn to {drawn}: 4 lanes, 2 sources of calibrations\n"
        first = drawn.read_bytes()
        relinked.done("timeline", "--plan", "--out", drawn)
        assert drawn.read_bytes() == first
    assert (relinked.root / "calib.png").read_bytes().startswith(b"\x89PNG")
    page = (relinked.root / "calib.html").read_text()
    assert f"<td>{BOUNDARY}</td>" in page
    assert "<svg" in page


def test_only_the_types_that_are_asked_for_are_shown(applied: Desk) -> None:
    (panel,) = applied.done("timeline", "--type", "dark", "--json").json["panels"]
    assert list(lanes(panel)) == ["dark"]
    said = applied.run("timeline", "--type", "drak")
    assert (said.code, said.err) == (
        1,
        f"reconcile: {PUBLIC} gives no drak at here; it gives bias, dark\n  did you mean dark?\n",
    )


def test_types_that_no_spec_speaks_of_are_shown_too(applied: Desk) -> None:
    certify_others(applied, first=3)
    for document in (SPEC, LOCK):
        (applied.root / document).unlink()
    link(applied, OTHER)
    (panel,) = applied.done("timeline", "--chain", OTHER, "--json").json["panels"]
    assert list(lanes(panel)) == ["bias"]


def test_a_chain_of_the_repository_is_shown_by_its_name(applied: Desk) -> None:
    assert applied.done("timeline", "--chain", CHAIN, "--json").json["chain"] == CHAIN
    said = applied.run("timeline", "--chain", f"{PUBLIC}s")
    assert (said.code, said.err) == (
        1,
        f"reconcile: no chain {PUBLIC}s at site here\n  did you mean {PUBLIC}?\n",
    )


def test_a_snapshot_shows_the_same_without_the_repository(applied: Desk) -> None:
    expected = applied.done("timeline", "--json").out
    snapshot = applied.root / "here.json"
    applied.done("observe", "--out", snapshot)
    shutil.rmtree(applied.butler_root)
    assert applied.done("timeline", "--observed", snapshot, "--json").out == expected


def test_a_site_out_of_reach_is_not_shown_as_empty(applied: Desk) -> None:
    shutil.rmtree(applied.butler_root)
    assert applied.run("timeline").code == 11


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--out", "calib.pdf"), "a picture is .html, .png, .svg"),
        (("--desired", "--plan"), "different views"),
        (("--desired", "--observed", "x.json"), "specs alone"),
    ],
)
def test_options_that_make_no_sense_are_refused(applied: Desk, options: tuple[str, ...], words: str) -> None:
    said = applied.run("timeline", *options)
    assert said.code == 64
    assert words in said.err
