"""Editing the registry: everything or nothing, and only if it still is as it was seen."""

from __future__ import annotations

import pytest

from reconciler.errors import ReconcileError
from reconciler.ports import Moved, Repository
from reconciler.record import COLLECTION
from reconciler.state import Cert, Chain, Change, Owned
from reconciler.timeline import Timeline, constant, timeline, uuid
from reconciler.validity import ALWAYS, BEGINNING, END, Validity
from tests.contract.hands import EVERYTHING, NIGHT, PLACE, ButlerHands, Hands, data_id

TICKET = Chain(PLACE, "Cam/calib/DM-1")
NOWHERE = "00000000-0000-4000-8000-000000000000"


def bias(detector: int, collection: str = "calib") -> Cert:
    return Cert(PLACE, collection, "bias", data_id(detector))


def certify(key: Cert, dataset: str, when: Validity = ALWAYS) -> Change:
    return Change(key, None, constant(when, uuid(dataset)))


def members(before: tuple[str, ...] | None, *after: str) -> Change:
    return Change(TICKET, before, after)


def test_a_link_and_whose_it_is_are_written_together(hands: Hands) -> None:
    hands.collection("calib", "CALIBRATION")
    owned = Owned(PLACE, TICKET.name, "calib")
    hands.repository.commit((members(None, "calib"), Change(owned, None, "set")))
    seen = hands.repository.observe(EVERYTHING)
    assert seen.collections[TICKET.name].children == ("calib",)
    assert seen.record is not None
    assert seen.record.owned == {(TICKET.name, "calib"): "set"}


def test_taking_back_a_link_takes_its_ownership_too_and_leaves_an_empty_chain(hands: Hands) -> None:
    hands.collection("calib", "CALIBRATION")
    owned = Owned(PLACE, TICKET.name, "calib")
    hands.repository.commit((members(None, "calib"), Change(owned, None, "set")))
    hands.repository.commit((members(("calib",)), Change(owned, "set", None)))
    seen = hands.repository.observe(EVERYTHING)
    assert seen.collections[TICKET.name].children == ()
    assert seen.record is not None
    assert seen.record.owned == {}


def test_an_empty_chain_is_the_same_as_none(hands: Hands) -> None:
    hands.collection("calib", "CALIBRATION")
    hands.repository.ensure_chain(TICKET.name)
    hands.repository.commit((members(None, "calib"),))
    assert hands.children(TICKET.name) == ("calib",)


def test_members_stand_in_the_order_given(hands: Hands) -> None:
    for name in ("a", "b", "c"):
        hands.collection(name, "RUN")
    hands.repository.commit((members(None, "c", "a", "b"),))
    hands.repository.commit((members(("c", "a", "b"), "b", "c"),))
    assert hands.children(TICKET.name) == ("b", "c")


def test_a_chain_may_link_what_the_same_commit_makes(hands: Hands) -> None:
    dataset = hands.dataset("run", 3)
    top = Change(Chain(PLACE, "Cam/calib"), None, (TICKET.name,))
    hands.repository.commit((top, members(None, "calib"), certify(bias(3), dataset)))
    assert hands.children("Cam/calib") == (TICKET.name,)
    assert hands.children(TICKET.name) == ("calib",)


def test_a_certification_is_written_to_the_nanosecond(hands: Hands) -> None:
    dataset = hands.dataset("run", 3)
    hands.repository.commit((certify(bias(3), dataset, Validity(NIGHT + 7, NIGHT + 8)),))
    assert hands.certified("calib", 3) == ((NIGHT + 7, NIGHT + 8, dataset),)


def test_a_shorter_range_leaves_nothing_of_the_longer_one(hands: Hands) -> None:
    first, second = hands.dataset("first", 3), hands.dataset("second", 3)
    hands.repository.commit((certify(bias(3), first),))
    both = timeline([(BEGINNING, NIGHT, uuid(first)), (NIGHT, END, uuid(second))])
    hands.repository.commit((Change(bias(3), constant(ALWAYS, uuid(first)), both),))
    assert hands.certified("calib", 3) == ((BEGINNING, NIGHT, first), (NIGHT, END, second))


def test_a_certification_taken_away_leaves_the_other_data_ids(hands: Hands) -> None:
    three, four = hands.dataset("run", 3), hands.dataset("run", 4)
    hands.repository.commit((certify(bias(3), three), certify(bias(4), four)))
    hands.repository.commit((Change(bias(3), constant(ALWAYS, uuid(three)), None),))
    assert hands.certified("calib", 3) == ()
    assert hands.certified("calib", 4) == ((BEGINNING, END, four),)


