"""From one place to the others: what is wanted where, by which steps it gets there, and how the table tells of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.apply import apply
from reconciler.archive import PLACE as ARCHIVE
from reconciler.names import Naming
from reconciler.protection import Protection
from reconciler.spec.documents import Model
from reconciler.spec.documents.deployment import Deployment
from reconciler.state import Cert, Chain, Gen, Published, Tag
from reconciler.timeline import gen, timeline
from tests.several import EMBARGO, MAIN, SUMMIT, Several, deployment, site, words
from tests.worlds import INSTRUMENT, PUBLIC, TICKET, Ask, calibration_set, chain, document

LEAF = f"{TICKET}/trial/biasGen.20250207a"
BIAS = f"{TICKET}/trial/bias.20250207a"
ONE = f"instrument={INSTRUMENT},detector=1"


def spec(*asks: Ask, **more: Any) -> tuple[Model, ...]:
    """Return a set of a bias that goes everywhere, and the chain that leads there."""
    said = {"deployment": deployment(EMBARGO, SUMMIT), **more}
    return (*calibration_set(asks or [Ask("bias")], **said), chain(TICKET))


@pytest.fixture
def several() -> Several:
    return Several()


def deployed(several: Several, *documents: Model) -> None:
    """Let both sites apply."""
    for name in ("usdf", "summit"):
        assert {word for _, word in words(several.apply(name, *documents))} <= {"done", "unchanged"}


def test_another_repository_of_the_site_receives_it_straight_and_other_sites_from_the_archive(several: Several) -> None:
    done = words(several.apply("usdf", *spec()))
    assert done.count(("fetch", "done")) == 1
    assert done.count(("publish", "done")) == 1
    assert words(several.apply("summit", *spec())) == [
        ("fetch", "done"),
        ("certify", "done"),
        ("link", "done"),
        ("link", "done"),
    ]


def test_every_place_has_the_same_datasets_certified_and_linked_and_keeps_what_is_its_own(several: Several) -> None:
    deployed(several, *spec())
    made = several.stores[MAIN].certifications
    for place in (EMBARGO, SUMMIT):
        assert several.stores[place].certifications == made
        assert several.stores[place].children[PUBLIC] == (TICKET, f"{PUBLIC}/LOCAL")


def test_a_second_time_nothing_is_to_do_anywhere(several: Several) -> None:
    deployed(several, *spec())
    for name in ("usdf", "summit"):
        assert several.plan(name, *spec()).empty


def test_before_its_origin_has_published_it_a_site_waits_and_says_for_what(several: Several) -> None:
    several.stores = {MAIN: several.stores[MAIN], SUMMIT: several.stores[SUMMIT]}
    blocked = [(p.step.kind, p.expected.reason) for p in several.plan("summit", *spec()).steps]
    assert blocked[0] == ("fetch", f"{LEAF} is not at archive yet; apply at its origin publishes it")


def test_an_archive_that_cannot_be_reached_is_unknown_and_nothing_is_made_of_it(several: Several) -> None:
    several.apply("usdf", *spec())
    several.archive.memory.reachable = False
    plan = several.plan("summit", *spec())
    assert ARCHIVE in plan.unknown
    assert plan.steps[0].expected.reason == f"{LEAF} cannot be had: archive cannot be read"


def test_an_object_that_is_lost_is_told_by_its_dataset_and_published_again_under_the_same_manifest(
    several: Several,
) -> None:
    several.apply("usdf", *spec(Ask("bias"), Ask("dark")))
    files = several.archive.memory.files
    before = dict(files)
    items = next(iter(several.archive.manifests(frozenset({"DM-1"})))).parts[LEAF].items
    del files[f"objects/{next(item.sha256 for item in items if item.data_id == ONE)}"]
    (fetch,) = (p for p in several.plan("summit", *spec()).steps if p.step.kind == "fetch")
    told = f"1 dataset of {LEAF} not whole at archive, first bias {ONE}; apply at its origin publishes it again"
    assert fetch.expected.reason == told
    assert words(several.apply("usdf", *spec(Ask("bias"), Ask("dark")))) == [("publish", "done")]
    assert files == before


def test_a_file_that_is_no_longer_what_was_published_is_refused_by_name_where_it_is_to_be_published_again(
    several: Several,
) -> None:
    several.apply("usdf", *spec())
    (manifest,) = several.archive.manifests(frozenset({"DM-1"}))
    item = next(item for item in manifest.parts[LEAF].items if item.data_id == ONE)
    files, made = several.archive.memory.files, several.stores[MAIN].files
    lost, right = files.pop(f"objects/{item.sha256}"), several.stores[MAIN].file(item.uuid)
    before, made[item.uuid] = dict(files), b"rotten"
    (result,) = several.apply("usdf", *spec())
    assert result.outcome.word == "failed"
    assert f"the file of bias {ONE} ({item.uuid}) does not hold what it must" in result.outcome.reason
    assert files == before
    made[item.uuid] = right
    assert words(several.apply("usdf", *spec())) == [("publish", "done")]
    assert files == {**before, f"objects/{item.sha256}": lost}


def test_a_copy_within_the_site_is_compared_with_what_was_published(several: Several) -> None:
    """A file of the origin that has rotted since does not go to its neighbour."""
    several.apply("usdf", *spec(deployment=deployment(SUMMIT)))
    made, there = several.stores[MAIN].files, several.stores[EMBARGO]
    (manifest,) = several.archive.manifests(frozenset({"DM-1"}))
    item = next(item for item in manifest.parts[LEAF].items if item.data_id == ONE)
    right, before = several.stores[MAIN].file(item.uuid), dict(there.contents)
    made[item.uuid] = b"rotten"
    first = several.apply("usdf", *spec())[0]
    assert (first.step.kind, first.outcome.word) == ("fetch", "failed")
    assert f"bias {ONE} ({item.uuid})" in first.outcome.reason
    assert there.contents == before
    assert (BIAS, "bias") not in there.certifications
    made[item.uuid] = right
    deployed(several, *spec())
    assert there.certifications == several.stores[MAIN].certifications


def test_an_archive_that_cannot_be_reached_does_not_stop_a_copy_within_the_site(several: Several) -> None:
    several.apply("usdf", *spec(deployment=deployment(SUMMIT)))
    several.archive.memory.reachable = False
    first = several.apply("usdf", *spec())[0]
    assert (first.step.kind, first.outcome.word) == ("fetch", "done")


def test_a_site_without_an_archive_is_told_so(several: Several) -> None:
    several.sites["summit"] = site("summit", {"cam": {}})
    plan = several.plan("summit", *spec())
    assert not [p for p in plan.steps if p.step.kind == "fetch"]
    assert "DM-1 is built at usdf/main, and summit has no archive to receive it from" in plan.notices[0]


def test_a_place_that_does_without_is_left_alone_and_the_reason_is_told(several: Several) -> None:
    skip = spec(deployment={"ticket": "DM-9", "repositories": {EMBARGO: {}, SUMMIT: {"skip": "no camera there"}}})
    deployed(several, *skip)
    assert several.stores[SUMMIT].children[PUBLIC] == (f"{PUBLIC}/LOCAL",)
    assert f"without {TICKET}, which is not wanted here: no camera there" in several.plan("summit", *skip).notices[0]


def test_a_lost_file_comes_back_from_the_archive_under_its_own_uuid(several: Several) -> None:
    deployed(several, *spec())
    for place, name in ((SUMMIT, "summit"), (MAIN, "usdf")):
        there = several.stores[place]
        before = dict(there.certifications)
        uuid = next(iter(there.contents[next(key for key in there.contents if key[1] == "bias")].values()))
        there.lost.add(uuid)
        assert words(several.apply(name, *spec())) == [("fetch", "done")]
        assert (there.lost, there.certifications) == (set(), before)
        assert several.plan(name, *spec()).empty


def test_without_an_archive_lost_datasets_are_refused_by_name(several: Several) -> None:
    several.sites["usdf"] = site("usdf", {"main": {}, "embargo": {}})
    several.apply("usdf", *spec())
    there = several.stores[MAIN]
    there.lost.add(next(iter(there.contents[next(k for k in there.contents if k[1] == "bias")].values())))
    (planned,) = several.plan("usdf", *spec()).steps
    assert "1 sealed datasets of" in planned.expected.reason


def test_a_recertification_moves_validity_and_no_bytes(several: Several) -> None:
    deployed(several, *spec())
    later = spec(Ask("bias", begin="2025-01-01T00:00:00"))
    kinds = [kind for kind, _ in words(several.apply("summit", *later))]
    assert kinds == ["certify"]


def test_what_somebody_else_put_under_the_leafs_name_is_refused(several: Several) -> None:
    several.apply("usdf", *spec())
    several.stores[SUMMIT].register(LEAF, "RUN")
    first = several.plan("summit", *spec()).steps[0]
    assert first.step.kind == "refuse"
    assert "exists and reconcile did not bring it" in first.expected.reason


def curated_set(tmp_path: Path, *places: str, **more: Any) -> Model:
    """Return a curated set of one file without a date, which goes to these places."""
    (file := tmp_path / "camera.txt").write_text("geometry")
    return document(
        kind="CuratedSet",
        instrument=INSTRUMENT,
        ticket="DM-5",
        origin=MAIN,
        datasets={"camera": {"storage_class": "Text", "dimensions": ["instrument"], "files": [{"file": str(file)}]}},
        deployment=deployment(*places),
        **more,
    )


@pytest.fixture
def curated(tmp_path: Path) -> Model:
    return curated_set(tmp_path, SUMMIT)


def test_a_curated_set_goes_where_its_deployment_says(several: Several, curated: Model) -> None:
    deployed(several, curated, chain(f"{PUBLIC}/DM-5"))
    assert several.stores[SUMMIT].certifications == several.stores[MAIN].certifications


def test_a_run_of_curated_files_is_a_member_of_a_chain_wherever_they_go(several: Several, curated: Model) -> None:
    run, unbounded = f"{PUBLIC}/DM-5/unbounded", f"{PUBLIC}/unbounded"
    deployed(several, curated, chain(run, name=unbounded))
    for place in (MAIN, SUMMIT):
        assert several.stores[place].children[unbounded] == (run,)


def test_sets_that_share_a_ticket_are_published_together_and_are_one_row(several: Several, tmp_path: Path) -> None:
    ticket = f"{PUBLIC}/DM-5"
    one = curated_set(tmp_path, EMBARGO, SUMMIT, collection=f"{ticket}/one")
    other = curated_set(tmp_path, SUMMIT, collection=f"{ticket}/other")
    documents = (one, other, chain(f"{ticket}/one", f"{ticket}/other", name=ticket), chain(ticket))
    assert words(several.apply("usdf", *documents)).count(("publish", "done")) == 1
    deployed(several, *documents)
    row = several.matrix(*documents)[ticket]
    assert {cell.place: cell.word for cell in row.cells} == {MAIN: "linked", EMBARGO: "linked", SUMMIT: "linked"}
    prints = {cell.place: cell.fingerprint for cell in row.cells}
    assert prints[SUMMIT] == prints[MAIN] != prints[EMBARGO]


def test_a_place_that_does_without_one_set_of_a_ticket_is_not_skipped(several: Several, tmp_path: Path) -> None:
    ticket, skips = f"{PUBLIC}/DM-5", deployment(**{SUMMIT: {"skip": "not the other one"}})
    one = curated_set(tmp_path, SUMMIT, collection=f"{ticket}/one")
    other = curated_set(tmp_path, collection=f"{ticket}/other").model_copy(update={"deployment": Deployment(**skips)})
    documents = (one, other, chain(f"{ticket}/one", f"{ticket}/other", name=ticket), chain(ticket))
    deployed(several, *documents)
    assert {cell.place: cell.word for cell in several.matrix(*documents)[ticket].cells} == {
        MAIN: "linked",
        SUMMIT: "linked",
    }
    only = several.matrix(other, *documents[2:])[ticket]
    assert [(cell.word, cell.reasons) for cell in only.cells if cell.place == SUMMIT] == [
        ("skipped", ("not the other one",))
    ]


def test_a_run_that_stands_in_the_place_of_a_chain_is_named_by_the_plan(several: Several, curated: Model) -> None:
    """`write-curated-calibrations` without a label leaves such a RUN."""
    several.stores[SUMMIT].register(f"{PUBLIC}/unbounded", "RUN")
    documents = (curated, chain(f"{PUBLIC}/DM-5/unbounded", name=f"{PUBLIC}/unbounded"))
    several.apply("usdf", *documents)
    (link,) = [p.expected for p in several.plan("summit", *documents).steps if p.step.kind == "link"]
    assert link.word == "blocked"
    assert link.reason.startswith(f"{SUMMIT}: {PUBLIC}/unbounded is a RUN, not a chain")


def test_a_sealed_run_that_butler_has_transferred_is_no_sign_of_a_lost_record(several: Several, curated: Model) -> None:
    """It bears its seal wherever it goes; what others certified or linked of ours does not come with it."""
    documents = (curated, chain(f"{PUBLIC}/DM-5"))
    several.apply("usdf", *documents)
    run = f"{PUBLIC}/DM-5/unbounded"
    here, there = several.stores[MAIN], several.stores[SUMMIT]
    there.register(run, "RUN")
    there.docs[run] = here.docs[run]
    there.contents[run, "camera"] = dict(here.contents[run, "camera"])
    assert SUMMIT not in several.plan("summit", *documents).unknown
    assert {word for _, word in words(several.apply("summit", *documents))} == {"done"}
    there.record = None
    assert SUMMIT in several.plan("summit", *documents).unknown


def ordered(name: str, *members: str, **more: Any) -> Model:
    """Return a Chain document that says more than its members."""
    return document(kind="Chain", instrument=INSTRUMENT, name=name, members=list(members), **more)


def test_a_chain_is_another_one_where_an_exception_says_so_and_holds_what_only_that_place_has(several: Several) -> None:
    local = f"{PUBLIC}/LOCAL"
    top = ordered(
        PUBLIC,
        TICKET,
        external=[{"collection": local, "reason": "theirs"}],
        exceptions={SUMMIT: {"members": [local, TICKET], "reason": "theirs first"}},
    )
    deployed(several, *spec()[:2], top)
    assert several.stores[SUMMIT].children[PUBLIC] == (local, TICKET)
    assert several.stores[EMBARGO].children[PUBLIC] == (TICKET, local)


def test_what_a_place_should_have_of_others_and_has_not_is_waited_for(several: Several) -> None:
    top = ordered(PUBLIC, TICKET, "OTHER", external=[{"collection": "OTHER", "reason": "theirs"}])
    several.apply("usdf", *spec()[:2], top)
    blocked = [p.expected.reason for p in several.plan("summit", *spec()[:2], top).steps if p.expected.reason]
    assert f"needs OTHER at {SUMMIT}, which does not exist and which no spec makes" in blocked


def test_a_chain_of_which_nothing_comes_to_a_place_is_not_linked_there(several: Several, curated: Model) -> None:
    run, unbounded = f"{PUBLIC}/DM-5/unbounded", f"{PUBLIC}/unbounded"
    documents = (*spec()[:2], curated, chain(run, name=unbounded), chain(TICKET, unbounded))
    deployed(several, *documents)
    assert several.stores[SUMMIT].children[PUBLIC][:2] == (TICKET, unbounded)
    assert unbounded not in several.stores[EMBARGO].types
    assert several.stores[EMBARGO].children[PUBLIC] == (TICKET, f"{PUBLIC}/LOCAL")
    told = f"{EMBARGO}: {PUBLIC} is planned without {unbounded}, of which nothing comes here"
    assert told in several.plan("usdf", *documents).notices


def test_a_chain_that_no_document_defines_at_a_place_is_not_linked_there(several: Several, curated: Model) -> None:
    inner = ordered("inner", f"{PUBLIC}/DM-5", repositories=[MAIN])
    documents = (curated, inner, chain("inner"))
    deployed(several, *documents)
    assert several.stores[MAIN].children[PUBLIC][0] == "inner"
    assert several.stores[SUMMIT].children[PUBLIC] == (f"{PUBLIC}/LOCAL",)
    told = f"{SUMMIT}: {PUBLIC} is planned without inner, which no document defines here"
    assert told in several.plan("summit", *documents).notices


def protected(**more: Any) -> tuple[Model, ...]:
    return spec(deployment={"ticket": "DM-9", "repositories": {SUMMIT: {"protect": True}}}, **more)


def test_where_a_site_asks_everything_that_is_deployed_is_tagged(several: Several) -> None:
    for documents in (protected(), spec()):
        fresh = Several()
        fresh.sites["summit"] = site("summit", {"cam": {"protect": True}}, archive="archive")
        deployed(fresh, *documents)
        tagged = fresh.stores[SUMMIT].contents[f"{INSTRUMENT}/calib_tagged/DM-1", "bias"]
        assert tagged == fresh.stores[MAIN].contents[f"{LEAF}/20250207T000001Z", "bias"]


def test_a_tag_that_was_removed_is_set_again_and_what_is_tagged_besides_stays(several: Several) -> None:
    deployed(several, *protected())
    name = f"{INSTRUMENT}/calib_tagged/DM-1"
    tags = several.stores[SUMMIT].contents[name, "bias"]
    gone = tags.pop(ONE)
    tags[f"instrument={INSTRUMENT},detector=9"] = "theirs"
    assert words(several.apply("summit", *protected())) == [("protect", "done")]
    assert several.stores[SUMMIT].contents[name, "bias"][ONE] == gone
    assert several.stores[SUMMIT].contents[name, "bias"][f"instrument={INSTRUMENT},detector=9"] == "theirs"


def test_another_dataset_in_the_place_of_a_tag_is_left_to_people(several: Several) -> None:
    deployed(several, *protected())
    tags = several.stores[SUMMIT].contents[f"{INSTRUMENT}/calib_tagged/DM-1", "bias"]
    tags[ONE] = "theirs"
    (planned,) = several.plan("summit", *protected()).steps
    assert "which somebody else has tagged" in planned.expected.reason


def test_two_datasets_of_one_data_id_are_split_over_numbered_collections_and_said() -> None:
    protection, naming = Protection(), Naming("", INSTRUMENT, "DM-1")
    spans = [(0, 1, gen("a")), (1, 2, gen("b")), (2, 3, gen("a"))]
    protection.protect(naming, {Cert(SUMMIT, BIAS, "bias", ONE): timeline(spans)}, SUMMIT)
    name = f"{INSTRUMENT}/calib_tagged/DM-1"
    assert protection.tags == {
        Tag(SUMMIT, name, "bias", ONE): gen("a"),
        Tag(SUMMIT, f"{name}/2", "bias", ONE): gen("b"),
    }
    told = f"{SUMMIT}: {name}/2 protects 1 dataset whose data ID the collection before it has already"
    assert list(protection.notices()) == [told]


def row(several: Several, *documents: Model, applied: bool = True) -> dict[str, str]:
    return {cell.place: cell.word for cell in several.matrix(*documents, applied=applied)[TICKET].cells}


def test_the_table_tells_how_far_a_ticket_has_come(several: Several) -> None:
    documents = protected()
    assert row(several, *documents, applied=False) == {MAIN: "absent", SUMMIT: "absent"}
    several.apply("usdf", *documents)
    assert row(several, *documents, applied=False) == {MAIN: "linked", SUMMIT: "absent"}
    several.apply("summit", *documents)
    assert row(several, *documents) == {MAIN: "linked", SUMMIT: "protected"}


def test_the_table_tells_how_far_a_site_that_is_interrupted_has_come(several: Several) -> None:
    """Certified is what stands in the ticket's own chain, too: there people who look for it find it.

    Tags are set before anything is linked, so that nothing in use is ever cleaned away; they count in the end.
    """
    documents = protected()
    several.apply("usdf", *documents)
    want, facts = several.want("summit", *documents)
    steps = [planned.step for planned in several.plan("summit", *documents).steps]
    told = []
    for step in steps:
        list(apply([step], several.world("summit", want), want, facts))
        (cell,) = [one for one in several.matrix(*documents, applied=False)[TICKET].cells if one.place == SUMMIT]
        told.append((step.kind, cell.word, cell.pending))
    assert told == [
        ("fetch", "fetched", True),
        ("certify", "fetched", True),
        ("protect", "fetched", True),
        ("link", "certified", True),
        ("link", "protected", False),
    ]


def test_fingerprints_are_the_same_everywhere(several: Several) -> None:
    deployed(several, *spec())
    assert len({cell.fingerprint for cell in several.matrix(*spec())[TICKET].cells}) == 1


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("reordered", f"{PUBLIC} is searched in another order"),
        ("uncertified", "1 certification of bias in"),
        ("dropped", f"{TICKET} is not in {PUBLIC}"),
        ("untagged", "URGENT: 1 dataset not protected by"),
        ("lost", "not as it was sealed"),
    ],
)
def test_whatever_somebody_breaks_is_named_in_the_table_and_mended(several: Several, broken: str, told: str) -> None:
    documents = (*protected()[:2], chain(TICKET, f"{PUBLIC}/LOCAL"))
    several.stores[MAIN].register(f"{PUBLIC}/LOCAL", "CALIBRATION")
    deployed(several, *documents)
    there = several.stores[SUMMIT]
    match broken:
        case "reordered":
            there.children[PUBLIC] = there.children[PUBLIC][::-1]
        case "uncertified":
            there.certifications[BIAS, "bias"].pop(ONE)
        case "dropped":
            there.children[PUBLIC] = there.children[PUBLIC][1:]
        case "untagged":
            there.contents[f"{INSTRUMENT}/calib_tagged/DM-1", "bias"].pop(ONE)
        case "lost":
            there.lost.add(there.contents[f"{INSTRUMENT}/calib_tagged/DM-1", "bias"][ONE])
    rows = several.matrix(*documents).values()
    drifted = [cell for one in rows for cell in one.cells if cell.word == "drifted"]
    assert {cell.place for cell in drifted} == {SUMMIT}
    assert any(told in reason for cell in drifted for reason in cell.reasons)
    assert {word for _, word in words(several.apply("summit", *documents))} == {"done"}
    assert not [cell for one in several.matrix(*documents).values() for cell in one.cells if cell.word == "drifted"]


def test_what_a_person_certified_into_our_collection_elsewhere_makes_another_fingerprint(several: Several) -> None:
    deployed(several, *spec())
    there = several.stores[SUMMIT]
    there.certifications[BIAS, "bias"][f"instrument={INSTRUMENT},detector=7"] = [(0, 1, "theirs")]
    cell = several.matrix(*spec())[TICKET].cells[-1]
    assert (cell.word, cell.reasons) == ("drifted", (f"its fingerprint is not that of {MAIN}",))


def test_wanted_keys_of_a_destination_are_those_of_the_origin(several: Several) -> None:
    here, _ = several.want("usdf", *spec())
    there, _ = several.want("summit", *spec())
    at = {key for key in there.state.values if isinstance(key, Cert | Gen | Chain)}
    assert {Gen(SUMMIT, LEAF), Chain(SUMMIT, TICKET), Chain(SUMMIT, PUBLIC)} <= at
    assert {key for key in here.state.values if isinstance(key, Gen | Published)} == {
        Gen(MAIN, LEAF),
        Gen(EMBARGO, LEAF),
        Published(ARCHIVE, "DM-1", LEAF),
    }
