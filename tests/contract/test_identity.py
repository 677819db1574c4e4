"""A command for one repository never writes into another, whatever sites/ says its address is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.errors import ReconcileError
from reconciler.parcel import File, Piece
from reconciler.ports import Repository
from reconciler.seals import Claim, Seal
from reconciler.state import Cert, Chain, Change, Owned, Tag
from reconciler.timeline import constant, uuid
from reconciler.validity import ALWAYS
from tests.contract.hands import EVERYTHING, Hands, data_id
from tests.contract.parcels import DEFINITIONS, RUN, offered

OTHER = "summit/LSSTCam"
LEAF = "Cam/calib/DM-2/biasGen.20250207a"
NOBODY = "00000000-0000-4000-8000-000000000000"
CLAIM = Claim("sha256:1", {}, f"{LEAF}/run", (), 1, "host", "")
FILE = File("bias", "StructuredDataDict", ("instrument", "detector"), data_id(3), "/nowhere.yaml", "")


def receive(repository: Repository, *pieces: Piece) -> None:
    with repository.receive(RUN, DEFINITIONS, pieces, print) as arrivals:
        arrivals.keep()


WRITES: dict[str, Callable[[Repository], object]] = {
    "commit chain": lambda it: it.commit((Change(Chain(OTHER, "chain"), None, ("Cam/raw",)),)),
    "commit certification": lambda it: it.commit(
        (Change(Cert(OTHER, "calib", "bias", data_id(3)), None, constant(ALWAYS, uuid(NOBODY))),)
    ),
    "commit tag": lambda it: it.commit((Change(Tag(OTHER, "tags", "bias", data_id(3)), None, uuid(NOBODY)),)),
    "commit ownership": lambda it: it.commit((Change(Owned(OTHER, "chain", "Cam/raw"), None, "set"),)),
    "claim": lambda it: it.claim(LEAF, CLAIM),
    "seal": lambda it: it.seal("ours", Seal("sha256:1", {}, "ours", {})),
    "ensure chain": lambda it: it.ensure_chain("chain"),
    "put": lambda it: it.put(RUN, (FILE,)),
    "receive": lambda it: receive(it, offered(3), offered(3, "defects")),
    "receive nothing": receive,
    "remember": lambda it: it.remember("abc"),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_nothing_is_written_into_the_repository_of_another_name(
    hands: Hands, write: Callable[[Repository], object]
) -> None:
    hands.repository.claim("ours", Claim("sha256:1", {}, "ours", (), 1, "host", ""))
    before = hands.repository.observe(EVERYTHING)
    with pytest.raises(ReconcileError, match=r"summit/LSSTCam is recorded as usdf/main"):
        write(hands.again(OTHER))
    assert hands.repository.observe(EVERYTHING) == before
    assert "defects" not in hands.repository.definitions(frozenset({"defects"}))


@pytest.mark.parametrize("write", [lambda it: it.put(RUN, ()), receive, lambda it: it.ensure_chain("x")])
def test_whoever_writes_first_says_which_repository_it_is(hands: Hands, write: Callable[[Repository], object]) -> None:
    write(hands.repository)
    with pytest.raises(ReconcileError, match="recorded as usdf/main"):
        write(hands.again(OTHER))


def test_looking_is_allowed_to_everybody(hands: Hands) -> None:
    hands.repository.remember("abc")
    record = hands.again(OTHER).observe(EVERYTHING).record
    assert record is not None
    assert record.place == "usdf/main"
