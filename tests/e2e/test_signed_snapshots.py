"""Whoever trusts a branch plans from what the site itself has signed, and from nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from git import Repo

from reconciler.adapters.ssh_keygen import SshKeygen
from reconciler.approval import record, sighting
from reconciler.errors import ExitCode
from tests.e2e import board as boards
from tests.e2e import desk as desks
from tests.e2e.board import MACHINE, Board
from tests.e2e.desk import Desk, Said


@pytest.fixture
def board(locked: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    return boards.at_work(boards.found(tmp_path / "world", locked, observers=boards.OBSERVERS), monkeypatch)


def observes(board: Board, *options: str | Path, site: str = "here") -> Said:
    return board.site.run("observe", "--site", site, "--out", snapshot(board), *options)


def signs(board: Board, who: str = MACHINE) -> Said:
    return observes(board, "--sign", board.keys[who].file)


def snapshot(board: Board) -> Path:
    return board.folder / "here.json"


def sign(board: Board, namespace: str) -> None:
    """Have the machine sign the file as it is, for any purpose."""
    signature = SshKeygen(namespace).sign(snapshot(board).read_bytes(), str(board.keys[MACHINE].file))
    snapshot(board).with_name("here.json.sig").write_text(signature)


def plans(board: Board, *options: str) -> Said:
    return board.site.run("plan", "--observed", snapshot(board), *options)


def test_a_plan_from_a_signed_snapshot_says_who_vouches_for_it(board: Board) -> None:
    said = signs(board)
    assert said.code == 0, said.everything
    assert "signed by machine" in said.out
    shutil.rmtree(board.site.butler_root)
    said = plans(board)
    assert said.code == 0, said.everything
    assert f"as the snapshot {snapshot(board)} (taken 20" in said.out
    assert "UTC, signed by machine) has the repositories" in said.out
    assert "signed by machine" in plans(board, "--json").json["vouched"]


def test_a_snapshot_that_nobody_signed_is_refused(board: Board) -> None:
    assert observes(board).code == 0
    for command in ("plan", "lint", "timeline"):
        said = board.site.run(command, "--observed", snapshot(board))
        assert said.code == ExitCode.POLICY
        assert "the snapshot is not signed, and this machine has a root of trust for here" in said.err


def test_a_snapshot_that_was_touched_is_refused(board: Board) -> None:
    signs(board)
    snapshot(board).write_text(snapshot(board).read_text() + "\n")
    said = plans(board)
    assert said.code == ExitCode.POLICY
    assert "nobody whom the policy knows has signed exactly this snapshot" in said.err


def test_who_may_not_vouch_is_told_before_anything_is_written(board: Board) -> None:
    said = signs(board, "alice")
    assert said.code == ExitCode.POLICY
    assert "signed by alice" in said.err
    assert "only observer may vouch for what here holds" in said.err
    assert not snapshot(board).exists()


def test_a_policy_of_the_working_tree_names_no_observer(board: Board) -> None:
    observes(board, "--sign", board.keys[MACHINE].file)
    board.site.edit(boards.POLICY, lambda policy: policy["people"]["machine"].update(roles=["board"]))
    board.site.edit(boards.POLICY, lambda policy: policy["people"]["alice"].update(roles=["board", "observer"]))
    board.site.commit("alice observes now")
    assert plans(board).code == 0
    assert signs(board, "alice").code == ExitCode.POLICY


def test_a_snapshot_grows_old(board: Board) -> None:
    """It is dated by what it says, so that an old one is signed here as a site would have signed it then."""
    signs(board)
    text = snapshot(board).read_bytes()
    year = text[text.index(b'"taken":"') + 9 :][:4]
    old = text.replace(b'"taken":"' + year, b'"taken":"2021')
    snapshot(board).write_bytes(old)
    sign(board, sighting.NAMESPACE)
    said = plans(board)
    assert said.code == ExitCode.STALE
    assert "hours old, and 48 hours are allowed" in said.err
    assert plans(board, "--max-age", "1000000").code == 0


def test_without_a_root_of_trust_the_signature_is_told_and_not_believed(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    signs(board)
    monkeypatch.delenv("RECONCILE_TRUST")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(board.folder))
    assert "its signature not verified" in plans(board).out


def test_an_approval_is_no_snapshot(board: Board) -> None:
    signs(board)
    sign(board, record.NAMESPACE)
    assert plans(board).code == ExitCode.POLICY


def on_a_branch(board: Board) -> None:
    with Repo(board.site.root) as repo:
        repo.git.checkout("--quiet", "-b", "proposal")


def test_a_proposal_is_planned_as_if_it_were_merged(board: Board) -> None:
    on_a_branch(board)
    board.site.edit(desks.SPEC, lambda spec: spec.update(purpose="another"))
    board.site.commit("proposal")
    assert "only trials (u/...) are built from here" in board.site.run("plan").out
    said = board.site.run("plan", "--as-merged")
    assert "as if this commit were merged" in said.out
    assert "only trials" not in said.out
    assert said.out.endswith("7 steps to do, 1 of them blocked.\n")


def test_a_proposal_that_nobody_authorised_says_so(board: Board) -> None:
    on_a_branch(board)
    board.site.edit(boards.POLICY, lambda policy: policy["rules"][0]["approvals"].update(board=1))
    board.site.commit("one is enough")
    said = board.site.run("plan", "--as-merged")
    assert "specs/policy.yaml has changed, and nobody authorised that: nobody has signed the proposal" in said.out


def test_a_proposal_that_is_behind_is_not_planned_as_if_it_were_merged(board: Board) -> None:
    on_a_branch(board)
    behind = board.site.commit("proposal")
    with Repo(board.site.root) as repo:
        repo.git.checkout("--quiet", "main")
        board.merge("somebody else's")
        repo.git.checkout("--quiet", "proposal")
    said = board.site.run("plan", "--as-merged")
    assert said.code == ExitCode.POLICY
    assert f"commit {behind[:12]} does not hold all that branch main" in said.err
