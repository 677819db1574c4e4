"""Tags, which keep calibrations from being cleaned away: compare-and-set as for every other edit."""

from __future__ import annotations

import pytest

from reconciler.errors import ReconcileError
from reconciler.ports import Moved
from reconciler.state import Cert, Chain, Change, Tag
from reconciler.timeline import constant, uuid
from reconciler.validity import ALWAYS, BEGINNING, END
from tests.contract.hands import EVERYTHING, PLACE, ButlerHands, Hands, data_id

TAGGED = "Cam/calib_tagged/DM-1"
NOWHERE = "00000000-0000-4000-8000-000000000000"


def bias(detector: int, name: str = TAGGED) -> Tag:
    return Tag(PLACE, name, "bias", data_id(detector))


def tag(key: Tag, dataset: str, before: str | None = None) -> Change:
    return Change(key, uuid(before) if before else None, uuid(dataset))


def untag(key: Tag, dataset: str) -> Change:
    return Change(key, uuid(dataset), None)


def tagged(hands: Hands, dataset_type: str = "bias", name: str = TAGGED) -> dict[str, str]:
    return dict(hands.repository.observe(EVERYTHING).contents.get((name, dataset_type), {}))


def test_what_is_tagged_stands_in_a_tagged_collection(hands: Hands) -> None:
    dataset = hands.dataset("run", 3)
    hands.repository.commit((tag(bias(3), dataset),))
    assert hands.kind(TAGGED) == "TAGGED"
    assert tagged(hands) == {data_id(3): dataset}


def test_many_types_and_collections_are_tagged_at_once(hands: Hands) -> None:
    biases = {d: hands.dataset("run", d) for d in range(3)}
    dark, second = hands.dataset("run", 3, "dark"), hands.dataset("other", 0)
    dark_key = Tag(PLACE, TAGGED, "dark", data_id(3))
    changes = [tag(bias(d), name) for d, name in biases.items()]
    hands.repository.commit((*changes, tag(dark_key, dark), tag(bias(0, f"{TAGGED}/2"), second)))
    assert tagged(hands) == {data_id(d): name for d, name in biases.items()}
    assert tagged(hands, "dark") == {data_id(3): dark}
    assert tagged(hands, name=f"{TAGGED}/2") == {data_id(0): second}


def test_a_tag_taken_away_leaves_the_others_and_the_dataset(hands: Hands) -> None:
    three, four = hands.dataset("run", 3), hands.dataset("run", 4)
    hands.repository.commit((tag(bias(3), three), tag(bias(4), four)))
    hands.repository.commit((untag(bias(3), three),))
    assert tagged(hands) == {data_id(4): four}
    assert hands.repository.observe(EVERYTHING).contents["run", "bias"] == {data_id(3): three, data_id(4): four}


def test_the_last_tag_taken_away_leaves_an_empty_collection(hands: Hands) -> None:
    dataset = hands.dataset("run", 3)
    hands.repository.commit((tag(bias(3), dataset),))
    hands.repository.commit((untag(bias(3), dataset),))
    assert hands.kind(TAGGED) == "TAGGED"
    assert tagged(hands) == {}


def test_a_dataset_may_take_the_place_of_another(hands: Hands) -> None:
    first, second = hands.dataset("first", 3), hands.dataset("second", 3)
    hands.repository.commit((tag(bias(3), first),))
    hands.repository.commit((tag(bias(3), second, before=first),))
    assert tagged(hands) == {data_id(3): second}


def test_a_second_commit_of_the_same_finds_it_moved_and_changes_nothing(hands: Hands) -> None:
    dataset = hands.dataset("run", 3)
    hands.repository.commit((tag(bias(3), dataset),))
    before = hands.repository.observe(EVERYTHING)
    with pytest.raises(Moved):
        hands.repository.commit((tag(bias(3), dataset),))
    assert hands.repository.observe(EVERYTHING) == before


def test_a_tag_of_somebody_else_is_moved_and_both_are_named(hands: Hands) -> None:
    ours, theirs = hands.dataset("ours", 3), hands.dataset("theirs", 3)
    hands.tag(TAGGED, theirs, 3)
    with pytest.raises(Moved) as moved:
        hands.repository.commit((tag(bias(3), ours),))
    assert (moved.value.key, moved.value.expected, moved.value.found) == (bias(3), None, uuid(theirs))
    assert tagged(hands) == {data_id(3): theirs}


def test_a_tag_that_somebody_removed_is_moved(hands: Hands) -> None:
    dataset = hands.dataset("run", 3)
    with pytest.raises(Moved):
        hands.repository.commit((untag(bias(3), dataset),))
    assert hands.kind(TAGGED) is None


def test_what_moves_leaves_no_tag_no_certification_and_no_link(hands: Hands) -> None:
    dataset = hands.dataset("run", 3)
    hands.chain("chain", ["run"])
    cert = Change(Cert(PLACE, "calib", "bias", data_id(3)), None, constant(ALWAYS, uuid(dataset)))
    link = Change(Chain(PLACE, "chain"), None, ("calib",))
    with pytest.raises(Moved):
        hands.repository.commit((tag(bias(3), dataset), cert, link))
    assert (hands.kind(TAGGED), hands.kind("calib"), hands.children("chain")) == (None, None, ("run",))


def test_a_dataset_is_tagged_certified_and_linked_together(hands: Hands) -> None:
    dataset = hands.dataset("run", 3)
    cert = Change(Cert(PLACE, "calib", "bias", data_id(3)), None, constant(ALWAYS, uuid(dataset)))
    hands.repository.commit((Change(Chain(PLACE, "chain"), None, ("calib",)), tag(bias(3), dataset), cert))
    assert tagged(hands) == {data_id(3): dataset}
    assert hands.certified("calib", 3) == ((BEGINNING, END, dataset),)
    assert hands.children("chain") == ("calib",)


def test_a_dataset_that_does_not_exist_is_refused_and_leaves_no_empty_collection(hands: Hands) -> None:
    dataset = hands.dataset("run", 4)
    with pytest.raises(ReconcileError, match=NOWHERE):
        hands.repository.commit((tag(bias(4), dataset), tag(bias(3), NOWHERE)))
    assert hands.kind(TAGGED) is None


def test_a_dataset_of_another_detector_is_refused_also_where_a_second_key_is_right(hands: Hands) -> None:
    dataset = hands.dataset("run", 4)
    with pytest.raises(ReconcileError, match=dataset):
        hands.repository.commit((tag(bias(3), dataset), tag(bias(4), dataset)))
    assert hands.kind(TAGGED) is None


def test_a_collection_of_another_type_is_refused_with_both_types(hands: Hands) -> None:
    dataset = hands.dataset("run", 3)
    hands.collection(TAGGED, "CALIBRATION")
    with pytest.raises(ReconcileError, match=r"exists as CALIBRATION, .*TAGGED"):
        hands.repository.commit((tag(bias(3), dataset),))


def test_a_dataset_type_that_does_not_exist_is_refused(butler_hands: ButlerHands) -> None:
    with pytest.raises(ReconcileError, match="dataset type ptc does not exist"):
        butler_hands.repository.commit((tag(Tag(PLACE, TAGGED, "ptc", data_id(3)), NOWHERE),))
