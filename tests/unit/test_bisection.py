"""Where in a history an answer turned."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.bisection import turn
from reconciler.errors import ReconcileError

COMMITS = [f"commit {number}" for number in range(40)]


def answers(turned: int, invalid: frozenset[int] = frozenset()) -> Callable[[str], str]:
    """Return a history whose answer turns at one commit, and of which some commits cannot be asked."""

    def ask(commit: str) -> str:
        number = int(commit.split()[1])
        if number in invalid:
            raise ReconcileError("2 errors in 1 file\nand where they are")
        return "new" if number >= turned else "old"

    return ask


@given(st.integers(1, 39))
def test_the_commit_where_the_answer_turned_is_found_in_few_questions(turned: int) -> None:
    found = turn(COMMITS, answers(turned))
    assert found
    assert (found.before, found.after) == (COMMITS[turned - 1], COMMITS[turned])
    assert (found.was, found.became) == ("old", "new")
    assert found.asked <= 2 + 6


@given(st.integers(1, 39), st.frozensets(st.integers(1, 38)))
def test_what_cannot_be_asked_is_passed_by_and_said(turned: int, invalid: frozenset[int]) -> None:
    found = turn(COMMITS, answers(turned, invalid))
    assert found
    before, after = COMMITS.index(found.before), COMMITS.index(found.after)
    assert before < turned <= after
    assert {COMMITS.index(commit) for commit in found.between} == set(range(before + 1, after)) <= invalid
    assert set(found.between) <= set(found.skipped)
    assert set(found.skipped.values()) <= {"2 errors in 1 file"}


def test_the_same_answer_at_both_ends_is_no_turn() -> None:
    assert turn(COMMITS, answers(99)) is None
    assert turn(COMMITS[:1], answers(0)) is None


@pytest.mark.parametrize("end", [0, 39])
def test_the_ends_must_answer(end: int) -> None:
    with pytest.raises(ReconcileError):
        turn(COMMITS, answers(5, frozenset({end})))
