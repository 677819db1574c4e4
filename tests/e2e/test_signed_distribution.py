"""Where sites ask for approvals: what two of the board adopted where it was made goes to the places they name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reconciler.errors import ExitCode
from tests.board import rule
from tests.e2e import abroad
from tests.e2e import board as boards
from tests.e2e.abroad import EMBARGO, MAIN, PLACES, STAND, SUMMIT
from tests.e2e.board import Board
from tests.e2e.desk import CHAIN, Said

SITES = ("usdf", "summit", "tts")
SEEN = rule("adopt", "recertify", "reorder", "retract", approvals={"board": 2}, unverified="nothing examines these yet")
RULES = [SEEN, rule("deploy", "policy", "site", "catalog", "processing", approvals={"board": 2})]


@pytest.fixture(scope="module")
def built(raws_only: Path, tmp_path_factory: pytest.TempPathFactory) -> Board:
    """Three sites that trust one branch; everything is locked, and nothing is built."""
    desk = abroad.lay_out(tmp_path_factory.mktemp("signed") / "desk")
    shutil.copytree(raws_only, desk.root / PLACES[MAIN])
    desk.lock()
    rules = [*RULES, rule("build", approvals={})]
    return boards.found(tmp_path_factory.mktemp("board") / "world", desk, sites=SITES, rules=rules)


@pytest.fixture
def board(built: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    return boards.at_work(boards.copied(built, tmp_path / "world"), monkeypatch)


def applied(board: Board, code: ExitCode = ExitCode.OK, *sites: str) -> dict[str, Said]:
    """Apply at these sites, or at all of them; each ends with this code."""
    said = {name: board.apply("--site", name) for name in sites or SITES}
    for one in said.values():
        assert one.code == code, one.everything
    return said


def words(board: Board) -> dict[str, str]:
    """Return how the set stands at each place."""
    rows = board.site.run("status", "--all-sites", "--json").json["rows"]
    (row,) = (row for row in rows if row["name"] == CHAIN)
    return {place: cell["word"] for place, cell in row["places"].items()}


def archived(board: Board) -> list[Path]:
    return [path for path in (board.site.root / "archive").rglob("*") if path.is_file()]


def test_nothing_leaves_its_origin_before_it_is_adopted_nor_arrives_before_its_place_is_named(board: Board) -> None:
    said = applied(board, ExitCode.APPROVAL, "usdf")
    assert f"needs an approval to adopt {CHAIN}" in said["usdf"].out
    assert archived(board) == []

    for document in ("DM-1", "DM-2"):
        board.approves("adopt", document, "alice", "bob", site="usdf")
    board.merge("adopted")
    said = applied(board, ExitCode.APPROVAL, "usdf")
    assert f"needs an approval to deploy {CHAIN}" in said["usdf"].out
    assert archived(board)
    print(said["usdf"].everything)
    said = applied(board, ExitCode.APPROVAL, "summit")
    assert f"needs an approval to deploy {CHAIN}" in said["summit"].out
    assert words(board)[EMBARGO] == words(board)[SUMMIT] == "absent"

    for document in ("DM-1", "DM-2"):
        board.approves("deploy", document, "alice", "bob", site="usdf")
    board.merge("deployed")
    applied(board)
    assert words(board) == {MAIN: "linked", EMBARGO: "linked", SUMMIT: "protected", STAND: "protected"}
    assert board.site.run("status", "--all-sites").code == ExitCode.OK
