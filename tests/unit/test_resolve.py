"""The effective calendar: Butler's rules of searching, without a Butler."""

from __future__ import annotations

import pytest

from reconciler.adapters.memory import MemoryRepository, Store
from reconciler.facts import Facts
from reconciler.intent import Desired
from reconciler.look import look
from reconciler.observation import Collection, Observation, Scope, lift
from reconciler.resolve import Calendar, Straddles, flatten, reachable, seams
from reconciler.state import Cert, Chain, State
from reconciler.timeline import Span, Timeline, constant, gen, timeline, uuid
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


CERT = Cert("p", "a", "bias", "detector=0")


def certified(*rows: tuple[int, int, str]) -> Observation:
    """Return a repository where these ranges of one data ID are certified in collection `a`."""
    return Observation("p", {}, {("a", "bias"): {"detector=0": rows}})


def test_a_seam_is_where_two_certifications_of_one_dataset_touch() -> None:
    seen = certified((0, 3, "x"), (3, 5, "x"), (5, 9, "y"), (10, 11, "y"))
    assert seams(lift(seen), seen) == {CERT: {Span(0, 5, uuid("x")): (3,)}}


def test_an_exposure_across_two_ranges_of_one_dataset_raises_as_butler_does() -> None:
    seen = certified((0, 3, "x"), (3, 5, "x"))
    state = lift(seen)
    calendar = Calendar(state, "p", ["a"], {}, seams=seams(state, seen))
    assert calendar.lookup("bias", "detector=0", Validity(2, 3)) == uuid("x")
    assert calendar.lookup("bias", "detector=0", Validity(3, 4)) == uuid("x")
    with pytest.raises(Straddles, match="straddles two validity ranges of a: dataset x and dataset x"):
        calendar.lookup("bias", "detector=0", Validity(2, 4))


def test_a_span_that_is_certified_anew_has_no_seam() -> None:
    seen = certified((0, 3, "x"), (3, 5, "x"))
    after = lift(seen).put({CERT: constant(Validity(0, 6), uuid("x"))})
    calendar = Calendar(after, "p", ["a"], {}, seams=seams(lift(seen), seen))
    assert calendar.lookup("bias", "detector=0", Validity(2, 4)) == uuid("x")


def test_layers_are_what_a_lookup_goes_through_in_search_order() -> None:
    found = calendar(
        {"a": timeline([(0, 5, gen("x")), (7, 9, gen("y"))]), "b": constant(Validity(0, 9), gen("old"))},
        {"c": constant(ALWAYS, gen("run"))},
    ).layers()
    runs = (Span(ALWAYS.begin, ALWAYS.end, gen("run")),)
    assert found == {
        ("bias", "detector=0"): [
            (Span(0, 5, gen("x")), Span(7, 9, gen("y"))), runs, (Span(0, 9, gen("old")),)
        ]
    }  # fmt: skip


def test_layers_are_broken_at_seams() -> None:
    seen = certified((0, 3, "x"), (3, 5, "x"))
    state = lift(seen)
    found = Calendar(state, "p", ["a"], {}, seams=seams(state, seen)).layers()
    assert found == {("bias", "detector=0"): [(Span(0, 3, uuid("x")), Span(3, 5, uuid("x")))]}


def test_layers_leave_out_what_is_not_searched() -> None:
    state = State({CERT: constant(ALWAYS, gen("x")), Cert("q", "b", "bias", "d"): constant(ALWAYS, gen("y"))})
    shelves = {("run", "bias"): {"detector=0": constant(ALWAYS, gen("z"))}}
    assert Calendar(state, "p", ["b"], shelves).layers() == {}


def test_a_shelf_hides_certifications_under_the_same_name() -> None:
    found = calendar({"a": constant(ALWAYS, gen("x"))}, {"a": constant(ALWAYS, gen("run"))})
    assert found.layers() == {("bias", "detector=0"): [(Span(ALWAYS.begin, ALWAYS.end, gen("run")),)]}


def test_what_is_seen_at_a_place_keeps_touching_certifications_of_one_dataset_apart() -> None:
    rows = ((0, 10, "one"), (10, 20, "one"))
    seen = Observation(
        "p", {"calib": Collection("CALIBRATION")}, certifications={("calib", "bias"): {"detector=0": rows}}
    )

    class Seen(MemoryRepository):
        def observe(self, scope: Scope) -> Observation:
            return seen

    found = look([Seen("p", Store())], lambda _: Scope(None), Desired(State()), Facts())
    calendar = found.facts.calendar(found.state, "p", ["calib"])
    assert calendar.lookup("bias", "detector=0", Validity(2, 8)) == uuid("one")
    with pytest.raises(Straddles):
        calendar.lookup("bias", "detector=0", Validity(8, 12))
