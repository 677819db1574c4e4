"""What is told afterwards, with real git, real keys and three people: the history of a site, and the board's table."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import ExitCode
from tests.e2e import board as boards
from tests.e2e.board import POLICY, Board, person, policy
from tests.e2e.desk import CHAIN, INSTRUMENT, PLACE, SPEC, TICKET, Desk
from tests.servers.openssh import new_key

CHAIN_SPEC = f"specs/{INSTRUMENT}/chain.yaml"


def tickets(spec: Any) -> None:
    """Name the board's ticket and where the set goes."""
    spec.update(
        approval={"ticket": "TAXICAB-23"},
        deployment={"ticket": "DM-9", "repositories": {PLACE: {"skip": "it has them already"}}},
    )


def row(board: Board, *options: str) -> Any:
    (found,) = board.site.done("record", "--json", *options).json["tickets"]
    return found


@pytest.fixture(scope="module")
def adopted_board(locked_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Board:
    """A board that has adopted a set: built, proposed, approved by two, linked."""
    with pytest.MonkeyPatch.context() as environment:
        board = boards.at_work(boards.found(tmp_path_factory.mktemp("adopted") / "world", locked_desk), environment)
        board.site.edit(SPEC, tickets)
        board.merge("DM-1: before the board")
        assert board.apply().code == ExitCode.APPROVAL
        assert row(board)["decision"]["word"] == "not proposed"
        board.approves("adopt", TICKET, "alice")
        board.merge("DM-1: one approval")
        assert row(board)["decision"]["reasons"] == ["1 approval by board of 2 missing (alice said yes)"]
        board.approves("adopt", TICKET, "bob")
        board.merge("DM-1: two approvals")
        assert board.apply().code == 0
    return board


@pytest.fixture
def board(adopted_board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    return boards.at_work(boards.copied(adopted_board, tmp_path / "world"), monkeypatch)


def test_a_site_tells_what_was_applied_by_which_commit_and_approved_by_whom(board: Board) -> None:
    latest, first = board.site.done("history", "--json").json["applied"]
    assert [one["subject"].partition(": ")[2] for one in (latest, first)] == [
        "DM-1: two approvals",
        "DM-1: before the board",
    ]
    adopting = {step["step"]: step for step in latest["steps"]}[f"link {CHAIN} into {INSTRUMENT}/calib"]
    assert (adopting["outcome"], adopting["place"], adopting["approved_by"]) == ("done", PLACE, ["alice", "bob"])
    waited = [step for step in first["steps"] if step["outcome"] == "blocked"]
    assert [step["approved_by"] for step in waited] == [[]]
    assert f"link {CHAIN} into {INSTRUMENT}/calib at {PLACE}; approved by alice, bob" in board.site.done("history").out


def test_who_said_yes_is_told_after_they_have_left(board: Board) -> None:
    stayed = {name: key for name, key in board.keys.items() if name != "bob"}
    people = {**policy(stayed)["people"], "dan": person("dan", new_key(board.folder / "dan").public, "board")}
    board.site.write(POLICY, policy(stayed, people=people))
    board.approves("policy", POLICY, "alice", "bob")
    board.merge("bob has left")
    latest, *_ = board.site.done("history", "--json").json["applied"]
    assert [step["approved_by"] for step in latest["steps"]] == [["alice", "bob"]]
    assert row(board)["decision"]["word"] == "adopted"
    assert row(board)["decision"]["by"] == ["alice", "bob"]


def test_what_was_committed_since_is_told_and_a_ticket_picks_its_own(board: Board) -> None:
    board.site.edit(SPEC, lambda spec: spec.update(purpose="another"))
    commit = board.merge("a better purpose")
    assert board.site.done("history", "--json").json["since"] == {"here": [commit]}
    assert board.site.done("history", "--ticket", TICKET, "--json").json["since"] == {"here": [commit]}
    other = board.site.done("history", "--ticket", "DM-11", "--json").json
    assert (other["applied"], other["since"]) == ([], {"here": []})


def test_a_journal_that_is_lost_is_said_to_be(board: Board) -> None:
    shutil.rmtree(board.site.root / ".reconcile" / "journal")
    said = board.site.done("history")
    assert "Nothing that was applied is on record here." in said.out
    assert "here: no journal in " in said.out


def test_damaged_lines_are_named_and_the_others_told(board: Board) -> None:
    (file,) = (board.site.root / ".reconcile" / "journal").iterdir()
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join((lines[0][:30] + b"\n", *lines[1:])))
    said = board.site.run("history")
    assert said.code == ExitCode.UNREACHABLE
    assert f"NOT READ: {file}:1 is damaged" in said.out
    assert len(board.site.run("history", "--json").json["applied"]) == 2


def test_the_table_has_the_tickets_the_decision_and_the_skips(board: Board) -> None:
    found = row(board)
    assert (found["approval"], found["ticket"], found["deployment"]) == ("TAXICAB-23", TICKET, "DM-9")
    assert (found["decision"]["word"], found["decision"]["by"]) == ("adopted", ["alice", "bob"])
    assert [(one["place"], one["skip"]) for one in found["destinations"]] == [(PLACE, "it has them already")]
    page = board.site.root / "board.html"
    board.site.done("record", "--out", page)
    assert "adopted by alice, bob on" in page.read_text()
    assert "| TAXICAB-23 | DM-1 trial | DM-9 |" in board.site.done("record", "--markdown").out


def test_the_table_tells_a_retraction_and_a_no(board: Board) -> None:
    board.site.edit(CHAIN_SPEC, lambda chain: chain.update(members=[]))
    board.merge("retracted")
    board.approves("retract", CHAIN, "alice", "bob")
    board.merge("retraction approved")
    assert row(board)["decision"]["word"] == "retracted"
    assert board.apply().code == 0
    board.site.edit(CHAIN_SPEC, lambda chain: chain.update(members=[CHAIN]))
    board.merge("again")
    board.approves("adopt", TICKET)
    said = board.says("alice", "adopt", TICKET, "--reject", "--reason", "a light leak")
    assert said.code == 0, said.everything
    board.merge("no")
    decision = row(board)["decision"]
    assert (decision["word"], decision["by"], decision["reasons"]) == ("rejected", ["alice"], ["alice: a light leak"])


def test_a_proposal_that_is_not_merged_decides_nothing(board: Board) -> None:
    board.says("alice", "adopt", TICKET, "--reject", "--reason", "on a branch only")
    board.site.commit("on a branch")
    assert row(board)["decision"]["word"] == "adopted"


def test_a_remote_that_cannot_be_reached_is_said_and_what_was_fetched_last_is_told(board: Board) -> None:
    assert row(board)["decision"]["word"] == "adopted"
    shutil.rmtree(board.remote)
    said = board.site.done("record")
    assert "adopted by alice, bob" in said.out
    assert "cannot be fetched" in said.out
    assert "this is told from what was fetched last" in said.out
    assert "this is told from what was fetched last" in board.site.done("history").out


def test_without_a_root_of_trust_the_working_tree_is_believed_and_said_so(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RECONCILE_TRUST")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(board.folder / "nothing"))
    found = board.site.done("record", "--json").json
    assert "No root of trust on this machine" in found["history"]
    assert [one["decision"]["word"] for one in found["tickets"]] == ["adopted"]


def test_without_a_policy_nothing_is_decided(applied: Desk) -> None:
    said = applied.done("record")
    assert f"{TICKET} trial  not proposed" in said.out
    assert "Nothing is decided here." in said.out


@pytest.mark.parametrize(
    "arguments", [("record", "--out", "board.pdf"), ("record", TICKET, "--markdown"), ("history", "--ticket", "bias")]
)
def test_what_makes_no_sense_is_a_mistake_of_usage(applied: Desk, arguments: tuple[str, ...]) -> None:
    assert applied.run(*arguments).code == ExitCode.USAGE
