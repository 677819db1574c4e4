"""From a proposal to an adoption by the commands of the workflows themselves, with plain git remotes and a real Butler.

The remote is a bare repository, a pull request is a branch that is merged there, and the runner of the site is a clone
beside the Butler repository. Nothing is typed but what stands in `.github/workflows`, and what people do.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from git import Repo

from reconciler.errors import ExitCode
from tests.checkouts import named
from tests.e2e import board as boards
from tests.e2e import desk as desks
from tests.e2e.board import MACHINE, MAIN, Board
from tests.e2e.desk import CHAIN, INSTRUMENT, LOCK, PUBLIC, SPEC, TICKET, Desk
from tests.people import AtShell
from tests.workflows import Runner, Told

CHAIN_SPEC = f"specs/{INSTRUMENT}/chain.yaml"
HERE = "here"


@dataclass
class Forge:
    """What the story is played with; `board.site` is the clone of the site's runner."""

    board: Board
    root: str
    proposed: dict[str, str]

    @property
    def folder(self) -> Path:
        """Where everything is."""
        return self.board.folder

    def propose(self, branch: str, clone: Path) -> None:
        """Push what is committed in a clone as a branch."""
        with Repo(clone) as repo:
            repo.git.push("--quiet", "origin", f"HEAD:{branch}")

    def checks(self, branch: str, *, rooted: bool = True) -> Told:
        """Run what a pull request of a branch would run, with a root of trust or before anybody wrote one down."""
        workspace = self.folder / f"checks-{branch}"
        with Repo.clone_from(str(self.board.remote), workspace / "trusted", branch=MAIN):
            pass
        with Repo.clone_from(str(self.board.remote), workspace / "proposed") as repo:
            merges(repo, branch)
        home = workspace / "home"
        home.mkdir()
        root = {"ROOT": self.root} if rooted else {}
        return Runner(workspace, environment(shim(workspace), HOME=str(home)), root).run("specs.yml", "plan", HERE)

    def merge(self, branch: str) -> None:
        """Merge a branch on the remote."""
        clone = self.folder / f"merge-{branch}"
        with Repo.clone_from(str(self.board.remote), clone) as repo:
            merges(repo, branch)
            repo.git.push("--quiet", "origin", MAIN)

    def site(self, job: str) -> Told:
        """Run a job on the machine of the site."""
        workspace = self.folder / "runner"
        workspace.mkdir(exist_ok=True)
        own = {
            "HOME": str(workspace),
            "PYTHONPATH": str(Path(__file__).parents[2]),  # where the tiny pipelines are
            "RECONCILE_SPECS": str(self.board.site.root),
            "RECONCILE_KEY": str(self.board.keys[MACHINE].file),
            "RECONCILE_TRUST": str(self.board.trust),
        }
        return Runner(workspace, environment(**own)).run("sites.yml", job, HERE)

    def collections(self) -> dict[str, tuple[str, ...]]:
        """Return what the Butler repository holds."""
        return self.board.site.collections()


def merges(repo: Repo, branch: str) -> None:
    named(repo, "forge")
    repo.git.merge("--quiet", "--no-ff", "-m", f"Merge {branch}", f"origin/{branch}")


def environment(*first: Path, **values: str) -> dict[str, str]:
    """Return all that a runner knows; its `reconcile` is the one that is tested."""
    path = [*map(str, first), str(Path(sys.executable).parent), os.environ["PATH"]]
    return {"PATH": os.pathsep.join(path), "LC_ALL": "C.UTF-8", **values}


def shim(workspace: Path) -> Path:
    """Return a folder with a `python` that notes what is to be installed, and does not do it."""
    folder = workspace / "bin"
    folder.mkdir()
    python = folder / "python"
    python.write_text(f'#!/bin/sh\necho "$@" >> {workspace}/installed\n')
    python.chmod(0o755)
    return folder


