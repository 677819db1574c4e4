"""approve and approvals, as people type them: what is shown, what is refused, what programs read."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from reconciler.adapters.checkout import Checkout
from reconciler.errors import ExitCode
from tests.e2e import board as boards
from tests.e2e.board import POLICY, Board
from tests.e2e.desk import CHAIN, INSTRUMENT, SITE, SPEC, TICKET, Desk, leaf

CATALOG = f"specs/{INSTRUMENT}/catalog.yaml"


@pytest.fixture(scope="session")
def built_once(applied_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Board:
    """A board that is founded where a set is in use already."""
    return boards.found(tmp_path_factory.mktemp("board") / "world", applied_desk)


@pytest.fixture
def board(built_once: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    return boards.at_work(boards.copied(built_once, tmp_path / "world"), monkeypatch)


def test_what_is_signed_is_shown_part_by_part(board: Board) -> None:
    board.site.edit(SPEC, lambda spec: spec.update(certify={"begin": "2024-12-08T00:00:00"}))
    said = board.says("carol", "recertify", leaf("bias"), "--propose")
    assert said.code == 0, said.everything
    assert f"carol proposes: recertify {leaf('bias')} at here/main" in said.out
    assert f"    bias in {leaf('bias')} before: sha256:" in said.out
    assert f"    bias in {leaf('bias')} after: sha256:" in said.out
    assert f"Signed: approvals/{leaf('bias')}/recertify." in said.out


def test_a_document_means_all_that_is_asked_of_it(board: Board) -> None:
    board.site.edit(SPEC, lambda spec: spec.update(certify={"begin": "2024-12-08T00:00:00"}))
    said = board.says("carol", "recertify", TICKET, "--propose", "--json")
    assert [path.rsplit("/", 1)[0] for path in said.json["records"]] == [
        f"approvals/{leaf('bias')}",
        f"approvals/{leaf('dark')}",
    ]
    assert said.json["person"] == "carol"


@pytest.mark.parametrize(
    ("verb", "path", "change"),
    [
        ("site", SITE, {"work": "elsewhere"}),
        ("catalog", CATALOG, {"bands": {"u": "u_02"}}),
        ("policy", POLICY, {"windows": {}}),
    ],
)
def test_a_document_that_decides_is_approved_before_it_is_merged(
    board: Board, verb: str, path: str, change: dict[str, object]
) -> None:
    change = {"rules": board.site.read(POLICY)["rules"][::-1]} if verb == "policy" else change
    board.site.edit(path, lambda content: content.update(change))
    board.approves(verb, path, "alice", "bob")
    board.merge("approved")
    said = board.site.run("approvals", "verify", path)
    assert said.code == 0, said.everything
    assert board.apply().code == 0


def test_a_file_of_processing_is_approved_as_it_is_committed(board: Board) -> None:
    board.site.write("run.sh", "true\n")
    board.site.commit("a script")
    board.approves("processing", "run.sh", "alice", "bob")
    board.merge("approved")
    assert board.apply().code == 0


def test_a_name_that_could_be_taken_for_another_is_not_approved(board: Board) -> None:
    board.site.write("r\u0443n.sh", "true\n")
    board.site.commit("a script")
    said = board.says("carol", "processing", "r\u0443n.sh", "--propose")
    assert said.code == ExitCode.POLICY
    assert "names are plain ASCII" in said.err


def test_a_deployment_is_approved_as_the_set_says(board: Board) -> None:
    deployment = {"ticket": "DM-9", "repositories": {"here/main": {"protect": True}}}
    board.site.edit(SPEC, lambda spec: spec.update(deployment=deployment))
    said = board.says("carol", "deploy", TICKET, "--propose")
    assert said.code == 0, said.everything
    for bound in ("the deployment's ticket: DM-9", "how it is deployed: sha256:", "bias certified in", "the files of"):
        assert f"    {bound}" in said.out


def test_what_has_not_changed_needs_no_approval(board: Board) -> None:
    for verb, document in (("site", SITE), ("adopt", TICKET), ("retract", CHAIN)):
        said = board.says("carol", verb, document, "--propose")
        assert said.code == ExitCode.ERROR
        assert f"nothing that is planned needs an approval to {verb} {document}" in said.err


def test_what_nobody_proposed_cannot_be_approved(board: Board) -> None:
    said = board.says("alice", "adopt", TICKET)
    assert said.code == ExitCode.ERROR
    assert f"nobody has proposed to adopt {TICKET}" in said.err


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--verb", "adpot"), ExitCode.USAGE, "no verb 'adpot'"),
        (("--verb", "adopt", "--reject"), ExitCode.USAGE, "whoever says no says why"),
        (("--verb", "adopt", "--reject", "--withdraw"), ExitCode.USAGE, "one of --propose, --reject and --withdraw"),
        (("--verb", "adopt", "--reject", "--reason", "a\x1b[2Kb"), ExitCode.USAGE, "one line of visible characters"),
    ],
)
def test_what_makes_no_sense_is_refused(board: Board, options: tuple[str, ...], code: ExitCode, message: str) -> None:
    said = board.site.run("approve", TICKET, *options)
    assert said.code == code
    assert message in said.err


def test_without_a_terminal_nobody_signs_unasked(board: Board) -> None:
    board.site.edit(SITE, lambda site: site.update(work="elsewhere"))
    said = board.site.run("approve", SITE, "--verb", "site", "--propose", "--key", board.keys["carol"].file)
    assert said.code == ExitCode.USAGE
    assert "nobody can be asked here" in said.err
    assert not (board.site.root / "approvals").exists()


def test_a_machine_without_a_root_of_trust_proposes_nothing(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECONCILE_TRUST")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(board.folder / "none"))
    said = board.says("carol", "site", SITE, "--propose")
    assert said.code == ExitCode.POLICY
    assert "this machine has no root of trust for site here" in said.err


def test_others_approve_and_verify_without_a_root_and_without_the_site(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    board.site.edit(SITE, lambda site: site.update(work="elsewhere"))
    assert board.says("carol", "site", SITE, "--propose").code == 0
    monkeypatch.delenv("RECONCILE_TRUST")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(board.folder / "none"))
    assert board.says("alice", "site", SITE).code == 0
    said = board.site.run("approvals", "verify")
    assert said.code == ExitCode.APPROVAL
    assert "1 approval by board of 2 missing (alice said yes)" in said.out
    assert "No root of trust on this machine" in said.out


def test_after_a_first_look_the_remote_is_not_needed_to_verify(board: Board) -> None:
    board.site.edit(SITE, lambda site: site.update(work="elsewhere"))
    board.approves("site", SITE, "alice", "bob")
    board.remote.rename(board.folder / "gone")
    said = board.site.run("approvals", "verify", "--json")
    assert said.code == 0, said.everything
    (one,) = said.json["statements"]
    assert (one["verb"], one["approved"], one["by"]) == ("site", True, ["alice", "bob"])


def test_a_record_that_would_be_written_through_a_link_is_not(board: Board) -> None:
    board.site.edit(SITE, lambda site: site.update(work="elsewhere"))
    outside = board.folder / "outside"
    outside.mkdir()
    (board.site.root / "approvals").symlink_to(outside)
    said = board.says("carol", "site", SITE, "--propose")
    assert said.code == ExitCode.POLICY
    assert "leads out of the repository by a link" in said.err
    assert list(outside.iterdir()) == []


def test_ssh_keygen_alone_verifies_what_was_signed(board: Board) -> None:
    board.site.edit(SITE, lambda site: site.update(work="elsewhere"))
    assert board.says("carol", "site", SITE, "--propose").code == 0
    (record,) = (board.site.root / "approvals").rglob("*.json")
    allowed = board.folder / "allowed"
    allowed.write_text(f"carol {board.keys['carol'].public}\n")
    verify = ("ssh-keygen", "-Y", "verify", "-f", allowed, "-I", "carol", "-n", "approval@reconcile")
    command = [*map(os.fspath, verify), "-s", f"{record}.sig"]
    done = subprocess.run(command, input=record.read_bytes(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_unmerged_commit_is_not_remembered_as_applied(board: Board) -> None:
    path = board.site.root / SPEC
    path.write_text("# not merged\n" + path.read_text())
    board.site.commit("not merged")
    assert board.apply().code == 0
    seen = board.site.done("status", "--json").json
    assert Checkout(board.site.root).commit is not None
    assert seen["drift"] is False
