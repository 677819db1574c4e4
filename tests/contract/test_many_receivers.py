"""Many processes that receive the same at once, and one that is killed at any effect: in the end all is there, once."""

from __future__ import annotations

import multiprocessing
import random
import signal
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from reconciler.content import Content
from reconciler.parcel import Piece
from tests.contract.conftest import hands_on
from tests.contract.hands import LOSSES, ButlerHands
from tests.contract.parcels import RUN, receive
from tests.contract.receiver import receive_together, receive_until, shipment
from tests.contract.test_receive import spools

RECEIVERS = 8
PUSH, ALL = 5, 50
NEVER = -1
HALF = 25
LOST = {piece.uuid for piece in shipment()[2 : 2 + 7 * len(LOSSES) : 7]}


def test_eight_receivers_at_once_end_as_if_one_had_run(butler_hands: ButlerHands) -> None:
    half_and_lost(butler_hands)
    start = forkserver().Barrier(RECEIVERS)
    root = str(butler_hands.root)
    receivers = [forkserver().Process(target=receive_together, args=(root, start)) for _ in range(RECEIVERS)]
    for receiver in receivers:
        receiver.start()
    for receiver in receivers:
        receiver.join()
    assert [receiver.exitcode for receiver in receivers] == [0] * RECEIVERS
    is_complete(butler_hands)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def back_end(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def effects(back_end: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many effects a receipt has that nobody disturbs."""
    reader, writer = forkserver().Pipe(duplex=False)
    with hands_on(back_end, tmp_path_factory.mktemp("undisturbed") / "repository", request) as hands:
        assert isinstance(hands, ButlerHands)
        half_and_lost(hands)
        assert let_receive(hands, NEVER, writer.send) == 0
    return int(reader.recv())


@pytest.fixture
def half(back_end: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ButlerHands]:
    """A repository that holds a half, of which some is lost."""
    with hands_on(back_end, tmp_path / "repository", request) as hands:
        assert isinstance(hands, ButlerHands)
        half_and_lost(hands)
        yield hands


def moments() -> list[object]:
    """Return fractions of what a whole receipt does, spread evenly."""
    draw = random.Random(20250207)
    return [
        pytest.param(
            (number + draw.random()) / ALL,
            id=str(number),
            marks=() if number % (ALL // PUSH) == ALL // PUSH // 2 else pytest.mark.long,
        )
        for number in range(ALL)
    ]


@pytest.mark.parametrize("moment", moments())
def test_a_kill_at_any_effect_leaves_whole_datasets_and_the_next_receipt_completes_them(
    half: ButlerHands, effects: int, moment: float
) -> None:
    assert let_receive(half, 1 + int(moment * effects)) == -signal.SIGKILL
    left = [piece for piece in shipment() if piece.uuid in registered(half) - LOST]
    assert len(left) >= HALF - len(LOST)
    assert contents(half, left) == [piece.content for piece in left]
    receive(half, *shipment())
    is_complete(half)


def half_and_lost(hands: ButlerHands) -> None:
    """Let a half be there, and some of it without its file."""
    receive(hands, *shipment()[:HALF])
    for uuid, how in zip(sorted(LOST), LOSSES, strict=True):
        hands.lose(uuid, how)


def let_receive(hands: ButlerHands, last: int, report: Callable[[int], None] = print) -> int | None:
    """Let another process receive all, to effect number `last`; return how it ended."""
    process = forkserver().Process(target=receive_until, args=(str(hands.root), last, report))
    process.start()
    process.join()
    return process.exitcode


def forkserver() -> ForkServerContext:
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.contract.receiver", "lsst.daf.butler"])
    return processes


def registered(hands: ButlerHands) -> set[str]:
    return {str(ref.id) for ref in hands.butler.get_many_datasets([piece.uuid for piece in shipment()])}


def is_complete(hands: ButlerHands) -> None:
    """Every dataset is there with its bytes, and no file beside."""
    assert contents(hands, shipment()) == [piece.content for piece in shipment()]
    refs = hands.butler.get_many_datasets([piece.uuid for piece in shipment()])
    stored = {Path(uris.primaryURI.ospath) for uris in hands.butler.get_many_uris(refs).values()}
    assert {path for path in (hands.root / "Cam").rglob("*") if path.is_file()} == stored
    assert spools(hands) == []


def contents(hands: ButlerHands, wanted: Iterable[Piece]) -> list[Content]:
    """Return what the files of these datasets hold."""
    uuids: dict[str, dict[str, str]] = defaultdict(dict)
    for piece in wanted:
        uuids[piece.dataset_type][piece.data_id] = piece.uuid
    return [
        Content(one.uuid, sha256(data := read(one)).hexdigest(), len(data)) for one in hands.again().pieces(RUN, uuids)
    ]


def read(piece: Piece) -> bytes:
    with piece.open() as file:
        return file.read()
