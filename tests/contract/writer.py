"""One of several processes that edit the same chain and the same record.

Each link is made as apply makes it: look, decide, compare and set; look again whenever somebody was faster.
"""

from __future__ import annotations

from multiprocessing.synchronize import Barrier

from reconciler.adapters.butler import ButlerRepository
from reconciler.chains import insert
from reconciler.observation import Scope, lift
from reconciler.ports import Moved, Repository
from reconciler.state import Chain, Change, Owned
from tests.contract.hands import PLACE

CHAIN = Chain(PLACE, "Cam/calib")


def link(repository: Repository, member: str, ours: tuple[str, ...]) -> None:
    """Link one member and own it."""
    while True:
        before = lift(repository.observe(Scope(frozenset({CHAIN.name})))).members(CHAIN)
        owned = Change(Owned(PLACE, CHAIN.name, member), None, "chain")
        try:
            repository.commit((Change(CHAIN, before or None, insert(before, member, ours)), owned))
        except Moved:
            continue
        return


def write(root: str, members: list[str], start: Barrier) -> None:
    """Link these members, one after the other, from the moment when every writer is ready."""
    with ButlerRepository(PLACE, root) as repository:
        repository.observe(Scope(frozenset()))
        start.wait()
        for member in members:
            link(repository, member, (member,))