def test_ranges_that_a_person_wrote_in_pieces_count_as_one(hands: Hands) -> None:
    dataset = hands.dataset("run", 3)
    hands.certify("calib", dataset, 3, Validity(BEGINNING, NIGHT))
    hands.certify("calib", dataset, 3, Validity(NIGHT, END))
    hands.repository.commit((Change(bias(3), constant(ALWAYS, uuid(dataset)), None),))
    assert hands.certified("calib", 3) == ()


def test_many_ranges_and_types_go_into_one_commit(hands: Hands) -> None:
    biases = {d: hands.dataset("run", d) for d in range(5)}
    darks = {d: hands.dataset("run", d, "dark") for d in range(5)}
    later = Validity(NIGHT, END)
    changes = [certify(bias(d), name, later if d % 2 else ALWAYS) for d, name in biases.items()]
    changes += [certify(Cert(PLACE, "calib", "dark", data_id(d)), name) for d, name in darks.items()]
    hands.repository.commit(tuple(changes))
    seen = hands.repository.observe(EVERYTHING).certifications
    assert seen["calib", "bias"][data_id(1)] == ((NIGHT, END, biases[1]),)
    assert seen["calib", "dark"] == {data_id(d): ((BEGINNING, END, name),) for d, name in darks.items()}


def test_a_second_commit_of_the_same_finds_it_moved_and_changes_nothing(hands: Hands) -> None:
    dataset = hands.dataset("run", 3)
    changes = (members(None, "calib"), certify(bias(3), dataset))
    hands.repository.commit(changes)
    before = hands.repository.observe(EVERYTHING)
    with pytest.raises(Moved):
        hands.repository.commit(changes)
    assert hands.repository.observe(EVERYTHING) == before


def test_a_chain_that_somebody_reordered_is_moved_and_nothing_is_written(hands: Hands) -> None:
    for name in ("a", "b", "c"):
        hands.collection(name, "RUN")
    dataset = hands.dataset("run", 3)
    hands.chain(TICKET.name, ["a", "b"])
    hands.chain(TICKET.name, ["b", "a"])
    with pytest.raises(Moved) as moved:
        hands.repository.commit((certify(bias(3), dataset), members(("a", "b"), "c", "a", "b")))
    assert (moved.value.key, moved.value.expected, moved.value.found) == (TICKET, ("a", "b"), ("b", "a"))
    assert hands.kind("calib") is None
    assert hands.children(TICKET.name) == ("b", "a")


def test_a_certification_that_somebody_changed_is_moved_and_both_are_named(hands: Hands) -> None:
    ours, theirs = hands.dataset("ours", 3), hands.dataset("theirs", 3)
    hands.certify("calib", theirs, 3)
    with pytest.raises(Moved) as moved:
        hands.repository.commit((certify(bias(3), ours),))
    assert (moved.value.key, moved.value.expected) == (bias(3), None)
    assert moved.value.found == constant(ALWAYS, uuid(theirs))


def test_an_ownership_that_is_already_ours_is_moved(hands: Hands) -> None:
    owned = Owned(PLACE, TICKET.name, "calib")
    hands.repository.commit((Change(owned, None, "set"),))
    with pytest.raises(Moved):
        hands.repository.commit((Change(owned, None, "chain"),))


def test_a_member_that_does_not_exist_is_named_and_nothing_is_written(hands: Hands) -> None:
    dataset = hands.dataset("run", 3)
    with pytest.raises(ReconcileError, match="nowhere"):
        hands.repository.commit((certify(bias(3), dataset), members(None, "nowhere")))
    assert hands.kind("calib") is None
    assert hands.kind(TICKET.name) is None


def test_a_chain_in_itself_is_refused(hands: Hands) -> None:
    hands.chain("inner", [])
    hands.repository.commit((members(None, "inner"),))
    with pytest.raises(ReconcileError, match="cycle"):
        hands.repository.commit((Change(Chain(PLACE, "inner"), None, (TICKET.name,)),))
    assert hands.children("inner") == ()


def test_a_dataset_that_does_not_exist_is_refused_and_leaves_no_empty_collection(hands: Hands) -> None:
    with pytest.raises(ReconcileError, match=NOWHERE):
        hands.repository.commit((certify(bias(3), NOWHERE),))
    assert hands.kind("calib") is None


