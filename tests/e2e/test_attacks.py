"""Attacks on approvals, each with what is said of it: by forged records, by git, by files, by the repository itself."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from git import Repo

from reconciler.approval.record import SIGNATURE
from reconciler.errors import ExitCode
from tests.e2e import board as boards
from tests.e2e import desk as desks
from tests.e2e.board import POLICY, Board
from tests.e2e.desk import CHAIN, INSTRUMENT, PUBLIC, SITE, SPEC, TICKET, Desk, calibration_set, chain, leaf
from tests.servers.openssh import new_key

CATALOG = f"specs/{INSTRUMENT}/catalog.yaml"
CHAIN_SPEC = f"specs/{INSTRUMENT}/chain.yaml"


@pytest.fixture(scope="session")
def built_board(locked_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Board:
    """A board before which a set lies, built and not adopted."""
    with pytest.MonkeyPatch.context() as environment:
        board = boards.at_work(boards.found(tmp_path_factory.mktemp("board") / "world", locked_desk), environment)
        assert board.apply().code == ExitCode.APPROVAL
    return board


@pytest.fixture(scope="session")
def approved_board(built_board: Board, tmp_path_factory: pytest.TempPathFactory) -> Board:
    """The same with enough approvals merged, and nothing linked yet."""
    with pytest.MonkeyPatch.context() as environment:
        board = boards.copied(built_board, tmp_path_factory.mktemp("approved") / "world")
        boards.at_work(board, environment)
        board.approves("adopt", TICKET, "alice", "bob")
        board.merge("adopt")
    return board


@pytest.fixture
def built(built_board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    return boards.at_work(boards.copied(built_board, tmp_path / "world"), monkeypatch)


@pytest.fixture
def approved(approved_board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    return boards.at_work(boards.copied(approved_board, tmp_path / "world"), monkeypatch)


@pytest.fixture
def fresh(locked: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    """A board before which nothing is built yet."""
    return boards.at_work(boards.found(tmp_path / "world", locked), monkeypatch)


def refused(board: Board, code: ExitCode, *reasons: str) -> None:
    """Apply, and expect that science sees nothing new, and why."""
    before = board.site.collections().get(PUBLIC, ())
    said = board.apply()
    assert said.code == code, said.everything
    for reason in reasons:
        assert reason in said.everything, said.everything
    assert board.site.collections().get(PUBLIC, ()) == before


def records(board: Board, *words: str) -> list[Path]:
    """Return the files of records whose names have all these words, signatures too."""
    folder = board.site.root / "approvals"
    return [path for path in sorted(folder.rglob("*.json*")) if all(word in path.name for word in words)]


def edit_policy(board: Board, change: Callable[[dict[str, Any]], object]) -> None:
    board.site.edit(POLICY, change)


def test_without_an_attack_the_approved_set_is_linked(approved: Board) -> None:
    said = approved.apply()
    assert said.code == 0, said.everything


# Forged records


def test_a_trailer_in_a_commit_message_is_no_approval(built: Board) -> None:
    built.merge("adopt DM-1\n\nApproved-by: alice <alice@board>\nApproved-by: bob <bob@board>")
    refused(built, ExitCode.APPROVAL, "2 approvals by board of 2 missing (nobody has said yes)")


def test_an_unsigned_statement_is_no_approval(approved: Board) -> None:
    for path in records(approved, "bob", SIGNATURE):
        path.unlink()
    approved.merge("unsigned")
    refused(approved, ExitCode.APPROVAL, "1 approval by board of 2 missing (alice said yes)")
    assert "nobody whom the policy knows has signed exactly this" in approved.site.run("approvals", "verify").out


def test_a_record_signed_with_a_key_of_ones_own_is_no_approval(built: Board) -> None:
    built.approves("adopt", TICKET, "alice")
    mallory = new_key(built.folder / "mallory")
    said = built.site.run("approve", TICKET, "--verb", "adopt", "--key", str(mallory.file), "--auto-approve")
    assert said.code == ExitCode.POLICY
    assert "the policy knows nobody with the key SHA256:" in said.err


def test_a_yes_that_was_turned_round_is_none(built: Board) -> None:
    built.approves("adopt", TICKET, "alice")
    assert built.says("bob", "adopt", TICKET, "--reject", "--reason", "noisy").code == 0
    for path in records(built, "bob", "reject"):
        text = path.read_bytes().replace(b'"reject"', b'"approve"').replace(b"noisy", b"")
        path.with_name(path.name.replace("reject", "approve")).write_bytes(text)
        path.unlink()
    built.merge("turned round")
    refused(built, ExitCode.APPROVAL, "1 approval by board of 2 missing (alice said yes)")


def test_the_proposer_is_not_one_of_the_two(built: Board) -> None:
    built.approves("adopt", TICKET, "alice", "carol", proposer="carol")
    built.merge("adopt")
    refused(built, ExitCode.APPROVAL, "carol proposed it, and nobody approves a proposal of one's own")


def test_an_approval_of_another_ticket_is_not_one_of_this(approved: Board) -> None:
    other = calibration_set("bias", ticket="DM-2")
    approved.site.write(f"specs/{INSTRUMENT}/DM-2.yaml", other)
    approved.site.lock(commit=False)
    approved.site.write(CHAIN_SPEC, chain(f"{PUBLIC}/DM-2"))
    for path in records(approved):
        target = Path(str(path).replace("DM-1", "DM-2"))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    approved.merge("another ticket")
    approved.apply()
    refused(approved, ExitCode.APPROVAL, f"needs an approval to adopt {PUBLIC}/DM-2", "nobody has said yes")


def test_an_approval_to_adopt_does_not_retract(approved: Board) -> None:
    assert approved.apply().code == 0
    approved.site.write(CHAIN_SPEC, chain())
    approved.merge("retract")
    refused(approved, ExitCode.APPROVAL, f"needs an approval to retract {CHAIN}", "nobody has said yes")


# What is bound


def test_a_collection_that_others_put_into_the_ticket_makes_the_approval_void(approved: Board) -> None:
    with approved.site.butler() as butler:
        butler.collections.register("u/somebody/bias")
        butler.collections.prepend_chain(CHAIN, "u/somebody/bias")
    refused(approved, ExitCode.APPROVAL, f"the members of {CHAIN} changed from")


def test_another_place_in_the_chain_makes_the_approval_void(approved: Board) -> None:
    older = f"{PUBLIC}/OLD"
    with approved.site.butler() as butler:
        from lsst.daf.butler import CollectionType, Timespan

        butler.collections.register(older, CollectionType.CALIBRATION)
        butler.collections.register("u/somebody")
        ref = butler.put({"by": "somebody"}, "bias", {"instrument": INSTRUMENT, "detector": 0}, run="u/somebody")
        butler.registry.certify(older, [ref], Timespan(None, None))
    external = [{"collection": older, "reason": "as it was"}]
    approved.site.write(CHAIN_SPEC, {**chain(older, CHAIN), "external": external})
    approved.merge("behind another")
    refused(approved, ExitCode.APPROVAL, f"its place in {PUBLIC} changed from {CHAIN} to {PUBLIC}/OLD, {CHAIN}")


def test_a_comment_and_another_site_leave_the_approval_as_it_is(approved: Board) -> None:
    path = approved.site.root / SPEC
    path.write_text("# reviewed on the 8th\n" + path.read_text())
    elsewhere = {"main": {"butler": "./elsewhere", "instruments": ["OtherCam"]}}
    approved.site.write("sites/there.yaml", desks.site(site="there", repositories=elsewhere))
    approved.approves("site", "sites/there.yaml", "alice", "bob", site="here")
    approved.merge("a comment, and another site")
    said = approved.apply("--site", "here")
    assert said.code == 0, said.everything


# Policy, and what decides


def test_a_policy_that_is_loosened_in_the_same_change_is_not_asked(built: Board) -> None:
    edit_policy(built, lambda policy: policy["rules"][0].update(approvals={"board": 1}))
    built.approves("adopt", TICKET, "alice")
    built.merge("one is enough")
    refused(built, ExitCode.APPROVAL, f"{POLICY} has changed, and nobody authorised that", "--verb policy")


def test_a_key_swapped_in_the_policy_signs_nothing(built: Board) -> None:
    mallory = new_key(built.folder / "mallory")
    built.approves("adopt", TICKET, "alice")
    edit_policy(built, lambda policy: policy["people"]["bob"]["keys"][0].update(key=mallory.public))
    built.merge("another key")
    refused(built, ExitCode.APPROVAL, f"{POLICY} has changed, and nobody authorised that")


def test_a_policy_that_is_deleted_leaves_the_old_one_in_force(built: Board) -> None:
    (built.site.root / POLICY).unlink()
    built.merge("no policy")
    refused(built, ExitCode.APPROVAL, f"{POLICY} has changed, and nobody authorised that")


def test_a_policy_changes_when_two_others_say_so(built: Board) -> None:
    edit_policy(built, lambda policy: policy["rules"][0].update(approvals={"board": 1}))
    built.approves("policy", POLICY, "alice", "bob")
    built.merge("one is enough")
    built.approves("adopt", TICKET, "alice")
    built.merge("adopt")
    said = built.apply()
    assert said.code == 0, said.everything


def test_a_catalog_that_runs_another_pipeline_is_refused(built: Board) -> None:
    built.site.edit(CATALOG, lambda catalog: catalog["products"]["bias"].update(template="bps_evil.yaml"))
    built.merge("another template")
    refused(built, ExitCode.APPROVAL, f"{CATALOG} has changed, and nobody authorised that", "--verb catalog")


def test_a_site_that_opens_its_own_gates_is_refused(built: Board) -> None:
    built.site.edit(SITE, lambda site: site.update(trust="none"))
    built.merge("open")
    refused(built, ExitCode.POLICY, "says `trust: none`, and this machine has a root of trust for it")


def test_a_site_that_brings_its_own_environment_is_refused(built: Board) -> None:
    built.site.edit(SITE, lambda site: site["releases"]["embedded"]["environment"].update(CP_PIPE_DIR="./evil"))
    built.merge("another environment")
    refused(built, ExitCode.APPROVAL, f"{SITE} has changed, and nobody authorised that")


def test_the_same_repository_under_another_name_of_a_site_is_refused(built: Board) -> None:
    content = {**built.site.read(SITE), "site": "there", "trust": "none"}
    (built.site.root / SITE).unlink()
    built.site.write("sites/there.yaml", content)
    built.site.edit(SPEC, lambda spec: spec.update(origin="there/main"))
    built.site.edit(desks.LOCK, lambda lock: lock.update(repository="there/main"))
    built.merge("another name")
    refused(built, ExitCode.ERROR, "the repository configured as there/main is recorded as here/main")


def test_a_merge_that_smuggles_a_change_in_is_judged_with_all_that_it_brings(built: Board) -> None:
    with Repo(built.site.root) as repo:
        repo.git.checkout("-q", "-b", "harmless")
        (built.site.root / "note.md").write_text("harmless")
        repo.git.add("--all")
        repo.git.commit("-q", "-m", "harmless")
        repo.git.checkout("-q", "main")
        repo.git.merge("--no-ff", "--no-commit", "harmless")
        built.site.edit(SITE, lambda site: site.update(work="evil"))
        repo.git.add("--all")
        repo.git.commit("-q", "-m", "Merge branch 'harmless'")
        repo.git.push("-q", "origin", "HEAD:main")
    refused(built, ExitCode.APPROVAL, f"{SITE} has changed, and nobody authorised that", "note.md has changed")


def test_a_link_to_what_nobody_watches_is_refused(built: Board) -> None:
    path = built.site.root / CATALOG
    hidden = built.site.root / "approvals" / "catalog.json"
    hidden.parent.mkdir()
    hidden.write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to("../../approvals/catalog.json")
    built.merge("a link")
    refused(built, ExitCode.APPROVAL, f"{CATALOG} has changed, and nobody authorised that")


def test_a_chain_whose_document_is_deleted_is_still_public(approved: Board) -> None:
    assert approved.apply().code == 0
    (approved.site.root / CHAIN_SPEC).unlink()
    approved.merge("no chain")
    refused(approved, ExitCode.APPROVAL, f"needs an approval to retract {CHAIN}")


def test_what_others_linked_is_public_too_without_the_document(built: Board) -> None:
    from lsst.daf.butler import CollectionType

    with built.site.butler() as butler:
        butler.collections.register(PUBLIC, CollectionType.CHAINED)
        butler.collections.redefine_chain(PUBLIC, [CHAIN])
    (built.site.root / CHAIN_SPEC).unlink()
    built.site.edit(SPEC, lambda spec: spec.update(certify={"begin": "2024-12-08T00:00:00"}))
    built.merge("no chain, other dates")
    refused(built, ExitCode.APPROVAL, f"needs an approval to recertify {leaf('bias')}")


# Git


def test_an_old_checkout_does_not_hide_a_withdrawal(approved: Board) -> None:
    old = Desk(approved.site.root)
    with Repo(old.root) as repo:
        before = repo.head.commit.hexsha
        assert approved.says("bob", "adopt", TICKET, "--withdraw", "--reason", "a second thought").code == 0
        approved.merge("withdrawn")
        repo.git.checkout("-q", before)
    refused(approved, ExitCode.APPROVAL, "the approval by bob", "was withdrawn")


def test_a_withdrawal_that_is_deleted_still_counts(approved: Board) -> None:
    assert approved.says("bob", "adopt", TICKET, "--withdraw", "--reason", "a second thought").code == 0
    approved.merge("withdrawn")
    for path in records(approved, "withdraw"):
        path.unlink()
    approved.merge("forgotten")
    refused(approved, ExitCode.APPROVAL, "the approval by bob", "was withdrawn")


def test_a_rejection_holds_against_two_approvals(approved: Board) -> None:
    assert approved.says("carol", "adopt", TICKET, "--reject", "--reason", "detector 1 is noisy").code == 0
    approved.merge("rejected")
    refused(approved, ExitCode.APPROVAL, "carol rejected it: detector 1 is noisy")


def test_a_local_branch_named_like_the_trusted_one_is_not_it(built: Board) -> None:
    built.approves("adopt", TICKET, "alice", "bob")
    built.site.commit("not pushed")
    refused(built, ExitCode.POLICY, "this commit does not stand on the trusted branch")


def test_a_forged_remote_branch_is_not_the_remote(built: Board) -> None:
    built.approves("adopt", TICKET, "alice", "bob")
    commit = built.site.commit("not pushed")
    with Repo(built.site.root) as repo:
        repo.git.update_ref("refs/remotes/origin/main", commit)
    refused(built, ExitCode.POLICY, "this commit does not stand on the trusted branch")


def test_another_address_in_the_checkouts_configuration_is_not_followed(built: Board) -> None:
    built.approves("adopt", TICKET, "alice", "bob")
    built.site.commit("not pushed")
    forged = built.folder / "forged.git"
    with Repo(built.site.root) as repo:
        repo.clone(str(forged), bare=True).close()
        with repo.config_writer() as config:
            config.set_value(f'url "{forged}"', "insteadOf", str(built.remote))
            config.set_value('remote "origin"', "url", str(forged))
    refused(built, ExitCode.POLICY, "this commit does not stand on the trusted branch")


@pytest.mark.parametrize("mark", ["--assume-unchanged", "--skip-worktree"])
def test_a_file_that_git_is_told_to_pass_over_is_noticed(approved: Board, mark: str) -> None:
    with Repo(approved.site.root) as repo:
        repo.git.update_index(mark, CATALOG)
    approved.site.edit(CATALOG, lambda catalog: catalog["products"]["bias"].update(template="bps_evil.yaml"))
    refused(approved, ExitCode.POLICY, f"not as the trusted branch has them:\n  {CATALOG}")


def test_a_replaced_commit_is_noticed(approved: Board) -> None:
    with Repo(approved.site.root) as repo:
        honest = repo.head.commit.hexsha
        approved.site.edit(CATALOG, lambda catalog: catalog["products"]["bias"].update(template="bps_evil.yaml"))
        forged = approved.site.commit("evil")
        repo.git.reset("-q", "--soft", honest)
        repo.git.replace(honest, forged)
    refused(approved, ExitCode.POLICY, f"not as the trusted branch has them:\n  {CATALOG}")


def test_a_branch_that_was_rewritten_is_refused(approved: Board) -> None:
    approved.site.done("plan")
    with Repo(approved.site.root) as repo:
        repo.git.reset("-q", "--hard", "HEAD~1")
        approved.site.commit("rewritten")
        repo.git.push("-q", "--force", "origin", "HEAD:main")
    refused(approved, ExitCode.POLICY, "was rewritten")


def test_history_does_not_go_back(approved: Board) -> None:
    assert approved.apply().code == 0
    with Repo(approved.site.root) as repo:
        repo.git.checkout("-q", "HEAD~1")
    refused(approved, ExitCode.POLICY, "which was applied here last, does not stand on the trusted branch before this")


def test_another_root_than_the_one_that_is_trusted_is_refused(approved: Board) -> None:
    approved.trust_root("0" * 40)
    refused(approved, ExitCode.POLICY, "the root commit 000000000000 is not on the first-parent history")


def test_a_remote_that_cannot_be_reached_is_not_passed_over(approved: Board) -> None:
    shutil.rmtree(approved.remote)
    refused(approved, ExitCode.UNREACHABLE, "cannot be fetched")


# The machine's own configuration


def test_a_root_of_trust_that_others_can_write_is_refused(approved: Board) -> None:
    approved.trust.chmod(0o666)
    refused(approved, ExitCode.POLICY, f"others can write {approved.trust}")


def test_a_root_of_trust_in_the_repository_of_specs_is_refused(
    approved: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = approved.site.root / "repo" / "trust.yaml"
    shutil.copy(approved.trust, inside)
    monkeypatch.setenv("RECONCILE_TRUST", str(inside))
    refused(approved, ExitCode.POLICY, "what that says of itself proves nothing")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"remote": "../elsewhere"}, "is relative"),
        ({"remote": "ext::sh -c evil"}, "is no address of a git repository"),
        ({"branch": "refs/heads/main"}, "is no name of a branch"),
        ({"root": "HEAD"}, "root"),
        ({"policy": "mine"}, "unknown field 'policy'"),
    ],
)
def test_a_root_of_trust_is_exactly_that(approved: Board, change: dict[str, str], reason: str) -> None:
    content = yaml.safe_load(approved.trust.read_text())
    content["sites"]["here"].update(change)
    approved.trust.write_text(yaml.safe_dump(content))
    refused(approved, ExitCode.INVALID_SPEC, reason)


def test_a_machine_without_a_root_of_trust_adopts_nothing(approved: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECONCILE_TRUST")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(approved.folder / "none"))
    refused(approved, ExitCode.VERIFICATION, f"needs an approval to adopt {CHAIN}")


# Branches that are not merged


def test_an_unmerged_branch_builds_nothing_official(fresh: Board) -> None:
    fresh.site.commit("not merged")
    refused(fresh, ExitCode.POLICY, "only trials (u/...) are built from here")
    assert leaf("biasGen") not in fresh.site.collections()


def test_an_unmerged_branch_builds_trials(fresh: Board) -> None:
    fresh.site.write(SPEC, calibration_set("bias", prefix="u/alice/"))
    fresh.site.write(CHAIN_SPEC, chain(f"u/alice/{CHAIN}", name=f"u/alice/{PUBLIC}"))
    fresh.site.lock(commit=False)
    fresh.site.commit("a trial")
    said = fresh.apply()
    assert said.code == 0, said.everything
    assert fresh.site.collections()[f"u/alice/{PUBLIC}"] == (f"u/alice/{CHAIN}",)


@pytest.mark.parametrize("path", [SITE, CATALOG])
def test_an_unmerged_branch_does_not_change_what_runs(built: Board, path: str) -> None:
    elsewhere = {"CP_PIPE_DIR": "./evil"}
    changes: dict[str, Callable[[dict[str, Any]], object]] = {
        SITE: lambda site: site["releases"]["embedded"].update(environment=elsewhere),
        CATALOG: lambda catalog: catalog["products"]["bias"].update(template="bps_evil.yaml"),
    }
    built.site.edit(path, changes[path])
    built.site.commit("not merged")
    refused(built, ExitCode.POLICY, f"not as the trusted branch has them:\n  {path}")


# Windows


def test_outside_its_windows_a_site_is_left_alone(
    locked: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = "tuesday" if datetime.now(UTC).weekday() >= 3 else "saturday"
    world = tmp_path / "world"
    windows = {"here": [{"days": [closed], "begin": "00:00", "end": "00:01"}]}
    board = boards.at_work(boards.found(world, locked, windows=windows), monkeypatch)
    assert board.apply().code in (ExitCode.APPROVAL, ExitCode.POLICY)
    board.approves("adopt", TICKET, "alice", "bob")
    board.merge("adopt")
    refused(board, ExitCode.POLICY, "here may be changed only in its windows")
