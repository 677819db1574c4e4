"""Saved plans: bound to what they rest on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import ReconcileError, StalePlan, Unreachable
from reconciler.plan import Plan
from reconciler.saved import load, require_fresh, save

CONTENT: dict[str, Any] = {
    "site": "usdf", "commit": "abc", "uncommitted": [], "steps": [], "unknown": {}, "basis": {"Chain x": "1"},
}  # fmt: skip


def plan(basis: dict[str, str], unknown: dict[str, str] | None = None) -> Plan:
    return Plan((), (), (), unknown or {}, basis)


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    save(tmp_path / "a.plan", CONTENT)
    assert load(tmp_path / "a.plan") == {"format": "reconcile plan 1", **CONTENT}


@pytest.mark.parametrize("lacking", CONTENT)
def test_a_file_that_lacks_anything_is_no_saved_plan(tmp_path: Path, lacking: str) -> None:
    save(tmp_path / "a.plan", {key: value for key, value in CONTENT.items() if key != lacking})
    with pytest.raises(ReconcileError, match="no saved plan"):
        load(tmp_path / "a.plan")


def test_bytes_are_no_saved_plan(tmp_path: Path) -> None:
    (tmp_path / "a.plan").write_bytes(b"\xff\xfe")
    with pytest.raises(ReconcileError, match="no saved plan"):
        load(tmp_path / "a.plan")


def test_the_same_facts_are_fresh() -> None:
    require_fresh(CONTENT, "usdf", "abc", plan({"Chain x": "1"}))


@pytest.mark.parametrize(
    ("changes", "site", "commit", "basis", "words"),
    [
        ({}, "summit", "abc", {"Chain x": "1"}, "is for site usdf, this is summit"),
        ({"uncommitted": ["specs/a"]}, "usdf", "abc", {"Chain x": "1"}, "uncommitted"),
        ({}, "usdf", "def", {"Chain x": "1"}, "of commit abc, HEAD is def"),
        ({}, "usdf", "abc", {"Chain x": "2"}, "Chain x"),
        ({}, "usdf", "abc", {}, "Chain x"),
        ({}, "usdf", "abc", {"Chain x": "1", "Chain y": "1"}, "Chain y"),
        ({}, "usdf", "abc", {f"Chain {n}": "1" for n in range(9)}, "and 5 more"),
    ],
)
def test_what_has_moved_is_named(
    changes: dict[str, Any], site: str, commit: str, basis: dict[str, str], words: str
) -> None:
    with pytest.raises(StalePlan, match=words):
        require_fresh({**CONTENT, **changes}, site, commit, plan(basis))


def test_a_place_that_is_away_now_says_nothing_of_what_moved() -> None:
    with pytest.raises(Unreachable, match="it is away"):
        require_fresh(CONTENT, "usdf", "abc", plan({}, {"usdf/main": "it is away"}))


def test_a_place_that_was_away_already_is_no_news() -> None:
    saved = {**CONTENT, "unknown": {"usdf/main": "away"}}
    require_fresh(saved, "usdf", "abc", plan({"Chain x": "1"}, {"usdf/main": "still away"}))