def test_a_dataset_of_another_detector_is_refused(hands: Hands) -> None:
    dataset = hands.dataset("run", 4)
    with pytest.raises(ReconcileError, match=dataset):
        hands.repository.commit((certify(bias(3), dataset),))


def test_a_collection_of_another_type_is_refused_with_both_types(hands: Hands) -> None:
    dataset = hands.dataset("run", 3)
    hands.collection("calib", "RUN")
    with pytest.raises(ReconcileError, match=r"calib exists as RUN, .*CALIBRATION"):
        hands.repository.commit((certify(bias(3), dataset),))
    with pytest.raises(ReconcileError, match=r"calib exists as RUN, .*CHAINED"):
        hands.repository.commit((Change(Chain(PLACE, "calib"), None, ("run",)),))


def test_a_commit_leaves_the_applied_commit_in_the_record(hands: Hands) -> None:
    hands.repository.remember("abc")
    hands.repository.commit((Change(Owned(PLACE, TICKET.name, "calib"), None, "set"),))
    record = hands.repository.observe(EVERYTHING).record
    assert record is not None
    assert record.applied == "abc"


def test_remembering_twice_is_remembering_once(repository: Repository) -> None:
    repository.remember("abc")
    before = repository.observe(EVERYTHING)
    repository.remember("abc")
    assert repository.observe(EVERYTHING) == before


def test_a_dataset_type_that_does_not_exist_is_refused(butler_hands: ButlerHands) -> None:
    dataset = butler_hands.dataset("run", 3)
    with pytest.raises(ReconcileError, match="dataset type ptc does not exist"):
        butler_hands.repository.commit((certify(Cert(PLACE, "calib", "ptc", data_id(3)), dataset),))


def test_a_dataset_type_that_cannot_be_certified_is_refused(butler_hands: ButlerHands) -> None:
    raw = Cert(PLACE, "calib", "raw", "instrument=Cam,detector=3,exposure=1")
    with pytest.raises(ReconcileError, match="raw is registered as no calibration type"):
        butler_hands.repository.commit((certify(raw, NOWHERE),))


def test_decertifying_from_a_collection_without_that_type_is_moved_not_broken(butler_hands: ButlerHands) -> None:
    dataset = butler_hands.dataset("run", 3)
    butler_hands.collection("calib", "CALIBRATION")
    with pytest.raises(Moved):
        butler_hands.repository.commit((Change(bias(3), constant(ALWAYS, uuid(dataset)), None),))


def test_a_record_that_somebody_wrote_over_is_refused_and_kept(butler_hands: ButlerHands) -> None:
    butler_hands.repository.remember("abc")
    butler_hands.butler.registry.setCollectionDocumentation(COLLECTION, "Ask Ann before you touch this.")
    with pytest.raises(ReconcileError, match=COLLECTION):
        butler_hands.repository.remember("def")
    assert butler_hands.repository.observe(EVERYTHING).record is None
    assert butler_hands.butler.collections.get_info(COLLECTION).doc == "Ask Ann before you touch this."


def test_the_first_dataset_type_of_two_with_filters_is_told_by_its_data_id(butler_hands: ButlerHands) -> None:
    butler_hands.collection("run", "RUN")
    ids = [{"instrument": "Cam", "detector": 3, "physical_filter": name} for name in ("r_03", "g_01")]
    refs = butler_hands.butler.registry.insertDatasets("flat", ids, "run")
    keys = [Cert(PLACE, "calib", "flat", f"{data_id(3)},physical_filter={name}") for name in ("r_03", "g_01")]
    butler_hands.repository.commit(tuple(certify(k, str(r.id)) for k, r in zip(keys, refs, strict=True)))
    seen = butler_hands.repository.observe(EVERYTHING).certifications["calib", "flat"]
    assert seen == {k.data_id: ((BEGINNING, END, str(r.id)),) for k, r in zip(keys, refs, strict=True)}


def test_what_is_no_registry_edit_is_a_bug_of_the_caller(butler_hands: ButlerHands) -> None:
    from reconciler.state import Gen, Presence

    with pytest.raises(TypeError, match="no registry edit"):
        butler_hands.repository.commit((Change(Gen(PLACE, "leaf"), None, Presence("sha256:1", True)),))


def test_nothing_certified_is_an_empty_timeline(hands: Hands) -> None:
    dataset = hands.dataset("run", 3)
    hands.repository.commit((Change(bias(3), Timeline(()), constant(ALWAYS, uuid(dataset))),))
    assert hands.certified("calib", 3) == ((BEGINNING, END, dataset),)
