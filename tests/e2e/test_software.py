"""A release that states versions lets nothing be adopted that was made with others, by what the RUNs record."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import ExitCode
from tests.e2e import board as boards
from tests.e2e.board import Board
from tests.e2e.desk import CHAIN, PUBLIC, RERUN, SITE, TICKET, Desk


@pytest.fixture
def board(locked: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    """A site whose release states a version that nobody has."""
    states(locked, pipe_base="29.*")
    return boards.at_work(boards.found(tmp_path / "world", locked), monkeypatch)


def states(desk: Desk, **packages: str) -> None:
    desk.edit(SITE, lambda site: site["releases"]["embedded"].update(packages=packages))


def test_what_was_made_with_other_versions_is_not_adopted(board: Board) -> None:
    assert board.apply().code == ExitCode.APPROVAL
    board.approves("adopt", TICKET, "alice", "bob")
    board.merge("two approvals")
    said = board.apply()
    assert said.code == ExitCode.POLICY, said.everything
    leaves = f"biasGen.{RERUN}, darkGen.{RERUN}"
    assert f"{CHAIN} is not shown to be made with its release: {leaves} was made with pipe_base 30." in said.out
    assert "and embedded has 29.*" in said.out
    assert board.site.collections().get(PUBLIC, ()) == ()

    states(board.site, pipe_base="30.*")
    board.approves("site", SITE, "alice", "bob")
    board.merge("the version that it really is")
    assert board.apply().code == 0
    assert board.site.collections()[PUBLIC] == (CHAIN,)
