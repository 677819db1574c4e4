"""From a proposal to an adoption and back, with real git, real keys and three people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from git import Repo

from reconciler import seals
from reconciler.errors import ExitCode
from tests.e2e import board as boards
from tests.e2e.board import Board
from tests.e2e.desk import CHAIN, INSTRUMENT, PUBLIC, SPEC, TICKET, Desk, leaf

LATER = "2024-12-08T00:00:00"
CHAIN_SPEC = f"specs/{INSTRUMENT}/chain.yaml"


@pytest.fixture
def board(locked: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    return boards.at_work(boards.found(tmp_path / "world", locked), monkeypatch)


def public(board: Board) -> tuple[str, ...]:
    return board.site.collections().get(PUBLIC, ())


def waits(board: Board, *reasons: str) -> None:
    """Apply, and expect that it waits for approvals, for these reasons."""
    said = board.apply()
    assert said.code == ExitCode.APPROVAL, said.everything
    for reason in reasons:
        assert reason in said.out, said.everything


def goes(board: Board) -> None:
    """Apply, and expect that it is done."""
    said = board.apply()
    assert said.code == 0, said.everything


def other_datasets(butler: Any) -> dict[str, Any]:
    """Put other biases into a RUN of somebody's; return data ID -> dataset."""
    butler.collections.register("u/somebody")
    ids = [{"instrument": INSTRUMENT, "detector": detector} for detector in (0, 1)]
    refs = [butler.put({"by": "somebody"}, "bias", one, run="u/somebody") for one in ids]
    return {f"instrument={INSTRUMENT},detector={ref.dataId['detector']}": ref for ref in refs}


def certify(butler: Any, refs: Mapping[str, Any]) -> None:
    """Certify datasets in place of ours."""
    from lsst.daf.butler import Timespan

    always = Timespan(None, None)
    butler.registry.decertify(leaf("bias"), "bias", always, dataIds=[ref.dataId for ref in refs.values()])
    butler.registry.certify(leaf("bias"), list(refs.values()), always)


def reseal(butler: Any, change: Any) -> None:
    """Rewrite the seal of the biases, as somebody could who may write."""
    sealed = seals.read(butler.registry.getCollectionDocumentation(leaf("biasGen")))
    butler.registry.setCollectionDocumentation(leaf("biasGen"), seals.write(change(sealed)))


def swap_datasets(board: Board) -> None:
    """Have a seal name other datasets, and certify them: every name is as before."""
    with board.site.butler() as butler:
        refs = other_datasets(butler)
        uuids = {"bias": {data_id: str(ref.id) for data_id, ref in refs.items()}}
        reseal(butler, lambda sealed: replace(sealed, run="u/somebody", datasets=uuids))
        certify(butler, refs)


def swap_back(board: Board, kept: str) -> None:
    with board.site.butler() as butler:
        sealed = seals.read(kept)
        assert isinstance(sealed, seals.Seal)
        butler.registry.setCollectionDocumentation(leaf("biasGen"), kept)
        refs = {d: butler.get_dataset(uuid) for d, uuid in sealed.datasets["bias"].items()}
        certify(butler, refs)


def bias_file(board: Board) -> Path:
    """Return the file of one bias."""
    return next(path for path in sorted((board.site.butler_root / leaf("biasGen")).rglob("bias_*")) if path.is_file())


def propose_and_build(board: Board) -> None:
    waits(board, f"needs an approval to adopt {CHAIN}, which science would see", "is not built yet")
    assert len(board.site.collections()[CHAIN]) == 2
    waits(board, "nobody has signed the proposal", f"reconcile approve {SPEC} --verb adopt --propose")


def one_approval_is_too_few(board: Board) -> None:
    board.approves("adopt", TICKET, "alice")
    board.merge("one approval")
    waits(board, "1 approval by board of 2 missing (alice said yes)")
    assert board.site.run("approvals", "verify").code == ExitCode.APPROVAL
    board.approves("adopt", TICKET, "bob")
    board.merge("two approvals")


def a_swapped_dataset_is_void(board: Board) -> None:
    with board.site.butler() as butler:
        kept = butler.registry.getCollectionDocumentation(leaf("biasGen"))
    swap_datasets(board)
    waits(board, f"the datasets of {leaf('biasGen')} (bias) changed", f"bias certified in {leaf('bias')} changed")
    swap_back(board, kept)


def swapped_bytes_are_void(board: Board) -> None:
    path = bias_file(board)
    kept = path.read_bytes()
    path.write_bytes(kept[:-1] + b"!")
    waits(board, f"the files of {leaf('biasGen')} changed")
    path.write_bytes(kept)


def enough_approvals_link_it(board: Board) -> None:
    assert public(board) == ()
    goes(board)
    assert public(board) == (CHAIN,)
    assert "Nothing to do" in board.site.done("plan").out
    assert board.site.run("approvals", "verify").code == 0


def recertifying_is_blocked(board: Board) -> None:
    board.site.edit(SPEC, lambda spec: spec.update(certify={"begin": LATER}))
    board.merge("valid from a date on")
    waits(board, f"needs an approval to recertify {leaf('bias')}")
    with Repo(board.site.root) as repo:
        repo.git.revert("--no-edit", "HEAD")
    board.merge("taken back")
    goes(board)


def a_revert_retracts_it(board: Board) -> None:
    board.site.edit(CHAIN_SPEC, lambda chain: chain.update(members=[]))
    board.merge("retracted")
    waits(board, f"needs an approval to retract {CHAIN}")
    board.approves("retract", CHAIN, "alice", "bob")
    board.merge("retraction approved")
    goes(board)
    assert public(board) == ()


def and_it_comes_back_by_a_new_yes(board: Board) -> None:
    board.site.edit(CHAIN_SPEC, lambda chain: chain.update(members=[CHAIN]))
    board.merge("adopted again")
    waits(board, f"was overtaken when bob approved to retract {CHAIN} at here/main")
    board.approves("adopt", TICKET, "alice", "bob")
    board.merge("approved again")
    goes(board)
    assert public(board) == (CHAIN,)


def test_from_proposal_to_adoption_and_back(board: Board) -> None:
    propose_and_build(board)
    one_approval_is_too_few(board)
    a_swapped_dataset_is_void(board)
    swapped_bytes_are_void(board)
    enough_approvals_link_it(board)
    recertifying_is_blocked(board)
    a_revert_retracts_it(board)
    and_it_comes_back_by_a_new_yes(board)
