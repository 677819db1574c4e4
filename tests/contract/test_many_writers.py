"""Eight processes on one chain and one record: no update is lost on any database."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys

import pytest

from reconciler.ports import Moved
from reconciler.seals import Claim
from reconciler.state import Cert, Change
from reconciler.timeline import constant, uuid
from reconciler.validity import ALWAYS
from tests.contract.hands import EVERYTHING, PLACE, ButlerHands, data_id
from tests.contract.writer import CHAIN, write

WRITERS, LINKS = 8, 4


def test_eight_writers_on_one_chain_and_one_record_lose_no_update(butler_hands: ButlerHands) -> None:
    shares = [[f"run/{writer}/{n}" for n in range(LINKS)] for writer in range(WRITERS)]
    everything = {name for share in shares for name in share}
    for name in everything:
        butler_hands.collection(name, "RUN")
    _let_them_write(butler_hands, shares)
    seen = butler_hands.repository.observe(EVERYTHING)
    assert set(seen.collections[CHAIN.name].children) == everything
    assert seen.record is not None
    assert seen.record.owned == {(CHAIN.name, name): "chain" for name in everything}


def test_of_two_who_certify_one_data_id_one_wins_and_the_other_is_told(butler_hands: ButlerHands) -> None:
    key = Cert(PLACE, "calib", "bias", data_id(3))
    rivals = [uuid(butler_hands.dataset(f"run/{n}", 3)) for n in range(2)]
    repositories = [butler_hands.again(), butler_hands.again()]
    told = 0
    for repository, rival in zip(repositories, rivals, strict=True):
        try:
            repository.commit((Change(key, None, constant(ALWAYS, rival)),))
        except Moved as moved:
            told += moved.found == constant(ALWAYS, rivals[0])
    assert told == 1


def test_a_persons_link_between_look_and_commit_is_never_wiped(butler_hands: ButlerHands) -> None:
    for name in ("ours", "theirs"):
        butler_hands.collection(name, "RUN")
    butler_hands.repository.ensure_chain(CHAIN.name)
    butler_hands.butler.collections.prepend_chain(CHAIN.name, ["theirs"])
    with pytest.raises(Moved) as moved:
        butler_hands.repository.commit((Change(CHAIN, None, ("ours",)),))
    assert moved.value.found == ("theirs",)
    assert butler_hands.children(CHAIN.name) == ("theirs",)


def test_a_writer_that_is_killed_in_its_transaction_leaves_nothing_and_hinders_nobody(
    butler_hands: ButlerHands,
) -> None:
    script = (
        "import os, sys\n"
        "from reconciler.adapters.butler import generations\n"
        "from reconciler.adapters.butler import ButlerRepository\n"
        "from reconciler.seals import Claim\n"
        "generations._link = lambda *args: os.kill(os.getpid(), 9)\n"
        "ButlerRepository('usdf/main', sys.argv[1]).claim('leaf', Claim('r', {}, 'run', (), 1, 'host', ''))\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(butler_hands.root)], check=False)
    assert killed.returncode == -9
    assert butler_hands.kind("leaf") is None
    claim = Claim("r", {}, "run", (), 1, "host", "")
    assert butler_hands.repository.claim("leaf", claim) == claim


def _let_them_write(hands: ButlerHands, shares: list[list[str]]) -> None:
    """Start all writers, let them go at once, wait for all. What they import is imported once."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.contract.writer", "lsst.daf.butler"])
    start = processes.Barrier(len(shares))
    writers = [processes.Process(target=write, args=(str(hands.root), share, start)) for share in shares]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * len(shares)
