"""What lint says of exposures and of what is hidden is what asking for every case one by one says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.holdings import Taken
from reconciler.lint.exposures import Log
from reconciler.lint.rules import boundary, dead, gap
from reconciler.lint.view import Fate, Search, View
from reconciler.resolve import Calendar, Straddles
from reconciler.spec.documents import Chain as ChainDocument
from reconciler.spec.located import Located
from reconciler.spec.source import Source
from reconciler.state import Cert, State
from reconciler.timeline import Timeline, gen
from reconciler.validity import Validity
from tests.strategies import timelines
from tests.worlds import chain, tree

spans = st.tuples(st.integers(0, 30), st.integers(1, 9)).map(lambda pair: Validity(pair[0], pair[0] + pair[1]))
filters = st.sampled_from(["g_01", "r_03"])
logs = st.lists(st.tuples(spans, filters), max_size=8).map(
    lambda found: Log(Taken(number, 0, name, when) for number, (when, name) in enumerate(found))
)
instants = st.integers(0, 40)


COLLECTIONS = ("A", "B", "C")
DATA_IDS = ("detector=0", "detector=1")


@st.composite
def views(draw: st.DrawFn) -> View:
    """Draw a chain of three collections at a place, each with datasets of its own, and exposures."""
    values = {
        Cert("p", name, "bias", data_id): draw(timelines(st.just(gen(name))))
        for name in COLLECTIONS
        for data_id in DATA_IDS
    }
    document = chain(*COLLECTIONS)
    assert isinstance(document, ChainDocument)
    calendar = Calendar(State({key: line for key, line in values.items() if line}), "p", COLLECTIONS, {})
    located = Located(document, Source("specs/chain.yaml", ""))
    return View(tree(), (Search(located, ("members",), "p", calendar, {}, log=draw(logs)),), ())


def asked(view: View, data_id: str, when: Validity) -> str | None:
    """Return the collection that answers; `raises` where Butler does."""
    try:
        found = view.searches[0].calendar.lookup("bias", data_id, when)
    except Straddles:
        return "raises"
    return found.name if found else None


@given(views())
def test_a_boundary_is_found_exactly_where_a_lookup_raises(view: View) -> None:
    cases = [(data_id, one) for data_id in DATA_IDS for one in view.searches[0].log.taken]
    raising = any(asked(view, data_id, one.validity) == "raises" for data_id, one in cases)
    assert bool(list(boundary.inside_exposures(view))) == raising


@given(views())
def test_a_gap_is_found_exactly_where_an_exposure_gets_nothing_any_more(view: View) -> None:
    search = view.searches[0]
    begins = {data_id: search.calendar.timeline("bias", data_id).spans[:1] for data_id in DATA_IDS}
    lacking = any(
        asked(view, data_id, one.validity) is None
        for data_id, first in begins.items()
        for one in search.log.taken
        if first and first[0].begin <= one.validity.begin
    )
    assert bool(list(gap.gaps(view))) == lacking


@given(views())
def test_what_is_dead_is_what_no_instant_is_given(view: View) -> None:
    held = {name for layers in view.searches[0].calendar.holdings().values() for name, _ in layers}
    given_ever = {asked(view, data_id, Validity(at, at + 1)) for data_id in DATA_IDS for at in range(40)}
    assert {one.about for one in dead.certifications(view)} == held - given_ever


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
    assert quiet is not None
    for offered in (quiet.begin, quiet.end):
        assert not log.across(offered, offered, None)
    assert not any(one.validity.overlaps(quiet) for one in log.taken)


@given(st.lists(timelines(), min_size=1, max_size=4))
def test_what_is_visible_of_the_layers_adds_up_to_what_is_given(lines: list[Timeline]) -> None:
    layers = tuple((str(n), line.spans) for n, line in enumerate(lines) if line)
    fate = Fate("bias", None, layers, ("detector=0",))
    seen = [span for _, _, visible, _ in fate.visible() for span in visible]
    for instant in range(40):
        given_then = [s for b, e, s in fate.effective if b <= instant < e]
        assert [s for b, e, s in seen if b <= instant < e] == given_then
