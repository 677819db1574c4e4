"""The laws of the pure core (DESIGN section 2), for any state that a repository can be in."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from reconciler import chains
from reconciler.diff import diff
from reconciler.facts import Facts
from reconciler.intent import Desired
from reconciler.overlay import overlay
from reconciler.plan import in_sequence
from reconciler.state import Cert, Chain, Gen, Owned, State
from reconciler.steps import Step, make_steps
from reconciler.timeline import Timeline
from reconciler.work import Curation
from tests.strategies import RECIPE, members, ours, states, timelines, wanted_states


@given(states())
def test_nothing_differs_from_itself(state: State) -> None:
    assert diff(state, state) == ()


@given(states(), wanted_states())
def test_the_goal_laid_over_itself_stays(seen: State, want: State) -> None:
    goal = overlay(seen, want)
    assert overlay(goal, want).values == goal.values


@given(states(), wanted_states())
def test_changes_lead_from_before_to_after(seen: State, want: State) -> None:
    goal = overlay(seen, want)
    assert seen.put({change.key: change.after for change in diff(seen, goal)}).values == goal.values


@given(states(), wanted_states())
def test_foreign_members_stay_in_their_order(seen: State, want: State) -> None:
    goal = overlay(seen, want)
    for key in seen.values:
        if isinstance(key, Chain):
            foreign = [
                m
                for m in seen.members(key)
                if m not in want.members(key) and Owned(key.place, key.name, m) not in seen.values
            ]
            assert [m for m in goal.members(key) if m in foreign] == foreign


@given(states(), wanted_states())
def test_data_is_never_taken_away(seen: State, want: State) -> None:
    goal = overlay(seen, want)
    for key in seen.values:
        if isinstance(key, Gen):
            assert goal.get(key) is not None
        if isinstance(key, Cert) and key not in want.values:
            assert goal.get(key) == seen.get(key)


@given(states(), wanted_states())
def test_certifications_of_others_give_way_only_where_ours_stand(seen: State, want: State) -> None:
    goal = overlay(seen, want)
    for key in want.values:
        if isinstance(key, Cert):
            theirs = seen.timeline(key).only(lambda source: source.kind == "uuid")
            assert want.timeline(key).over(theirs) == goal.timeline(key)


@given(states(), wanted_states())
def test_a_place_that_is_unknown_yields_no_change(seen: State, want: State) -> None:
    dark = State(seen.values, frozenset({"usdf/main"}))
    assert all(change.key.place != "usdf/main" for change in diff(dark, overlay(dark, want)))


@given(states(), wanted_states())
def test_folding_the_plan_over_what_is_seen_gives_the_goal(seen: State, want: State) -> None:
    goal = overlay(seen, want)
    state = seen
    for step in _steps(seen, goal, want):
        state = step.advance(state)
    assert diff(state, goal) == ()


@given(states(), wanted_states())
def test_every_step_advanced_twice_is_advanced_once(seen: State, want: State) -> None:
    for step in _steps(seen, overlay(seen, want), want):
        once = step.advance(seen)
        assert step.advance(once).values == once.values


@given(states(), wanted_states(), st.randoms(use_true_random=False))
def test_links_may_come_in_any_order(seen: State, want: State, chance: random.Random) -> None:
    goal = overlay(seen, want)
    first = [s for s in _steps(seen, goal, want) if s.kind != "link"]
    links = [s for s in _steps(seen, goal, want) if s.kind == "link"]
    chance.shuffle(links)
    state = seen
    for step in (*first, *links):
        state = step.advance(state)
    assert diff(state, goal) == ()


@given(members, ours, st.frozensets(st.sampled_from("ABCDEF")))
def test_a_merged_chain_holds_ours_in_our_order(
    chain: tuple[str, ...], mine: tuple[str, ...], gone: frozenset[str]
) -> None:
    merged = chains.merge(chain, mine, gone)
    assert tuple(m for m in merged if m in mine) == mine
    assert chains.merge(merged, mine, gone) == merged


@given(timelines(), timelines(), timelines())
def test_laying_timelines_over_each_other_is_associative(a: Timeline, b: Timeline, c: Timeline) -> None:
    assert a.over(b).over(c) == a.over(b.over(c))
    assert a.over(a) == a


def _steps(seen: State, goal: State, want: State) -> tuple[Step, ...]:
    works = {key: Curation(key, "lock", RECIPE, ()) for key in want.values if isinstance(key, Gen)}
    return in_sequence(make_steps(seen, goal, Desired(want, works), Facts()))