@pytest.fixture
def forge(locked: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Forge:
    """A site whose main branch has a policy and no calibrations yet."""
    proposed = {name: (locked.root / name).read_text() for name in (SPEC, LOCK, CHAIN_SPEC)}
    for name in (SPEC, LOCK):
        (locked.root / name).unlink()
    locked.write(CHAIN_SPEC, desks.chain())
    locked.commit("nothing yet")
    board = boards.at_work(boards.found(tmp_path / "world", locked, observers=boards.OBSERVERS), monkeypatch)
    with Repo(board.site.root) as repo:
        repo.git.push("--quiet", "--set-upstream", "origin", MAIN)
        return Forge(board, repo.head.commit.hexsha, proposed)


def went_well(told: Told) -> Told:
    assert told.code == 0, told.log
    return told


def a_set_is_proposed(forge: Forge) -> None:
    went_well(forge.site("snapshot"))
    clone = forge.folder / "scientist"
    with Repo.clone_from(str(forge.board.remote), clone):
        pass
    scientist = Desk(clone)
    with Repo(clone) as cloned:
        named(cloned, "scientist")
    for name, text in forge.proposed.items():
        scientist.write(name, text)
    scientist.commit("DM-1: bias and dark")
    forge.propose("proposal", clone)


def its_effect_is_told_first(forge: Forge) -> None:
    told = went_well(forge.checks("proposal"))
    installed = (forge.folder / "checks-proposal" / "installed").read_text()
    assert installed == "-m pip install --quiet ./trusted\n"
    assert "signed by machine" in told.summary
    assert "### here: 7 steps to do, 1 of them blocked." in told.summary
    assert f"needs an approval to adopt {CHAIN}, which science would see" in told.summary
    effect, steps = told.summary.index(f"**Effect on {PUBLIC}"), told.summary.index("| | step | detail |")
    assert effect < steps
    assert f"- bias detectors 0..1: always nothing -> {TICKET}" in told.summary
    assert "produce" in told.summary[steps:]
    assert (forge.folder / "checks-proposal" / f"{HERE}.md").read_text() == told.summary


def once_merged_it_is_built_and_waits(forge: Forge) -> None:
    forge.merge("proposal")
    told = went_well(forge.site("apply"))
    assert "::notice::here waits for approvals" in told.log
    assert len(forge.collections()[CHAIN]) == 2
    assert forge.collections().get(PUBLIC, ()) == ()
    went_well(forge.site("snapshot"))


def a_board_signs_and_that_is_proposed_too(forge: Forge) -> None:
    site = forge.board.site
    forge.board.approves("adopt", TICKET, "alice", "bob")
    with Repo(site.root) as repo:
        repo.git.checkout("--quiet", "-b", "adoption")
        site.commit("two approvals")
        forge.propose("adoption", site.root)
        repo.git.checkout("--quiet", MAIN)
    told = went_well(forge.checks("adoption"))
    assert "### here: 1 step to do" in told.summary
    assert "alice, bob said yes, and a snapshot holds no files and no evidence" in told.summary
    assert f"link {CHAIN} into {PUBLIC}" in told.summary


def once_that_is_merged_it_is_linked(forge: Forge) -> None:
    forge.merge("adoption")
    told = went_well(forge.site("apply"))
    assert "::notice::" not in told.log
    assert forge.collections()[PUBLIC] == (CHAIN,)


def nothing_has_drifted(forge: Forge) -> None:
    told = went_well(forge.site("drift"))
    assert "Nothing to do: here is as the specs say." in told.summary
    went_well(forge.site("snapshot"))


def what_somebody_types_is_drift(forge: Forge) -> None:
    AtShell(forge.board.site.butler_root).butler("collection-chain", PUBLIC, CHAIN, "--mode", "remove")
    told = forge.site("drift")
    assert told.code == ExitCode.CHANGES
    assert f"link {CHAIN} into {PUBLIC}" in told.summary


def test_from_a_proposal_to_an_adoption_by_the_commands_of_the_workflows(forge: Forge) -> None:
    a_set_is_proposed(forge)
    its_effect_is_told_first(forge)
    once_merged_it_is_built_and_waits(forge)
    a_board_signs_and_that_is_proposed_too(forge)
    once_that_is_merged_it_is_linked(forge)
    nothing_has_drifted(forge)
    what_somebody_types_is_drift(forge)


def test_a_site_that_never_published_is_told_and_not_planned(forge: Forge) -> None:
    a_set = Desk(forge.board.site.root)
    a_set.write("specs/note.txt", "nothing")
    a_set.commit("note")
    forge.propose("note", a_set.root)
    told = went_well(forge.checks("note"))
    assert told.summary == "### here: no snapshot of it was ever published, so nothing is planned\n"


def test_before_a_root_of_trust_is_named_the_summary_says_that_nobody_verified_the_snapshot(forge: Forge) -> None:
    went_well(forge.site("snapshot"))
    forge.propose("any", forge.board.site.root)
    assert "its signature not verified" in went_well(forge.checks("any", rooted=False)).summary


def test_a_snapshot_that_a_stranger_pushed_is_refused(forge: Forge) -> None:
    went_well(forge.site("snapshot"))
    with Repo.clone_from(str(forge.board.remote), forge.folder / "stranger", branch=f"snapshots/{HERE}") as repo:
        file = Path(str(repo.working_dir), f"{HERE}.json")
        file.write_text(file.read_text() + " ")
        merge_identity = ("-c", "user.name=stranger", "-c", "user.email=s@example.org")
        repo.git.execute(["git", *merge_identity, "commit", "--quiet", "--all", "-m", "another"])
        repo.git.push("--quiet", "origin", f"HEAD:snapshots/{HERE}")
        repo.git.push("--quiet", "origin", f"origin/{MAIN}:refs/heads/any")
    told = forge.checks("any")
    assert told.code == ExitCode.POLICY
    assert "nobody whom the policy knows has signed exactly this snapshot" in told.log
