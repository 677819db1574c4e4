import pytest
from hypothesis import given

from reconciler.timeline import NOTHING, Source, Span, Timeline, constant, gen, timeline
from reconciler.validity import Validity
from tests.strategies import timelines

A, B = gen("A"), gen("B")


def at(line: Timeline, instant: int) -> Source | None:
    return next((source for begin, end, source in line if begin <= instant < end), None)


def test_neighbours_of_one_source_become_one_span() -> None:
    assert timeline([(0, 3, A), (3, 5, A)]) == timeline([(0, 5, A)])


def test_neighbours_of_two_sources_stay_two() -> None:
    assert timeline([(3, 5, B), (0, 3, A)]).spans == (Span(0, 3, A), Span(3, 5, B))


def test_two_sources_at_one_instant_are_refused() -> None:
    with pytest.raises(ValueError, match="two sources are certified"):
        timeline([(0, 4, A), (3, 5, B)])


def test_an_empty_span_is_refused() -> None:
    with pytest.raises(ValueError, match="empty validity"):
        timeline([(3, 3, A)])


@given(timelines(), timelines())
def test_the_upper_timeline_hides_the_lower_one_where_it_says_something(upper: Timeline, lower: Timeline) -> None:
    both = upper.over(lower)
    assert all(at(both, instant) == (at(upper, instant) or at(lower, instant)) for instant in range(32))


@given(timelines())
def test_nothing_over_or_under_a_timeline_changes_it(line: Timeline) -> None:
    assert NOTHING.over(line) == line == line.over(NOTHING) == line.over(line)


@given(timelines(), timelines(), timelines())
def test_search_order_does_not_depend_on_how_it_is_grouped(a: Timeline, b: Timeline, c: Timeline) -> None:
    assert a.over(b).over(c) == a.over(b.over(c))


@given(timelines())
def test_a_filter_keeps_what_it_is_asked_to(line: Timeline) -> None:
    kept = line.only(lambda source: source == A)
    assert all(at(kept, instant) == (A if at(line, instant) == A else None) for instant in range(32))


def test_a_lookup_gives_every_source_in_the_interval() -> None:
    assert timeline([(0, 3, A), (3, 5, B)]).lookup(Validity(2, 4)) == (A, B)


def test_an_interval_is_covered_only_by_one_span() -> None:
    line = timeline([(0, 3, A), (3, 5, B)])
    assert line.covers(Validity(0, 3))
    assert not line.covers(Validity(2, 4))


def test_a_constant_says_one_thing() -> None:
    assert constant(Validity(0, 5), A) == timeline([(0, 5, A)])
    assert not NOTHING
