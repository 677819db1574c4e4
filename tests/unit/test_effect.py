"""What a chain gives before and after: only what science gets counts, not how the collections are arranged."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from reconciler.effect import ChainEffect, Shift, compare, effects, shifts
from reconciler.facts import Facts
from reconciler.intent import Desired
from reconciler.observation import Collection, Observation, shelves
from reconciler.parcel import File
from reconciler.resolve import Calendar
from reconciler.seals import Seal
from reconciler.state import Cert, Chain, Gen, Key, Owned, State, Value
from reconciler.timeline import NOTHING, Source, Timeline, constant, gen, timeline, uuid
from reconciler.validity import ALWAYS, BEGINNING, END
from reconciler.work import Curation
from tests.strategies import RECIPE, timelines
from tests.worlds import Ask, calibration_set, in_memory

PLACE, ROOT = "usdf/main", Chain("usdf/main", "calib")
A, B = gen("A"), gen("B")
BIAS = "instrument=Cam,detector=0"


def state(members: Mapping[str, Mapping[str, Timeline]]) -> State:
    """Return a chain of these CALIBRATION collections in this order: data ID -> timeline of biases in each."""
    values: dict[Key, Value | None] = {ROOT: tuple(members)}
    for collection, lines in members.items():
        values |= {Cert(PLACE, collection, "bias", data_id): line for data_id, line in lines.items()}
    return State().put(values)


def between(before: State, after: State, seen: Observation | None = None) -> ChainEffect:
    return compare(ROOT, *(Calendar(one, PLACE, [ROOT.name], {}) for one in (before, after)), seen)


def always(source: Source) -> Timeline:
    return constant(ALWAYS, source)


def test_timelines_that_are_equal_do_not_shift() -> None:
    assert shifts(always(A), always(A)) == ()


def test_a_shift_is_where_two_timelines_differ() -> None:
    assert shifts(always(A), timeline([(5, END, B), (0, 5, A)])) == (Shift(5, END, A, B),)


def test_neighbours_of_one_fate_are_one_shift() -> None:
    assert shifts(timeline([(0, 3, A), (6, 9, A)]), always(A)) == (Shift(3, 6, None, A), Shift(9, END, None, A))
    assert shifts(NOTHING, timeline([(0, 3, A), (3, 9, B)])) == (Shift(0, 3, None, A), Shift(3, 9, None, B))


def test_a_collection_in_front_changes_what_it_covers() -> None:
    found = between(
        state({"old": {BIAS: always(A)}}), state({"new": {BIAS: timeline([(5, END, B)])}, "old": {BIAS: always(A)}})
    )
    (effect,) = found.effects
    assert (effect.dataset_type, effect.data_ids, effect.shifts) == ("bias", (BIAS,), (Shift(5, END, A, B),))


def test_a_collection_behind_one_that_always_answers_has_no_effect() -> None:
    found = between(state({"old": {BIAS: always(A)}}), state({"old": {BIAS: always(A)}, "new": {BIAS: always(B)}}))
    assert found.effects == ()
    assert [one.data_ids for one in found.alike] == [(BIAS,)]


def test_an_order_that_nothing_depends_on_has_no_effect() -> None:
    early, late = {BIAS: timeline([(0, 5, A)])}, {BIAS: timeline([(5, END, B)])}
    assert between(state({"early": early, "late": late}), state({"late": late, "early": early})).effects == ()


def test_detectors_of_one_fate_are_told_together() -> None:
    ids = [f"instrument=Cam,detector={n}" for n in range(189)]
    before, after = ({one: {data_id: always(source) for data_id in ids}} for one, source in (("old", A), ("new", B)))
    (effect,) = between(state(before), state(after)).effects
    assert len(effect.data_ids) == 189


def test_detectors_alike_in_what_they_get_are_told_together_whatever_lies_below() -> None:
    other = "instrument=Cam,detector=1"
    before = {"old": {BIAS: always(A), other: always(A)}, "older": {BIAS: always(B)}}
    (effect,) = between(state(before), state({"new": {BIAS: always(B), other: always(B)}, **before})).effects
    assert effect.data_ids == (BIAS, other)


def test_datasets_of_others_are_named_by_their_run() -> None:
    other = "instrument=Cam,detector=1"
    seen = Observation(
        PLACE,
        {"run/1": Collection("RUN"), "tagged": Collection("TAGGED")},
        contents={("tagged", "bias"): {BIAS: "u0"}, ("run/1", "bias"): {BIAS: "u0", other: "u1"}},
    )
    before = state({"old": {BIAS: always(uuid("u0")), other: always(uuid("u1"))}})
    (effect,) = between(before, state({"new": {BIAS: always(B), other: always(B)}}), seen).effects
    assert effect.data_ids == (BIAS, other)
    assert effect.shifts == (Shift(0, END, gen("run/1"), B),)


layouts = st.dictionaries(st.sampled_from("PQRS"), st.fixed_dictionaries({BIAS: timelines()}), max_size=4)


@given(layouts, layouts)
def test_the_effect_is_empty_if_and_only_if_all_effective_timelines_are_equal(
    before: dict[str, dict[str, Timeline]], after: dict[str, dict[str, Timeline]]
) -> None:
    lines = [Calendar(state(one), PLACE, [ROOT.name], {}).timeline("bias", BIAS) for one in (before, after)]
    assert (between(state(before), state(after)).effects == ()) == (lines[0] == lines[1])


@given(timelines(), timelines())
def test_shifts_lead_from_one_timeline_to_the_other(before: Timeline, after: Timeline) -> None:
    moved = shifts(before, after)
    changed = timeline((one.begin, one.end, one.after) for one in moved if one.after)
    gone = timeline((one.begin, one.end, gen("gone")) for one in moved if one.after is None)
    assert changed.over(gone).over(before).only(lambda source: source != gen("gone")) == after
    assert all(one.before != one.after for one in moved)


def test_a_plan_that_reaches_no_declared_chain_affects_none() -> None:
    small = in_memory()
    want, facts = small.want(*calibration_set([Ask("bias")]))
    assert small.impacts(want, facts) == ()


def wanted(*works: Curation) -> Desired:
    """Return specs that want the chain to hold the RUNs of these works and nothing else."""
    members = tuple(work.key.leaf for work in works)
    return Desired(State().put({ROOT: members}), {work.key: work for work in works}, frozenset({ROOT}))


def curation(run: str) -> Curation:
    file = File("bias", "StructuredDataDict", ("instrument", "detector"), BIAS, "file", "sha256:0")
    return Curation(Gen(PLACE, run), "DM-1", RECIPE, (file,))


def test_a_curated_run_that_is_to_be_filled_answers_at_any_date_afterwards() -> None:
    facts = Facts(observations={PLACE: Observation(PLACE, {})})
    (found,) = effects(State(), wanted(curation("run")), facts)
    assert [one.shifts for one in found.effects] == [(Shift(BEGINNING, END, None, gen("run")),)]


def test_a_curated_run_in_a_chain_already_has_an_effect_when_it_is_filled() -> None:
    facts = Facts(observations={PLACE: Observation(PLACE, {})})
    (found,) = effects(State().put({ROOT: ("run",)}), wanted(curation("run")), facts)
    assert len(found.effects) == 1


def test_a_curated_run_that_is_full_has_no_effect_any_more() -> None:
    held = {("run", "bias"): {BIAS: always(gen("run"))}}
    facts = Facts(observations={PLACE: Observation(PLACE, {})}, shelves={PLACE: held})
    assert effects(State().put({ROOT: ("run",)}), wanted(curation("run")), facts) == ()


def test_a_search_goes_through_a_leaf_that_bears_our_seal() -> None:
    sealed = Collection("CHAINED", ("run",), Seal("sha256:0", {}, "run", {"bias": {BIAS: "u"}}))
    seen = Observation(PLACE, {"leaf": sealed, "run": Collection("RUN")}, contents={("run", "bias"): {BIAS: "u"}})
    facts = Facts(observations={PLACE: seen}, shelves={PLACE: shelves(seen)})
    want = Desired(State().put({ROOT: ("leaf",), Owned(PLACE, ROOT.name, "leaf"): "chain"}))
    (found,) = effects(State(), want, facts)
    assert [one.shifts for one in found.effects] == [(Shift(BEGINNING, END, None, gen("leaf")),)]
