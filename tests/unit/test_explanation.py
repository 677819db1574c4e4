"""Why a data ID gets its dataset: every collection of the search path with its verdict."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from reconciler.dataid import data_id
from reconciler.explanation import Candidate, Explanation, Question, explain, explain_wanted, paths
from reconciler.intent import Desired
from reconciler.observation import Observation, lift
from reconciler.parcel import File
from reconciler.resolve import Calendar, Straddles, children_at, flatten, seams
from reconciler.seals import Recipe
from reconciler.state import Cert, Chain, Gen, State
from reconciler.timeline import Source, Timeline, constant, gen, timeline
from reconciler.validity import ALWAYS, END, Validity, tai
from reconciler.work import Curation
from tests.strategies import states
from tests.worlds import INSTRUMENT, PLACE, PUBLIC, TICKET, Ask, calibration_set, chain, in_memory

ID = "detector=0"
CHAINS = {"top": ("ticket", "old", "new"), "ticket": ("new", "run")}


def state(certified: dict[str, Timeline], chains: dict[str, tuple[str, ...]] = CHAINS) -> State:
    """Return a repository where these collections certify a bias of one data ID."""
    found = State({Cert("p", name, "bias", ID): line for name, line in certified.items()})
    return found.put({Chain("p", name): members for name, members in chains.items()})


def explained(
    certified: dict[str, Timeline], *, run: dict[str, Timeline] | None = None, identity: str = ID, at: int = 4
) -> Explanation:
    """Return why `top` gives what it gives for one instant."""
    shelves = {("run", "bias"): run} if run else {}
    return explain(Question("p", "top", "bias", identity, Validity(at, at + 2)), state(certified), shelves)


def said(explanation: Explanation) -> dict[str, str]:
    return {candidate.collection: candidate.verdict for candidate in explanation.candidates}


def test_the_first_collection_that_answers_wins_and_hides_the_others() -> None:
    found = explained({"new": constant(Validity(0, 9), gen("x")), "old": constant(ALWAYS, gen("y"))})
    assert said(found) == {"new": "wins", "run": "none of the type", "old": "shadowed"}
    assert found.winner == Candidate(("top", "ticket", "new"), "wins", constant(Validity(0, 9), gen("x")).spans)


def test_a_collection_that_is_not_valid_then_tells_its_nearest_range() -> None:
    found = explained({"new": timeline([(0, 1, gen("x")), (8, 9, gen("y"))]), "old": constant(ALWAYS, gen("z"))}, at=5)
    assert said(found) == {"new": "not valid", "run": "none of the type", "old": "wins"}
    assert found.candidates[0].spans == timeline([(8, 9, gen("y"))]).spans


def test_a_range_that_ends_when_the_exposure_begins_is_near_and_not_valid() -> None:
    found = explained({"new": constant(Validity(0, 4), gen("x"))})
    assert found.candidates[0].verdict == "not valid"
    assert found.winner is None


def test_a_run_answers_at_any_date() -> None:
    found = explained({"old": constant(ALWAYS, gen("y"))}, run={ID: constant(ALWAYS, gen("r"))})
    assert said(found) == {"new": "none of the type", "run": "wins", "old": "shadowed"}
    assert found.winner
    assert found.winner.any_date


def test_what_holds_the_type_for_others_says_for_which() -> None:
    found = explained(
        {"new": constant(ALWAYS, gen("x"))}, run={"detector=1": constant(ALWAYS, gen("r"))}, identity="detector=1"
    )
    assert said(found) == {"new": "other data IDs", "run": "wins", "old": "none of the type"}
    assert found.candidates[0].others == (ID,)


def test_where_butler_raises_nobody_wins_and_nothing_behind_is_asked() -> None:
    found = explained({"new": timeline([(0, 5, gen("x")), (5, 9, gen("y"))]), "old": constant(ALWAYS, gen("z"))})
    assert said(found) == {"new": "straddles", "run": "none of the type", "old": "shadowed"}
    assert found.winner is None
    assert found.straddling
    assert [span.source.name for span in found.straddling.spans] == ["x", "y"]


def test_two_ranges_of_one_dataset_straddle_too() -> None:
    seen = Observation("p", {}, {("top", "bias"): {ID: ((0, 5, "u"), (5, 9, "u"))}})
    question = Question("p", "top", "bias", ID, Validity(4, 6))
    assert explain(question, lift(seen), {}, seams=seams(lift(seen), seen)).straddling


@given(states(), st.integers(0, 30), st.integers(1, 4), st.sampled_from(["detector=0", "detector=1"]))
def test_the_verdicts_add_up_to_what_a_lookup_answers(found: State, begin: int, length: int, identity: str) -> None:
    when = Validity(begin, begin + length)
    explanation = explain(Question("usdf/main", "calib", "bias", identity, when), found, {})
    calendar = Calendar(found, "usdf/main", ["calib"], {})
    answer: Source | str | None
    try:
        answer = calendar.lookup("bias", identity, when)
    except Straddles:
        answer = "straddles"
    winner = explanation.winner.spans[0].source if explanation.winner else None
    assert answer == ("straddles" if explanation.straddling else winner)
    assert tuple(c.collection for c in explanation.candidates) == calendar.path


@given(states())
def test_paths_are_the_search_order_each_with_its_chains(found: State) -> None:
    children = children_at(found, "usdf/main")
    reached = paths("calib", children)
    assert tuple(reached) == flatten(["calib"], children)
    for name, path in reached.items():
        assert path[0] == "calib"
        assert path[-1] == name
        assert all(member in children(above) for above, member in pairwise(path))


# What specs ask for, without a repository


def wanted(*members: str, at: str = "2024-12-07T00:00:00", begin: str = "1970-01-01T00:00:00") -> Explanation:
    want, _ = in_memory().want(*calibration_set([Ask("bias", begin=begin)]), chain(*members))
    identity = data_id({"instrument": INSTRUMENT, "detector": 0})
    return explain_wanted(Question(PLACE, PUBLIC, "bias", identity, Validity(tai(at), tai(at) + 1)), want)


def test_specs_alone_tell_what_would_be_found() -> None:
    found = wanted(TICKET, f"{PUBLIC}/OLD")
    assert found.winner
    assert found.winner.path == (PUBLIC, TICKET, f"{TICKET}/trial/bias.20250207a")
    assert found.winner.spans == ((0, END, gen(f"{TICKET}/trial/biasGen.20250207a")),)
    assert said(found)[f"{PUBLIC}/OLD"] == "not known"
    assert found.doubtful == ()


def test_what_no_spec_makes_could_answer_before() -> None:
    assert wanted(f"{PUBLIC}/OLD", TICKET).doubtful == (f"{PUBLIC}/OLD",)


def test_a_run_of_curated_files_will_answer_at_any_date() -> None:
    curated, elsewhere = Gen(PLACE, f"{PUBLIC}/DM-9/unbounded"), Gen("usdf/other", "far")
    file = File("bias", "Any", ("instrument", "detector"), ID, "0.yaml", "sha256")
    works = {key: Curation(key, "DM-9", Recipe({}), (file,)) for key in (curated, elsewhere)}
    want = Desired(State({Chain(PLACE, PUBLIC): ("far", curated.leaf)}), works)
    found = explain_wanted(Question(PLACE, PUBLIC, "bias", ID, Validity(0, 1)), want)
    assert said(found) == {"far": "not known", curated.leaf: "wins"}
    assert found.winner
    assert found.winner.any_date
    other = explain_wanted(Question(PLACE, PUBLIC, "bias", "detector=1", Validity(0, 1)), want)
    assert said(other) == {"far": "not known", curated.leaf: "other data IDs"}


def test_a_chain_that_no_spec_asks_for_is_not_known() -> None:
    want, _ = in_memory().want(*calibration_set([Ask("bias")]))
    found = explain_wanted(Question(PLACE, PUBLIC, "bias", ID, ALWAYS), want)
    assert said(found) == {PUBLIC: "not known"}
