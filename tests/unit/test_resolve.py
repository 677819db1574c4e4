"""The effective calendar: Butler's rules of searching, without a Butler."""

from __future__ import annotations

import pytest

from reconciler.resolve import Calendar, Straddles, flatten, reachable
from reconciler.state import Cert, Chain, State
from reconciler.timeline import Timeline, constant, gen, timeline
from reconciler.validity import ALWAYS, Validity

CHAINS = {"top": ("a", "inner", "b"), "inner": ("c", "a", "top")}


def children(name: str) -> tuple[str, ...]:
    return CHAINS.get(name, ())


def calendar(certified: dict[str, Timeline], shelves: dict[str, Timeline] | None = None) -> Calendar:
    """Return what the chain `top` of a, c, b gives for one data ID."""
    state = State({Cert("p", name, "bias", "detector=0"): line for name, line in certified.items()})
    state = state.put({Chain("p", "top"): ("a", "c", "b")})
    return Calendar(state, "p", ["top"], {(n, "bias"): {"detector=0": line} for n, line in (shelves or {}).items()})


def test_a_collection_counts_where_it_first_appears_and_circles_end() -> None:
    assert flatten(["top", "b"], children) == ("a", "c", "b")


def test_reachable_are_chains_and_what_is_in_them() -> None:
    assert reachable(["inner"], children) == {"inner", "c", "a", "top", "b"}


def test_the_first_collection_that_answers_wins_at_each_instant() -> None:
    found = calendar({"a": constant(Validity(0, 5), gen("new")), "b": constant(Validity(0, 9), gen("old"))})
    assert found.timeline("bias", "detector=0") == timeline([(0, 5, gen("new")), (5, 9, gen("old"))])


def test_an_exposure_takes_the_first_collection_with_a_range_that_it_touches() -> None:
    found = calendar({"a": constant(Validity(0, 5), gen("new")), "b": constant(Validity(0, 9), gen("old"))})
    assert found.lookup("bias", "detector=0", Validity(4, 6)) == gen("new")
    assert found.lookup("bias", "detector=0", Validity(5, 6)) == gen("old")


def test_outside_all_ranges_there_is_nothing() -> None:
    assert calendar({"a": constant(Validity(0, 5), gen("x"))}).lookup("bias", "detector=0", Validity(5, 6)) is None


def test_an_exposure_across_two_ranges_of_one_collection_raises_as_butler_does() -> None:
    found = calendar({"a": timeline([(0, 5, gen("x")), (5, 9, gen("y"))])})
    with pytest.raises(Straddles, match="straddles two validity ranges of a: x and y"):
        found.lookup("bias", "detector=0", Validity(4, 6))


def test_a_run_in_front_wins_at_any_date() -> None:
    found = calendar({"b": constant(Validity(0, 9), gen("old"))}, {"a": constant(ALWAYS, gen("run"))})
    assert found.lookup("bias", "detector=0", Validity(0, 1)) == gen("run")


def test_a_run_without_the_data_id_is_passed_by() -> None:
    found = calendar({"b": constant(Validity(0, 9), gen("old"))}, {"a": constant(ALWAYS, gen("run"))})
    assert found.lookup("bias", "detector=1", Validity(0, 1)) is None
