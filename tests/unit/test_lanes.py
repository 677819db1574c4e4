"""Lanes: what a search path gives, told once for all detectors that get the same, and what it hides."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from reconciler.lanes import Lane, Piece, Shadow, lanes
from reconciler.resolve import Calendar
from reconciler.state import Cert, Chain, State
from reconciler.timeline import Source, Timeline, constant, gen, timeline, uuid
from reconciler.validity import ALWAYS, BEGINNING, END, Validity
from tests.strategies import timelines

A, B = gen("A"), gen("B")


def bias(detector: int) -> str:
    return f"instrument=Cam,detector={detector}"


def calendar(
    members: Mapping[str, Mapping[tuple[str, str], Timeline]],
    shelves: Mapping[tuple[str, str], Mapping[str, Timeline]] | None = None,
) -> Calendar:
    """Return what a chain of these collections in this order gives: (dataset type, data ID) -> timeline in each."""
    state = (
        State()
        .put({Chain("p", "calib"): tuple(members)})
        .put({Cert("p", name, *question): line for name, lines in members.items() for question, line in lines.items()})
    )
    return Calendar(state, "p", ["calib"], shelves or {})


def biases(**members: Mapping[int, Timeline]) -> tuple[Lane, ...]:
    """Return the lanes of a chain of these collections: detector -> timeline of biases in each."""
    named = {n: {("bias", bias(d)): line for d, line in lines.items()} for n, lines in members.items()}
    return lanes(calendar(named))


def test_detectors_that_get_the_same_share_a_lane() -> None:
    (lane,) = biases(a=dict.fromkeys(range(189), constant(ALWAYS, A)))
    assert (lane.dataset_type, lane.instrument, lane.physical_filter) == ("bias", "Cam", None)
    assert (lane.detectors, lane.whole) == (tuple(range(189)), True)
    assert lane.pieces == (Piece(BEGINNING, END, A, ("a",)),)


def test_detectors_that_get_something_else_have_their_own_lane() -> None:
    usual, other = biases(a={d: constant(ALWAYS, B if d in (3, 4, 5) else A) for d in range(11)})
    assert (usual.detectors, other.detectors) == ((0, 1, 2, 6, 7, 8, 9, 10), (3, 4, 5))
    assert (usual.whole, other.whole) == (False, False)


def test_shadows_are_in_search_order_whatever_detectors_they_are_for() -> None:
    (lane,) = biases(
        a=dict.fromkeys((0, 1), constant(ALWAYS, A)), b={1: constant(ALWAYS, B)}, c={0: constant(ALWAYS, B)}
    )
    assert [(shadow.collection, shadow.data_ids) for shadow in lane.shadows] == [("b", (bias(1),)), ("c", (bias(0),))]


def test_each_filter_has_a_lane() -> None:
    questions = {("flat", f"{bias(0)},physical_filter={name}"): constant(ALWAYS, A) for name in ("r_03", "g_01")}
    found = lanes(calendar({"a": {**questions, ("bias", bias(0)): constant(ALWAYS, A)}}))
    assert [(lane.dataset_type, lane.physical_filter) for lane in found] == [
        ("bias", None), ("flat", "g_01"), ("flat", "r_03")
    ]  # fmt: skip


def test_what_is_searched_first_hides_what_is_below() -> None:
    (lane,) = biases(new={0: timeline([(5, END, A)])}, old={0: constant(ALWAYS, B)})
    assert lane.pieces == (Piece(BEGINNING, 5, B, ("old",)), Piece(5, END, A, ("new",)))
    assert lane.shadows == (Shadow(5, END, B, "old", (bias(0),)),)


def test_a_shadow_below_two_winners_is_one() -> None:
    (lane,) = biases(new={0: timeline([(2, 5, A), (5, 8, B)])}, old={0: timeline([(0, 9, gen("C"))])})
    assert [shadow[:3] for shadow in lane.shadows] == [(2, 8, gen("C"))]


def test_a_shadow_of_some_detectors_says_of_which() -> None:
    (lane,) = biases(new={d: constant(ALWAYS, A) for d in range(3)}, old={2: constant(ALWAYS, B)})
    assert lane.shadows == (Shadow(BEGINNING, END, B, "old", (bias(2),)),)


def test_one_dataset_through_two_collections_is_one_piece() -> None:
    (lane,) = biases(new={0: timeline([(5, 9, A)])}, old={0: timeline([(0, 7, A)])})
    assert lane.pieces == (Piece(0, 9, A, ("new", "old")),)
    assert lane.shadows == (Shadow(5, 7, A, "old", (bias(0),)),)


def test_when_nothing_is_given_is_a_gap() -> None:
    (lane,) = biases(a={0: timeline([(2, 5, A), (7, 9, B)])})
    assert lane.gaps == (Validity(BEGINNING, 2), Validity(5, 7), Validity(9, END))


def test_what_always_answers_leaves_no_gap_and_has_no_boundary() -> None:
    (lane,) = biases(a={0: constant(ALWAYS, A)})
    assert (lane.gaps, lane.boundaries) == ((), frozenset())


def test_boundaries_are_also_those_of_what_is_hidden() -> None:
    (lane,) = biases(new={0: timeline([(BEGINNING, 9, A)])}, old={0: timeline([(3, END, B)])})
    assert lane.boundaries == {3, 9}


def test_a_run_in_the_path_answers_at_any_date() -> None:
    (lane,) = lanes(
        calendar(
            {"run": {}, "old": {("bias", bias(0)): timeline([(2, 5, B)])}},
            {("run", "bias"): {bias(0): constant(ALWAYS, A)}},
        )
    )
    assert (lane.timeline, lane.shadows[0].collection) == (constant(ALWAYS, A), "old")


def test_datasets_of_one_name_count_as_the_same() -> None:
    line = {("bias", bias(d)): constant(ALWAYS, uuid(str(d))) for d in range(2)}
    assert len(lanes(calendar({"a": line}))) == 2
    (lane,) = lanes(calendar({"a": line}), named=lambda _: A)
    assert lane.detectors == (0, 1)


questions = st.sampled_from(
    [("bias", bias(0)), ("bias", bias(1)), ("bias", bias(2)), ("flat", f"{bias(0)},physical_filter=r")]
)
calendars = st.dictionaries(
    st.sampled_from("PQRS"), st.dictionaries(questions, timelines().filter(bool), max_size=4), max_size=4
).map(calendar)  # fmt: skip


@given(calendars)
def test_lanes_cover_exactly_the_effective_timelines(one: Calendar) -> None:
    asked = list(one.layers())
    found = lanes(one)
    assert sorted((lane.dataset_type, data_id) for lane in found for data_id in lane.data_ids) == sorted(asked)
    for lane in found:
        assert {one.timeline(lane.dataset_type, data_id) for data_id in lane.data_ids} == {lane.timeline}


@given(calendars)
def test_lanes_of_one_type_and_filter_differ(one: Calendar) -> None:
    kinds = [(lane.dataset_type, lane.instrument, lane.physical_filter, lane.timeline) for lane in lanes(one)]
    assert len(set(kinds)) == len(kinds)


@given(calendars)
def test_pieces_and_gaps_are_all_of_time(one: Calendar) -> None:
    for lane in lanes(one):
        spans = sorted([piece[:2] for piece in lane.pieces] + [(gap.begin, gap.end) for gap in lane.gaps])
        assert [spans[0][0], spans[-1][1]] == [BEGINNING, END]
        assert all(before[1] == after[0] for before, after in pairwise(spans))


@given(calendars, st.integers(0, 30))
def test_every_certification_is_given_or_hidden_at_every_instant(one: Calendar, at: int) -> None:
    def certified(dataset_type: str, data_id: str) -> list[Source]:
        layers = one.layers()[dataset_type, data_id]
        return [source for layer in layers for begin, end, source in layer if begin <= at < end]

    for lane in lanes(one):
        for data_id in lane.data_ids:
            given = [piece.source for piece in lane.pieces if piece.begin <= at < piece.end]
            hidden = [s.source for s in lane.shadows if s.begin <= at < s.end and data_id in s.data_ids]
            assert given + hidden == certified(lane.dataset_type, data_id)
