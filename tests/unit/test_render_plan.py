"""Data IDs and headings as people read them; whole plans are golden (tests/cases/plans)."""

from __future__ import annotations

import pytest

from reconciler.plan import Plan
from reconciler.render.plan import Heading, as_json, sentence, text, which

EMPTY = Plan((), (), (), {}, {})


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        (["instrument=Cam,detector=3"], "detector 3"),
        (["instrument=Cam,detector=0", "instrument=Cam,detector=1", "instrument=Cam,detector=4"], "detectors 0..1, 4"),
        (["instrument=Cam,detector=0,physical_filter=r_03"], "detector 0, r_03"),
        (["instrument=Cam"], "Cam"),
    ],
)
def test_data_ids_are_said_as_people_say_them(ids: list[str], words: str) -> None:
    assert which(ids) == words


def test_a_plan_before_the_first_commit_says_so() -> None:
    assert text(EMPTY, Heading("usdf", None)).startswith("Plan for usdf at no commit yet\n")


def test_uncommitted_changes_are_said() -> None:
    assert "at abc + uncommitted changes\n" in text(EMPTY, Heading("usdf", "abc", ("specs/a",)))


def test_an_empty_plan_is_no_drift() -> None:
    assert as_json(EMPTY, Heading("usdf", "abc", drift_since="abc"))["drift"] is False


def test_a_place_that_is_unknown_is_never_in_sync() -> None:
    plan = Plan((), (), (), {"usdf/main": "away"}, {})
    assert sentence(plan, Heading("usdf", "abc")) == "Not known well enough: usdf/main."
