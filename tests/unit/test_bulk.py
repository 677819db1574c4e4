"""Many lookups at once say what one by one would."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.bulk import NOTHING, STRADDLES, BulkCalendar, Indices, Question
from reconciler.resolve import Calendar, Seams, Straddles
from reconciler.state import Cert, Chain, Key, State, Value
from reconciler.timeline import Source, Timeline, constant, gen, timeline
from reconciler.validity import ALWAYS, BEGINNING, END, NANOSECOND, Validity
from tests.strategies import timelines

BIAS = ("bias", "detector=0")
QUESTIONS = [(t, f"detector={d}") for t in ("bias", "dark") for d in range(3)]
COLLECTIONS = "abcd"
TWO_TYPES = [(c, t) for c in COLLECTIONS for t in ("bias", "dark")]


def calendar(*layers: Timeline) -> Calendar:
    """Return the calendar of one data ID that is certified in as many collections, in search order."""
    names = [str(number) for number in range(len(layers))]
    return Calendar(State({Cert("p", n, *BIAS): line for n, line in zip(names, layers, strict=True)}), "p", names, {})


def ask(bulk: BulkCalendar, questions: Sequence[Question], spans: Sequence[tuple[int, int]]) -> Indices:
    begins, ends = np.array(spans, np.int64).reshape(-1, 2).T
    return bulk.lookup(questions, begins, ends)


def answers(found: Calendar, *spans: tuple[int, int]) -> list[Source | int]:
    bulk = BulkCalendar(found)
    return [int(i) if i < 0 else bulk.sources[i] for i in ask(bulk, [BIAS], spans)[0]]


def one_by_one(found: Calendar, question: Question, span: tuple[int, int]) -> Source | int:
    try:
        source = found.lookup(*question, Validity(*span))
    except Straddles:
        return STRADDLES
    return NOTHING if source is None else source


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Draw a calendar of four collections in two chains, some of them RUNs, some timelines with seams."""
    certified = {Cert("p", c, *q): draw(timelines()) for c in COLLECTIONS for q in QUESTIONS if draw(st.booleans())}
    chains = st.lists(st.sampled_from([*COLLECTIONS, "inner"]), unique=True).map(tuple)
    inner = st.lists(st.sampled_from(COLLECTIONS), unique=True).map(tuple)
    linked: dict[Key, Value | None] = {Chain("p", "outer"): draw(chains), Chain("p", "inner"): draw(inner)}
    runs = draw(st.lists(st.sampled_from(TWO_TYPES), max_size=2))
    held = st.dictionaries(st.sampled_from([d for _, d in QUESTIONS[:3]]), st.just(constant(ALWAYS, gen("run"))))
    shelves = {run: draw(held) for run in runs}
    return Calendar(State(dict(certified)).put(linked), "p", ["outer"], shelves, seams=draw(seams(certified)))


@st.composite
def seams(draw: st.DrawFn, certified: dict[Cert, Timeline]) -> Seams:
    """Draw seams in the middle of some spans."""
    return {
        cert: {s: ((s.begin + s.end) // 2,) for s in line if s.end - s.begin > 1 and draw(st.booleans())}
        for cert, line in certified.items()
    }


spans = st.tuples(st.integers(0, 32), st.integers(1, 12)).map(lambda s: (s[0], s[0] + s[1]))
open_spans = st.sampled_from([(BEGINNING, END), (BEGINNING, 7), (7, END)])


@given(calendars(), st.lists(st.one_of(spans, open_spans), max_size=20))
def test_all_at_once_is_one_by_one(found: Calendar, exposures: list[tuple[int, int]]) -> None:
    bulk = BulkCalendar(found)
    table = [[int(i) if i < 0 else bulk.sources[i] for i in row] for row in ask(bulk, QUESTIONS, exposures)]
    assert table == [[one_by_one(found, question, span) for span in exposures] for question in QUESTIONS]


def test_an_exposure_gets_what_the_first_collection_that_it_touches_has() -> None:
    found = calendar(constant(Validity(0, 5), gen("new")), constant(Validity(0, 9), gen("old")))
    assert answers(found, (0, 1), (4, 6), (5, 6), (9, 10)) == [gen("new"), gen("new"), gen("old"), NOTHING]


def test_an_exposure_across_two_ranges_straddles_though_both_name_what_lies_below_too() -> None:
    found = calendar(timeline([(0, 5, gen("x")), (6, 9, gen("x"))]), constant(ALWAYS, gen("x")))
    assert answers(found, (4, 7), (5, 6), (3, 6)) == [STRADDLES, gen("x"), gen("x")]


def test_two_ranges_that_lie_below_do_not_straddle() -> None:
    found = calendar(constant(Validity(4, 5), gen("new")), timeline([(0, 4, gen("x")), (5, 9, gen("y"))]))
    assert answers(found, (3, 6), (0, 4)) == [gen("new"), gen("x")]


def test_open_ends_and_instants_are_spans_like_any_other() -> None:
    late = 4_000_000_000 * NANOSECOND
    found = calendar(constant(Validity(late, END), gen("x")))
    assert answers(found, (BEGINNING, END), (BEGINNING, late), (late, late + 1), (END - 1, END)) == [
        gen("x"), NOTHING, gen("x"), gen("x")
    ]  # fmt: skip


def test_each_data_id_gets_its_own_source_though_the_ranges_are_alike() -> None:
    state = State({Cert("p", "a", t, d): constant(ALWAYS, gen(f"{t} {d}")) for t, d in QUESTIONS})
    bulk = BulkCalendar(Calendar(state, "p", ["a"], {}))
    backwards = QUESTIONS[::-1]
    found = ask(bulk, backwards, [(0, 1), (5, 9)])
    assert [[bulk.sources[i].name for i in row] for row in found] == [[f"{t} {d}"] * 2 for t, d in backwards]


def test_what_nothing_certifies_is_nothing() -> None:
    bulk = BulkCalendar(Calendar(State(), "p", ["a"], {}))
    assert ask(bulk, [BIAS], [(0, 1), (2, 3)]).tolist() == [[NOTHING, NOTHING]]
    assert bulk.sources == ()


def test_no_questions_and_no_exposures_have_no_answers() -> None:
    bulk = BulkCalendar(calendar(constant(ALWAYS, gen("x"))))
    assert ask(bulk, [], [(0, 1)]).shape == (0, 1)
    assert ask(bulk, [BIAS], []).shape == (1, 0)


def test_the_times_asked_about_are_not_changed() -> None:
    begins, ends = np.array([3, 0], np.int64), np.array([6, 9], np.int64)
    BulkCalendar(calendar(timeline([(0, 5, gen("x")), (6, 9, gen("y"))]))).lookup([BIAS], begins, ends)
    assert (begins.tolist(), ends.tolist()) == ([3, 0], [6, 9])


@pytest.mark.parametrize(
    ("begins", "ends", "message"),
    [
        (np.array([0.5]), np.array([1.5]), "int64 TAI nanoseconds, not 1 of float64"),
        (np.array([[0]]), np.array([[1]]), "int64 TAI nanoseconds, not 2 of int64"),
        (np.array([0, 1]), np.array([1]), "2 exposures begin and 1 end"),
        (np.array([0, NANOSECOND]), np.array([1, NANOSECOND]), "empty exposure 1: begin 1970-01-01T00:00:01 is not"),
    ],
)
def test_times_that_mean_nothing_are_refused(begins: np.ndarray, ends: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BulkCalendar(calendar()).lookup([BIAS], begins, ends)
