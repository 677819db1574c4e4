"""Tickets that certify one RUN of somebody: each is published, and deployed, whatever becomes of the other."""

from __future__ import annotations

import pytest

from reconciler.adapters.memory_archive import MemoryArchive
from reconciler.courier import carry
from reconciler.seals import digest
from reconciler.spec.documents import Model
from tests.several import EMBARGO, MAIN, SUMMIT, Several, deployment, words
from tests.unit.test_deployments import Desk
from tests.worlds import DETECTORS, INSTRUMENT, PUBLIC, Ask, calibration_set, chain

RUN = "somebody/run"
TICKETS = ("DM-1", "DM-2")


@pytest.fixture
def several() -> Several:
    """Where somebody has made a bias in a RUN of their own."""
    made = Several()
    made.stores[MAIN].register(RUN, "RUN")
    for detector in DETECTORS:
        made.stores[MAIN].add(RUN, "bias", f"instrument={INSTRUMENT},detector={detector}")
    return made


def taken(several: Several, **places: tuple[str, ...]) -> tuple[Model, ...]:
    """Return sets of these tickets that take the bias from the RUN, with where each goes, and the chain to all."""
    found = {"bias": dict(several.stores[MAIN].contents[RUN, "bias"])}
    run = {"run": RUN, "digest": digest(found), "detectors": f"0..{DETECTORS[-1]}"}
    documents: list[Model] = []
    for ticket, to in places.items():
        spec, lock = calibration_set([Ask("bias")], ticket.replace("_", "-"), deployment=deployment(*to))
        documents += (_with(spec, {"bias": {"from": (RUN,)}}), _with(lock, {"bias": {"from": (run,)}}))
    return (*documents, chain(*(f"{PUBLIC}/{ticket.replace('_', '-')}" for ticket in places)))


def _with(one: Model, products: dict[str, object]) -> Model:
    return type(one).model_validate({**one.model_dump(by_alias=True, exclude_unset=True), "products": products})


def settled(several: Several, *documents: Model) -> None:
    """Let both sites apply, and find nothing to do any more."""
    for name in ("usdf", "summit"):
        assert {word for _, word in words(several.apply(name, *documents))} <= {"done"}
    for name in ("usdf", "summit"):
        assert several.plan(name, *documents).empty


def published(several: Several) -> dict[str, set[str]]:
    """Return ticket -> what its manifests name; none names anything twice."""
    manifests = several.archive.manifests(several.archive.tickets())
    assert len(manifests) == len({one.ticket for one in manifests})
    return {one.ticket: {*one.parts} for one in manifests}


@pytest.mark.parametrize(
    "places",
    [
        {"DM_1": (SUMMIT,), "DM_2": (EMBARGO,)},
        {"DM_1": (EMBARGO,), "DM_2": (SUMMIT,)},
        {"DM_1": (EMBARGO, SUMMIT), "DM_2": (EMBARGO, SUMMIT)},
    ],
)
def test_each_ticket_has_a_manifest_and_the_files_are_there_once(
    several: Several, places: dict[str, tuple[str, ...]]
) -> None:
    documents = taken(several, **places)
    settled(several, *documents)
    assert published(several) == {ticket: {RUN} for ticket in TICKETS}
    objects = [path for path in several.archive.memory.files if path.startswith("objects/")]
    assert len(objects) == len(DETECTORS)
    for ticket, to in places.items():
        for place in to:
            assert f"{PUBLIC}/{ticket.replace('_', '-')}" in several.stores[place].children[PUBLIC]
            assert several.stores[place].contents[RUN, "bias"] == several.stores[MAIN].contents[RUN, "bias"]


def test_a_ticket_that_comes_later_is_published_beside_the_first_and_reads_no_file_again(several: Several) -> None:
    first = taken(several, DM_1=(SUMMIT,))
    settled(several, *first)
    before = dict(several.archive.memory.files)
    several.stores[MAIN].files.update(dict.fromkeys(several.stores[MAIN].contents[RUN, "bias"].values(), b"not read"))
    settled(several, *taken(several, DM_1=(SUMMIT,), DM_2=(SUMMIT,)))
    news = several.archive.memory.files.keys() - before.keys()
    assert [path.split("/")[:2] for path in news] == [["sets", "DM-2"]]
    assert published(several) == {ticket: {RUN} for ticket in TICKETS}


@pytest.mark.parametrize("lost", TICKETS)
def test_a_manifest_that_is_lost_is_written_again_and_the_other_serves_meanwhile(several: Several, lost: str) -> None:
    documents = taken(several, DM_1=(SUMMIT,), DM_2=(SUMMIT,))
    several.apply("usdf", *documents)
    files = several.archive.memory.files
    before = dict(files)
    (gone,) = [path for path in files if path.startswith(f"sets/{lost}/")]
    del files[gone]
    assert {word for _, word in words(several.apply("summit", *documents))} == {"done"}
    several.archive = MemoryArchive(several.archive.memory)
    assert words(several.apply("usdf", *documents)) == [("publish", "done")]
    assert files == before


def test_a_lost_object_comes_back_for_all_tickets_that_name_it(several: Several) -> None:
    documents = taken(several, DM_1=(SUMMIT,), DM_2=(SUMMIT,))
    several.apply("usdf", *documents)
    files = several.archive.memory.files
    before = dict(files)
    del files[next(path for path in files if path.startswith("objects/"))]
    assert words(several.apply("usdf", *documents)) == [("publish", "done"), ("publish", "unchanged")]
    assert files == before
    settled(several, *documents)


@pytest.mark.parametrize(("first", "second"), [TICKETS, TICKETS[::-1]])
def test_what_is_adopted_and_deployed_waits_for_no_yes_to_the_other(several: Several, first: str, second: str) -> None:
    several.trust = "required"
    several.__post_init__()
    desk = Desk(several, taken(several, DM_1=(EMBARGO, SUMMIT), DM_2=(EMBARGO, SUMMIT)))
    desk.apply("usdf")
    gone: set[str] = set()
    for ticket in (first, second):
        desk.sign("adopt", "alice", "bob", ticket=f"{PUBLIC}/{ticket}")
        desk.apply("usdf")
        gone.add(ticket)
        assert published(several) == {one: {RUN} for one in gone}
        desk.sign("deploy", "alice", ticket=f"{PUBLIC}/{ticket}")
        for name, place in (("usdf", EMBARGO), ("summit", SUMMIT)):
            desk.apply(name)
            assert {*several.stores[place].children[PUBLIC]} == {f"{PUBLIC}/{one}" for one in ("LOCAL", *gone)}
    for name in ("usdf", "summit"):
        assert desk.plan(name) == ()


@pytest.mark.parametrize("ticket", TICKETS)
def test_a_courier_carries_either_of_them(several: Several, ticket: str) -> None:
    several.apply("usdf", *taken(several, DM_1=(SUMMIT,), DM_2=(SUMMIT,)))
    disk = MemoryArchive()
    load = carry(several.archive, disk, frozenset({ticket}), lambda content: None)[ticket]
    assert (load.manifests, load.files) == (1, len(DETECTORS))
    assert [{*one.parts} for one in disk.manifests(disk.tickets())] == [{RUN}]
