"""The blast radius: exactly the exposures for which a lookup gives something else, by Butler's rule."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from reconciler.adapters.memory import MemoryRepository, Store
from reconciler.blast import Blast, blast, windows
from reconciler.effect import compare
from reconciler.holdings import Exposure, Taken
from reconciler.resolve import Calendar, Straddles
from reconciler.state import Cert, Chain, Key, State, Value
from reconciler.timeline import Source, Timeline, constant, gen, timeline
from reconciler.validity import ALWAYS, END, Validity
from tests.strategies import timelines

PLACE, ROOT = "usdf/main", Chain("usdf/main", "calib")
A, B = gen("A"), gen("B")
BIAS = "instrument=Cam,detector=0"


class Counting(MemoryRepository):
    """Counts how often it is asked for exposures."""

    asked = 0

    def exposures_during(
        self, instrument: str, windows: tuple[Validity, ...], filters: frozenset[str] | None = None
    ) -> tuple[Taken, ...]:
        self.asked += 1
        return super().exposures_during(instrument, windows, filters)


def calendar(*layers: dict[tuple[str, str], Timeline]) -> Calendar:
    """Return what a chain of CALIBRATION collections gives: (dataset type, data ID) -> timeline in each."""
    names = tuple(f"C{number}" for number in range(len(layers)))
    values: dict[Key, Value | None] = {ROOT: names}
    for name, layer in zip(names, layers, strict=True):
        values |= {Cert(PLACE, name, *question): line for question, line in layer.items()}
    return Calendar(State().put(values), PLACE, [ROOT.name], {})


def bias(*spans: tuple[int, int, Source]) -> dict[tuple[str, str], Timeline]:
    return {("bias", BIAS): timeline(spans)}


def repository(spans: Iterable[tuple[int, int]], physical_filter: str = "r_03") -> Counting:
    """Return a repository with exposures of these times, numbered in order."""
    store = Store()
    for number, (begin, end) in enumerate(spans):
        store.exposures["Cam", number] = Exposure(number, "science", physical_filter, "r", Validity(begin, end))
    return Counting(PLACE, store)


def between(before: Calendar, after: Calendar, taken: Counting) -> Blast:
    return blast(compare(ROOT, before, after), taken)


def numbers(found: Blast) -> dict[str, list[list[int]]]:
    """Return dataset type -> the numbers of the exposures that are changed, lost and refused."""
    kinds = found.changed, found.lost, found.refused
    types = {dataset_type for kind in kinds for dataset_type in kind}
    return {t: [[one.id for one in kind.get(t, ())] for kind in kinds] for t in types}


def test_exposures_inside_a_shift_change_and_others_do_not() -> None:
    before, after = calendar(bias((0, END, A))), calendar(bias((5, 9, B)), bias((0, END, A)))
    assert numbers(between(before, after, repository([(3, 5), (5, 6), (8, 9), (9, 10)]))) == {"bias": [[1, 2], [], []]}


def test_an_exposure_across_the_begin_of_a_shift_gets_what_the_first_collection_has() -> None:
    before, after = calendar(bias((0, END, A))), calendar(bias((5, 9, B)), bias((0, END, A)))
    assert numbers(between(before, after, repository([(4, 6)]))) == {"bias": [[0], [], []]}


def test_an_exposure_across_two_ranges_of_one_collection_is_refused() -> None:
    before, after = calendar(bias((0, END, A))), calendar(bias((0, 5, A), (5, END, B)))
    assert numbers(between(before, after, repository([(4, 6), (6, 7)]))) == {"bias": [[0, 1], [], [0]]}


def test_what_was_refused_and_is_still_is_no_change() -> None:
    before, after = calendar(bias((0, 5, A), (5, END, B))), calendar(bias((0, 5, B), (5, END, A)))
    assert numbers(between(before, after, repository([(4, 6)]))) == {"bias": [[], [], [0]]}


def test_exposures_that_get_nothing_any_more_are_lost() -> None:
    before, after = calendar(bias((0, END, A))), calendar(bias((5, END, A)))
    assert numbers(between(before, after, repository([(3, 4), (4, 6), (6, 7)]))) == {"bias": [[0], [0], []]}


def test_an_order_that_no_instant_depends_on_can_matter_to_an_exposure_across() -> None:
    early, late = bias((0, 5, A)), bias((5, END, B))
    found = between(calendar(early, late), calendar(late, early), repository([(4, 6), (6, 7)]))
    assert numbers(found) == {"bias": [[0], [], []]}


def test_a_flat_concerns_only_exposures_through_its_filter() -> None:
    flat = {("flat", f"{BIAS},physical_filter=g_01"): constant(ALWAYS, A)}
    assert between(calendar({}), calendar(flat), repository([(3, 4)], "g_01")).changed
    assert not between(calendar({}), calendar(flat), repository([(3, 4)], "r_03")).changed


def test_a_repository_is_asked_once_for_all_data_ids() -> None:
    wide = {(t, f"instrument=Cam,detector={n}"): timeline([(n, END, A)]) for t in ("bias", "dark") for n in range(9)}
    taken = repository([(3, 4)])
    assert set(between(calendar({}), calendar(wide), taken).changed) == {"bias", "dark"}
    assert taken.asked == 1


def test_windows_that_touch_are_asked_as_one() -> None:
    found = compare(ROOT, calendar(bias((0, END, A))), calendar(bias((5, 9, B), (9, 12, A)), bias((0, END, A))))
    assert windows(found.alike) == (Validity(5, 10), Validity(12, 13))


spans = st.tuples(st.integers(0, 31), st.integers(1, 12)).map(lambda pair: (pair[0], pair[0] + pair[1]))
layouts = st.lists(timelines().map(lambda line: {("bias", BIAS): line}), max_size=4)


@given(layouts, layouts, st.lists(spans, min_size=1, max_size=12))
def test_exactly_the_exposures_whose_lookup_differs_change(
    before: list[dict[tuple[str, str], Timeline]],
    after: list[dict[tuple[str, str], Timeline]],
    taken: list[tuple[int, int]],
) -> None:
    calendars = calendar(*before), calendar(*after)
    answers = [[looked_up(one, Validity(*span)) for one in calendars] for span in taken]
    found = between(*calendars, repository(taken))
    assert [one.id for one in found.exposures] == [n for n, (old, new) in enumerate(answers) if old != new]
    lost = [n for n, (old, new) in enumerate(answers) if new is None and old not in (None, "refused")]
    assert [one.id for one in found.lost.get("bias", ())] == lost


def looked_up(one: Calendar, when: Validity) -> Source | str | None:
    try:
        return one.lookup("bias", BIAS, when)
    except Straddles:
        return "refused"
