"""What lint says of exposures and of what is hidden is what asking for every case one by one says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.lint.exposures import Log
from reconciler.lint.view import Fate
from reconciler.ports import Taken
from reconciler.validity import Validity
from tests.strategies import timelines

spans = st.tuples(st.integers(0, 30), st.integers(1, 9)).map(lambda pair: Validity(pair[0], pair[0] + pair[1]))
filters = st.sampled_from(["g_01", "r_03"])
logs = st.lists(st.tuples(spans, filters), max_size=8).map(
    lambda found: Log(Taken(number, 0, name, when) for number, (when, name) in enumerate(found))
)
instants = st.integers(0, 40)


def through(log: Log, name: str | None) -> list[Taken]:
    return [one for one in log.taken if name in (None, one.physical_filter)]


@given(logs, instants, instants, st.none() | filters)
def test_the_first_exposure_within_a_time_is_the_first_of_all(log: Log, begin: int, end: int, name: str | None) -> None:
    within = [one for one in through(log, name) if begin <= one.validity.begin and one.validity.end <= end]
    assert log.first(begin, end, name) == (within[0] if within and begin < end else None)


@given(logs, instants, st.integers(0, 5), st.none() | filters)
def test_exposures_across_a_boundary_are_those_that_overlap_both_sides(
    log: Log, edge: int, gap: int, name: str | None
) -> None:
    both = [one for one in through(log, name) if one.validity.begin < edge and one.validity.end > edge + gap]
    assert list(log.across(edge, edge + gap, name)) == both


@given(logs, instants)
def test_a_boundary_that_is_offered_lies_in_no_exposure(log: Log, edge: int) -> None:
    if not log.across(edge, edge, None):
        return
    quiet = log.quiet(edge)
    for offered in (quiet.begin, quiet.end):
        assert not log.across(offered, offered, None)
    assert not any(one.validity.overlaps(quiet) for one in log.taken)


@given(st.lists(timelines(), min_size=1, max_size=4))
def test_what_is_visible_of_the_layers_adds_up_to_what_is_given(lines: list[object]) -> None:
    layers = tuple((str(n), line.spans) for n, line in enumerate(lines) if line)  # type: ignore[attr-defined]
    fate = Fate("bias", None, layers, ("detector=0",))
    seen = [span for _, _, visible, _ in fate.visible() for span in visible]
    for instant in range(40):
        given_then = [s for b, e, s in fate.effective if b <= instant < e]
        assert [s for b, e, s in seen if b <= instant < e] == given_then
