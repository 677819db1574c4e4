"""What may stand in a workflow: no credential and no stranger's text within reach of what a pull request proposes."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from reconciler import scaffold
from tests.servers import actionlint
from tests.servers.debian import Missing
from tests.workflows import FOLDER, Runner, Told, steps, workflow

EVERY = tuple(sorted(path.name for path in FOLDER.iterdir()))
PINNED = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", re.ASCII)


def words(value: Any) -> str:
    """Return all that stands in a part of a workflow."""
    if isinstance(value, dict):
        return "\n".join(f"{key}: {words(one)}" for key, one in value.items())
    return "\n".join(map(words, value)) if isinstance(value, list) else str(value)


def own(name: str) -> bool:
    """Return whether a workflow has jobs on machines of sites."""
    return any("self-hosted" in words(job["runs-on"]) for job in workflow(name)["jobs"].values())


def linted(*files: Path) -> list[str]:
    try:
        return actionlint.problems(*files)
    except Missing as reason:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(reason))


def test_a_linter_finds_nothing_in_them() -> None:
    assert linted(*(FOLDER / name for name in EVERY)) == []


def test_the_linter_finds_what_is_wrong(tmp_path: Path) -> None:
    text = (FOLDER / "sites.yml").read_text()
    file = tmp_path / "wrong.yml"
    file.write_text(
        text.replace("needs: [apply, drift]", "needs: [apply, drifts]").replace("matrix.site", "matrix.sit", 1)
    )
    found = "\n".join(linted(file))
    assert "drifts" in found
    assert '"sit" is not defined' in found


def test_what_init_writes_is_what_the_project_uses_itself() -> None:
    for path, text in scaffold.workflows("usdf", "./trusted").items():
        file = FOLDER.parents[1] / path
        if os.environ.get("ACCEPT"):
            file.write_text(text)
        assert file.read_text() == text


def test_what_init_writes_installs_a_release(tmp_path: Path) -> None:
    written = scaffold.workflows("laptop", "reconcile-calibrations==1.2.3")
    assert "pip install --quiet reconcile-calibrations==1.2.3\n" in written[".github/workflows/specs.yml"]
    for path, text in written.items():
        (tmp_path / Path(path).name).write_text(text)
    assert linted(*tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", EVERY)
class TestEvery:
    """Every workflow of the project."""

    def test_is_never_run_with_rights_for_a_strangers_code(self, name: str) -> None:
        assert not {"pull_request_target", "workflow_run", "issue_comment"} & set(workflow(name)["on"])

    def test_may_at_most_read(self, name: str) -> None:
        content = workflow(name)
        assert content["permissions"] in ({}, {"contents": "read"})
        assert not any("permissions" in job for job in content["jobs"].values())

    def test_knows_no_secrets(self, name: str) -> None:
        assert not re.search(r"secrets\b|github\.token|GITHUB_TOKEN", (FOLDER / name).read_text())

    def test_has_commands_that_hold_no_expressions(self, name: str) -> None:
        assert not [step["run"] for step in steps(workflow(name)) if "${{" in step.get("run", "")]

    def test_uses_actions_by_their_commits(self, name: str) -> None:
        used = [line.strip(" -") for line in (FOLDER / name).read_text().splitlines() if "uses:" in line]
        assert [line for line in used if not PINNED.match(line)] == []

    def test_leaves_no_credential_in_a_checkout(self, name: str) -> None:
        checkouts = [step for step in steps(workflow(name)) if "actions/checkout@" in step.get("uses", "")]
        assert all(step["with"]["persist-credentials"] is False for step in checkouts)

    def test_runs_on_a_sites_machine_only_what_is_merged(self, name: str) -> None:
        content = workflow(name)
        if own(name):
            assert set(content["on"]) <= {"push", "schedule"}
            assert content["on"]["push"] == {"branches": ["main"]}
            assert not [step for step in steps(content) if "uses" in step]


def test_reconcile_does_not_come_from_a_pull_request() -> None:
    (job,) = workflow("specs.yml")["jobs"].values()
    trusted, proposed = (step["with"] for step in job["steps"] if "checkout@" in step.get("uses", ""))
    assert (trusted["path"], trusted["ref"], proposed["path"]) == ("trusted", "main", "proposed")
    assert "ref" not in proposed
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert [line for line in commands if "install" in line] == ["python -m pip install --quiet ./trusted"]
    named = [word for line in commands for word in line.split() if "proposed" in word]
    assert named == ["proposed"] * 3
    assert all("--directory proposed" in line for line in commands if "proposed" in line)
    assert not [step for step in job["steps"] if "working-directory" in step]


def test_a_site_is_changed_by_one_job_at_a_time_which_is_never_cut_short() -> None:
    job = workflow("sites.yml")["jobs"]["apply"]
    assert job["concurrency"] == {"group": "apply-${{ matrix.site }}", "cancel-in-progress": False}
    assert job["environment"] == "${{ matrix.site }}"
    assert "github.event_name == 'push'" in job["if"]


def ended(job: str, code: int, workspace: Path, *, plan: int = 0) -> Told:
    """Run a job of a site with a `reconcile` that does nothing but end so."""
    for name, lines in {"reconcile": f'test "$1" = plan && exit {plan}\nexit {code}', "git": "exit 0"}.items():
        program = workspace / name
        program.write_text(f"#!/bin/sh\n{lines}\n")
        program.chmod(0o755)
    known = {"PATH": f"{workspace}{os.pathsep}{os.environ['PATH']}", "RECONCILE_SPECS": str(workspace)}
    return Runner(workspace, known).run("sites.yml", job, "usdf")


@pytest.mark.parametrize("code", [0, 1, 4, 5, 6, 7, 8, 9, 10, 11, 70])
def test_an_apply_that_waits_is_told_and_whatever_failed_fails(code: int, tmp_path: Path) -> None:
    told = ended("apply", code, tmp_path)
    assert told.code == (0 if code in (0, 4, 10) else code)
    assert ("::notice::usdf waits" in told.log) == (code in (4, 10))


@pytest.mark.parametrize("code", [0, 2, 11])
def test_drift_and_what_is_unknown_fail_a_night(code: int, tmp_path: Path) -> None:
    assert ended("drift", code, tmp_path, plan=11 if code == 11 else 0).code == code


def test_a_plan_that_fails_keeps_a_site_from_being_changed(tmp_path: Path) -> None:
    assert ended("apply", 0, tmp_path, plan=3).code == 1
    assert ended("apply", 0, tmp_path, plan=11).code == 0
