"""The laws of a plan's effect, for any state that a repository can be in and anything that specs can want."""

from __future__ import annotations

from hypothesis import given

from reconciler.effect import effects
from reconciler.facts import Facts
from reconciler.intent import Desired
from reconciler.observation import Observation
from reconciler.overlay import overlay
from reconciler.resolve import Calendar
from reconciler.state import Cert, Chain, State
from reconciler.timeline import Timeline
from tests.strategies import places, states, wanted_states

PLACES = ("usdf/main", "summit/cam")
FACTS = Facts(observations={place: Observation(place, {}) for place in PLACES})
DECLARED = frozenset(Chain(place, "calib") for place in PLACES)


def calendar(state: State, chain: Chain) -> dict[tuple[str, str], Timeline]:
    """Return every effective timeline along a chain that is not empty."""
    found = Calendar(state, chain.place, [chain.name], {})
    questions = {(key.dataset_type, key.data_id) for key in state.values if isinstance(key, Cert)}
    return {question: line for question in questions if (line := found.timeline(*question))}


@given(states(), wanted_states())
def test_an_effect_is_empty_if_and_only_if_all_effective_timelines_are_equal(seen: State, want: State) -> None:
    goal = overlay(seen, want)
    told = {one.chain: one.effects for one in effects(seen, Desired(want, public=DECLARED), FACTS)}
    for chain in DECLARED:
        assert bool(told.get(chain)) == (calendar(seen, chain) != calendar(goal, chain))


@given(states(), wanted_states())
def test_a_goal_that_is_reached_has_no_effect_left(seen: State, want: State) -> None:
    goal = overlay(seen, want)
    assert effects(goal, Desired(want, public=DECLARED), FACTS) == ()


@given(states(), wanted_states(), places)
def test_what_is_not_known_has_no_effect_to_tell(seen: State, want: State, lost: str) -> None:
    dark = State({key: value for key, value in seen.values.items() if key.place != lost}, frozenset({lost}))
    facts = Facts(observations={place: one for place, one in FACTS.observations.items() if place != lost})
    assert all(one.chain.place != lost for one in effects(dark, Desired(want, public=DECLARED), facts))
