"""Claims and seals: whose a generation is, across kills and between two who want the same."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from reconciler.errors import ReconcileError
from reconciler.observation import Scope
from reconciler.ports import Foreign, Moved, Repository
from reconciler.seals import Claim, Construction, Seal
from tests.contract.hands import EVERYTHING, ButlerHands, Hands, data_id

LEAF = "Cam/calib/DM-1/biasGen.20250207a"
RUN = f"{LEAF}/20250207T000000Z"
INPUTS = ("Cam/raw", "Cam/calib/DM-1")
INTENT = {"product": "bias", "exposures": [1, 2]}
HOW = Construction("bps_bias.yaml", "CP_PIPE_DIR", {"TICKET": "DM-1"}, INPUTS, versions={"numpy": "2.4.6"})


def claim(recipe: str = "sha256:1", attempt: int = 1, leaf: str = LEAF) -> Claim:
    if leaf != LEAF:
        return Claim(recipe, INTENT, leaf, (), attempt, "host", "")
    return Claim(recipe, INTENT, RUN, INPUTS, attempt, "host", f"submit/{attempt}")


@pytest.fixture
def begun(hands: Hands) -> Hands:
    """A repository whose leaf is claimed."""
    for name in INPUTS:
        if hands.kind(name) is None:
            hands.collection(name, "RUN")
    hands.repository.claim(LEAF, claim())
    return hands


def sealed(hands: Hands) -> Seal:
    """Make what the claim promised, and seal it."""
    seal = Seal("sha256:1", INTENT, RUN, {"bias": {data_id(3): hands.dataset(RUN, 3)}}, HOW)
    hands.repository.seal(LEAF, seal)
    return seal


def test_a_claimed_leaf_is_a_search_path_of_its_inputs_that_bears_the_claim(begun: Hands) -> None:
    leaf = begun.repository.observe(EVERYTHING).collections[LEAF]
    assert (leaf.type, leaf.children, leaf.doc) == ("CHAINED", INPUTS, claim())


def test_a_claim_makes_sure_that_there_is_a_record(begun: Hands) -> None:
    assert begun.repository.observe(EVERYTHING).record is not None


def test_a_second_claim_finds_the_first_and_changes_nothing(begun: Hands) -> None:
    before = begun.repository.observe(EVERYTHING)
    assert begun.again().claim(LEAF, claim(attempt=2)) == claim()
    assert begun.repository.observe(EVERYTHING) == before


def test_a_claim_of_another_recipe_finds_the_one_that_stands(begun: Hands) -> None:
    assert begun.repository.claim(LEAF, claim("sha256:2")) == claim()


def test_claiming_again_after_a_kill_puts_the_run_in_front(begun: Hands) -> None:
    begun.dataset(RUN, 3)
    begun.repository.claim(LEAF, claim())
    assert begun.children(LEAF) == (RUN, *INPUTS)


def test_a_claim_of_another_recipe_leaves_the_children_alone(begun: Hands) -> None:
    begun.dataset(RUN, 3)
    begun.repository.claim(LEAF, claim("sha256:2"))
    assert begun.children(LEAF) == INPUTS


def test_a_leaf_that_somebody_else_made_is_foreign_and_kept(hands: Hands) -> None:
    hands.collection("theirs", "RUN")
    hands.chain(LEAF, ["theirs"])
    with pytest.raises(Foreign, match=LEAF):
        hands.repository.claim(LEAF, claim())
    assert hands.children(LEAF) == ("theirs",)


def test_a_claim_with_an_input_that_does_not_exist_names_it_and_writes_nothing(hands: Hands) -> None:
    hands.collection(INPUTS[0], "RUN")
    with pytest.raises(ReconcileError, match=INPUTS[1]):
        hands.repository.claim(LEAF, claim())
    assert hands.kind(LEAF) is None


def test_a_leaf_that_is_its_own_run_is_a_run(hands: Hands) -> None:
    run = "Cam/calib/DM-1/unbounded"
    hands.repository.claim(run, claim(leaf=run))
    assert hands.kind(run) == "RUN"
    assert hands.repository.observe(EVERYTHING).claims == {run: claim(leaf=run)}
    assert hands.repository.claim(run, claim(leaf=run)) == claim(leaf=run)


def test_a_seal_stands_in_the_leaf_and_in_its_run(begun: Hands) -> None:
    seal = sealed(begun)
    seen = begun.repository.observe(EVERYTHING)
    assert seen.seals == {LEAF: seal, RUN: seal}
    assert seen.collections[LEAF].children == (RUN, *INPUTS)


def test_sealing_twice_is_sealing_once(begun: Hands) -> None:
    seal = sealed(begun)
    before = begun.repository.observe(EVERYTHING)
    begun.again().seal(LEAF, seal)
    assert begun.repository.observe(EVERYTHING) == before


def test_of_two_seals_that_name_the_same_the_first_stays(begun: Hands) -> None:
    seal = sealed(begun)
    begun.again().seal(LEAF, replace(seal, construction=Construction(host="another")))
    assert begun.repository.observe(EVERYTHING).seals == {LEAF: seal, RUN: seal}


def test_a_run_that_is_its_own_leaf_is_sealed_once(hands: Hands) -> None:
    run = "Cam/calib/DM-1/unbounded"
    hands.repository.claim(run, claim(leaf=run))
    seal = Seal("sha256:1", INTENT, run, {"bias": {data_id(3): hands.dataset(run, 3)}})
    hands.repository.seal(run, seal)
    assert hands.repository.observe(EVERYTHING).seals == {run: seal}


def test_a_sealed_leaf_cannot_be_claimed_again(begun: Hands) -> None:
    seal = sealed(begun)
    with pytest.raises(Moved):
        begun.repository.claim(LEAF, claim())
    assert begun.repository.observe(EVERYTHING).seals[LEAF] == seal


def test_a_seal_never_replaces_another(begun: Hands) -> None:
    seal = sealed(begun)
    with pytest.raises(Moved):
        begun.repository.seal(LEAF, Seal("sha256:1", INTENT, RUN, {"bias": {}}))
    assert begun.repository.observe(EVERYTHING).seals[LEAF] == seal


def test_a_seal_of_another_recipe_than_the_claim_is_refused(begun: Hands) -> None:
    begun.dataset(RUN, 3)
    with pytest.raises(Moved):
        begun.repository.seal(LEAF, Seal("sha256:2", INTENT, RUN, {"bias": {}}))
    assert begun.repository.observe(EVERYTHING).claims == {LEAF: claim()}


def test_a_leaf_without_our_claim_cannot_be_sealed(hands: Hands) -> None:
    hands.dataset(RUN, 3)
    hands.chain(LEAF, [RUN])
    with pytest.raises(Foreign, match=LEAF):
        hands.repository.seal(LEAF, Seal("sha256:1", INTENT, RUN, {"bias": {}}))


def test_a_leaf_whose_run_does_not_exist_cannot_be_sealed(begun: Hands) -> None:
    with pytest.raises(ReconcileError, match=RUN):
        begun.repository.seal(LEAF, Seal("sha256:1", INTENT, RUN, {"bias": {}}))
    assert begun.repository.observe(EVERYTHING).claims == {LEAF: claim()}


def test_ensuring_a_chain_twice_makes_one_empty_chain(repository: Repository) -> None:
    repository.ensure_chain("Cam/calib/DM-1")
    repository.ensure_chain("Cam/calib/DM-1")
    seen = repository.observe(Scope(frozenset({"Cam/calib/DM-1"}))).collections["Cam/calib/DM-1"]
    assert (seen.type, seen.children) == ("CHAINED", ())


def test_ensuring_a_chain_leaves_whatever_bears_the_name(hands: Hands) -> None:
    hands.collection("Cam/calib/DM-1", "CALIBRATION")
    hands.repository.ensure_chain("Cam/calib/DM-1")
    assert hands.kind("Cam/calib/DM-1") == "CALIBRATION"


def test_of_two_who_claim_one_leaf_at_once_both_get_the_same_claim(hands: Hands) -> None:
    for name in INPUTS:
        if hands.kind(name) is None:
            hands.collection(name, "RUN")
    rivals = [hands.again() for _ in range(4)]
    with ThreadPoolExecutor(len(rivals)) as pool:
        standing = list(pool.map(lambda rival: rival[1].claim(LEAF, claim(attempt=rival[0])), enumerate(rivals)))
    assert len({one.submission for one in standing}) == 1
    assert hands.repository.observe(EVERYTHING).claims == {LEAF: standing[0]}


def test_a_persons_note_on_a_leaf_is_never_taken_for_a_claim(butler_hands: ButlerHands) -> None:
    butler_hands.collection(LEAF, "CHAINED", doc="Bias of the first run, by Ann.")
    with pytest.raises(Foreign):
        butler_hands.repository.claim(LEAF, claim())
    assert butler_hands.butler.collections.get_info(LEAF).doc == "Bias of the first run, by Ann."
