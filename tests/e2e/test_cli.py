"""The command line is an interface: outcomes, exit codes and their precedence, JSON, help, and never a traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from git import Repo

from reconciler.adapters.butler import ButlerRepository
from reconciler.cli.main import run
from tests.e2e import desk as desks
from tests.e2e.desk import CHAIN, EXPOSURES, PLACE, PUBLIC, SITE, SPEC, TRACEBACK, Desk, Said, leaf
from tests.pipelines.jobs import wait_until

RECONCILE = [sys.executable, "-m", "reconciler"]
COMMANDS = (
    "init",
    "validate",
    "schema",
    "lock",
    "rerun",
    "plan",
    "apply",
    "show",
    "status",
    "explain",
    "timeline",
    "bisect",
    "observe",
    "lint",
    "daily",
    "cancel",
    "approve",
    "approvals",
    "report",
    "record",
    "history",
    "courier pack",
    "courier unpack",
    "courier export",
    "demo",
)
PROJECT = Path(__file__).parents[2]


def other_process(desk: Desk, *arguments: str, **environment: str) -> Said:
    """Type a command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", "from reconciler.cli.main import main; main()", *arguments],
        cwd=desk.root,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert TRACEBACK not in done.stderr
    return Said(done.returncode, done.stdout, done.stderr)


def typed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Said:
    """Type a command that needs no desk."""
    code = run(arguments)
    said = capsys.readouterr()
    return Said(code, said.out, said.err)


# Help and usage


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_and_json(capsys: pytest.CaptureFixture[str], command: str) -> None:
    said = typed(capsys, *command.split(), "--help")
    assert said.code == 0
    assert f"reconcile {command}" in said.out
    assert "Example" in said.out
    assert "--json" in said.out


def test_every_command_is_tried(capsys: pytest.CaptureFixture[str]) -> None:
    import typer

    from reconciler.cli.main import app

    tried = {command.split()[0] for command in COMMANDS}
    assert set(typer.main.get_command(app).commands) == tried  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "arguments",
    [(), ("frobnicate",), ("plan", "--nope"), ("show",), ("schema", "Bios"), ("plan", "--site"), ("apply", "a", "b")],
    ids=" ".join,
)
def test_what_makes_no_sense_is_a_mistake_of_usage(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    said = typed(capsys, *arguments)
    assert said.code == 64
    assert "reconcile" in said.everything


def test_a_directory_that_is_in_no_git_repository_is_a_mistake_of_usage(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    said = typed(capsys, "plan", "--directory", str(tmp_path))
    assert said.code == 64
    assert "`reconcile init` makes one" in said.err


def test_a_site_that_nobody_wrote_is_a_mistake_of_usage(locked: Desk) -> None:
    said = locked.run("plan", "--site", "moon")
    assert (said.code, said.err) == (64, "reconcile: no site moon in sites/; there are here\n")


def test_of_several_sites_one_must_be_named(locked: Desk) -> None:
    locked.write(
        "sites/there.yaml",
        desks.site(site="there", repositories={"main": {"butler": "./elsewhere", "instruments": [desks.INSTRUMENT]}}),
    )
    said = locked.run("plan")
    assert (said.code, said.err) == (64, "reconcile: which site? There are here, there\n  type --site NAME\n")


# JSON


@pytest.mark.parametrize(
    "arguments",
    [("validate",), ("lock",), ("plan",), ("status",), ("show", CHAIN), ("show", "DM-1"), ("apply", "--auto-approve")],
    ids=" ".join,
)
def test_json_is_all_that_is_on_standard_output(applied: Desk, arguments: tuple[str, ...]) -> None:
    said = applied.run(*arguments, "--json")
    assert said.code == 0, said.everything
    assert said.json is not None


def test_schema_and_init_speak_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert json.loads(typed(capsys, "schema", "Chain", "--json").out)["title"] == "Chain"
    made = json.loads(typed(capsys, "init", str(tmp_path / "mine"), "--json").out)
    assert all(Path(file).exists() for file in made["files"])


def test_what_init_makes_is_valid(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    typed(capsys, "init", str(tmp_path / "mine"))
    assert typed(capsys, "validate", "--directory", str(tmp_path / "mine")).code == 0


def test_init_overwrites_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    typed(capsys, "init", str(tmp_path / "mine"))
    said = typed(capsys, "init", str(tmp_path / "mine"))
    assert said.code == 1
    assert "exists already; nothing was written" in said.err


def test_problems_of_specs_are_json_too(locked: Desk) -> None:
    locked.edit(SPEC, lambda spec: spec.update(instrumnt="TestCam"))
    said = locked.run("validate", "--json")
    assert said.code == 3
    assert [(p["file"], p["severity"], p["nearest"]) for p in said.json if p["severity"] == "error"] == [
        (SPEC, "error", "instrument")
    ]


# In sync, pending, drift


def test_a_second_plan_says_in_one_sentence_that_nothing_is_to_do(applied: Desk) -> None:
    said = applied.run("plan", "--detailed-exitcode")
    assert said.code == 0
    assert "Nothing to do: here is as the specs say." in said.out


def test_a_second_apply_changes_nothing(applied: Desk) -> None:
    before = applied.collections()
    assert applied.apply().code == 0
    assert applied.collections() == before


def test_pending_changes_are_exit_2_only_if_asked_for(locked: Desk) -> None:
    assert locked.run("plan").code == 0
    assert locked.run("plan", "--detailed-exitcode").code == 2


def test_status_is_2_while_something_is_pending_and_0_when_it_is_done(locked: Desk) -> None:
    assert locked.run("status").code == 2
    assert locked.apply().code == 0
    said = locked.run("status")
    assert said.code == 0
    assert f"in sync   {PLACE}  {PUBLIC}" in said.out


def test_a_member_dropped_by_hand_is_told_as_drift_and_mended(applied: Desk) -> None:
    with applied.butler() as butler:
        butler.collections.remove_from_chain(PUBLIC, CHAIN)
    said = applied.run("status", "--json")
    assert (said.code, said.json["drift"]) == (2, True)
    assert "drift: the specs have not changed" in applied.run("plan").out
    assert applied.apply().code == 0
    assert applied.collections()[PUBLIC] == (CHAIN,)


def test_plans_speak_markdown(locked: Desk) -> None:
    said = locked.run("plan", "--markdown")
    assert said.code == 0
    assert said.out.startswith("### here: ")
    assert "| `+` | produce " in said.out


# Working tree and history


def test_a_plan_reads_the_working_tree_and_says_uncommitted(locked: Desk) -> None:
    locked.edit(SPEC, lambda spec: spec.update(purpose="another"))
    said = locked.run("plan")
    assert said.code == 0
    assert "uncommitted" in said.out
    assert locked.run("plan", "--json").json["uncommitted"] == [SPEC]


def test_apply_refuses_uncommitted_specs_and_names_them(locked: Desk) -> None:
    locked.edit(SPEC, lambda spec: spec.update(purpose="another"))
    before = locked.collections()
    said = locked.apply()
    assert said.code == 64
    assert SPEC in said.err
    assert locked.collections() == before


def test_apply_refuses_an_untracked_spec(locked: Desk) -> None:
    locked.write("specs/TestCam/other.yaml", desks.chain(CHAIN, name="TestCam/other"))
    assert locked.apply().code == 64


def test_apply_does_not_mind_other_files(locked: Desk) -> None:
    locked.write("notes.txt", "remember the milk")
    assert locked.apply().code == 0


def test_apply_refuses_a_head_that_does_not_descend_from_what_was_applied(applied: Desk) -> None:
    Repo(applied.root).git.reset("--hard", "HEAD~1")
    applied.lock(commit=False)
    Repo(applied.root).git.add("--all")
    Repo(applied.root).git.commit("-m", "another history")
    said = applied.apply()
    assert said.code == 5
    assert "HEAD does not descend from" in said.err


def test_apply_refuses_a_commit_that_this_clone_does_not_know(applied: Desk) -> None:
    with ButlerRepository(PLACE, str(applied.butler_root)) as repository:
        repository.remember("f" * 40)
    said = applied.apply()
    assert said.code == 5
    assert "this clone does not know it" in said.err


def test_a_repository_configured_under_another_name_is_refused(applied: Desk) -> None:
    applied.edit(SITE, lambda site: site["repositories"].update(other=site["repositories"].pop("main")))
    applied.edit(SPEC, lambda spec: spec.update(origin="here/other"))
    lock = applied.root / desks.LOCK
    lock.write_text(lock.read_text().replace("here/main", "here/other"))
    applied.commit("rename")
    said = applied.apply()
    assert said.code == 1
    assert "the repository configured as here/other is recorded as here/main" in said.err


def test_reverting_the_spec_takes_the_link_out_and_nothing_else(applied: Desk) -> None:
    before = applied.collections()
    applied.edit("specs/TestCam/chain.yaml", lambda chain: chain.update(members=[]))
    applied.commit("unlink")
    assert applied.apply().code == 0
    after = applied.collections()
    assert after.pop(PUBLIC) == ()
    before.pop(PUBLIC)
    assert after == before


# Saved plans


def save_plan(desk: Desk) -> Path:
    file = desk.root / "the.plan"
    desk.done("plan", "--out", file)
    return file


def test_a_saved_plan_is_applied_without_being_asked(locked: Desk) -> None:
    assert locked.run("apply", save_plan(locked)).code == 0
    assert "Nothing to do" in locked.run("plan").out


def test_a_saved_plan_can_be_shown(locked: Desk) -> None:
    file = save_plan(locked)
    assert f"produce {leaf('biasGen')}" in locked.done("show", file).out
    assert len(locked.done("show", file, "--json").json["steps"]) == 7


def test_a_saved_plan_is_stale_after_a_commit(locked: Desk) -> None:
    file = save_plan(locked)
    locked.commit("more")
    said = locked.run("apply", file)
    assert said.code == 6
    assert "the saved plan is of commit" in said.err
    assert CHAIN not in locked.collections()


def test_a_saved_plan_is_stale_after_somebodys_edit_and_names_what_moved(locked: Desk) -> None:
    file = save_plan(locked)
    with locked.butler() as butler:
        from lsst.daf.butler import CollectionType

        butler.collections.register("theirs", CollectionType.RUN)
        butler.collections.register(PUBLIC, CollectionType.CHAINED)
        butler.collections.redefine_chain(PUBLIC, ["theirs"])
    said = locked.run("apply", file)
    assert said.code == 6
    assert f"Chain chain {PUBLIC} at {PLACE}" in said.err
    assert leaf("biasGen") not in locked.collections()


def test_a_saved_plan_of_uncommitted_specs_is_refused(locked: Desk) -> None:
    locked.edit(SPEC, lambda spec: spec.update(purpose="another"))
    file = save_plan(locked)
    locked.commit("now")
    said = locked.run("apply", file)
    assert said.code == 6
    assert "made from uncommitted specs" in said.err


def test_a_saved_plan_is_spent_once_it_was_applied(locked: Desk) -> None:
    file = save_plan(locked)
    locked.run("apply", file)
    assert locked.run("apply", file).code == 6


def test_an_unreachable_place_outranks_a_stale_plan(locked: Desk) -> None:
    file = save_plan(locked)
    locked.butler_root.rename(locked.root / ".reconcile-gone")
    assert locked.run("apply", file).code == 11


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"format": "something"}', '{"format": "reconcile plan 1"}', "\x00"], ids=repr
)
def test_a_file_that_is_no_saved_plan_is_refused(locked: Desk, content: str) -> None:
    file = locked.root / "the.plan"
    file.write_text(content)
    for command in ("apply", "show"):
        said = locked.run(command, file)
        assert said.code == 1
        assert "no saved plan" in said.err


def test_a_saved_plan_that_is_not_there_is_an_error(locked: Desk) -> None:
    said = locked.run("apply", locked.root / "none.plan")
    assert said.code == 1
    assert "none.plan" in said.err


# Asking


def test_without_a_terminal_nobody_is_asked_and_nothing_is_done(locked: Desk) -> None:
    said = other_process(locked, "apply")
    assert said.code == 64
    assert "type --auto-approve" in said.err
    assert leaf("biasGen") not in locked.collections()


# Approval


def require_trust(desk: Desk) -> None:
    desk.edit(SITE, lambda site: site.update(trust="required"))
    desk.commit("trust")


def test_what_science_would_see_waits_for_approval_and_the_rest_is_done(locked: Desk) -> None:
    require_trust(locked)
    said = locked.apply()
    assert said.code == 9
    assert f"needs an approval to adopt {CHAIN}, which science would see" in said.out
    assert "DM-1 verifies nothing" in said.out
    there = locked.collections()
    assert there[CHAIN] == (leaf("dark"), leaf("bias"))
    assert CHAIN not in there.get(PUBLIC, ())


def test_a_plan_tells_beforehand_what_waits_for_approval_and_verification(locked: Desk) -> None:
    require_trust(locked)
    assert locked.run("plan", "--detailed-exitcode").code == 9
    assert locked.run("plan").code == 0


def test_an_adopted_ticket_stays_in_sync_when_trust_is_required(applied: Desk) -> None:
    require_trust(applied)
    assert applied.run("plan", "--detailed-exitcode").code == 0


def test_recertifying_what_science_sees_needs_an_approval(applied: Desk) -> None:
    require_trust(applied)
    applied.edit(SPEC, lambda spec: spec.update(certify={"begin": "2024-12-01T00:00:00"}))
    applied.commit("from December on")
    said = applied.apply()
    assert said.code == 4
    assert f"needs an approval to recertify {leaf('bias')}" in said.out


# Unreachable, locked, failed, waiting


def test_a_missing_repository_is_unreachable_and_says_how_to_make_one(locked: Desk) -> None:
    locked.butler_root.rename(locked.root / ".reconcile-gone")
    for command in (("plan",), ("status",), ("apply", "--auto-approve"), ("show", "DM-1")):
        said = locked.run(*command)
        assert said.code == 11, command
        assert "there is no Butler repository at" in said.everything


def test_locking_against_a_missing_repository_is_unreachable(locked: Desk) -> None:
    locked.butler_root.rename(locked.root / ".reconcile-gone")
    assert locked.run("lock").code == 11


def test_a_database_that_is_down_is_unreachable(locked: Desk) -> None:
    config = locked.butler_root / "butler.yaml"
    down = "registry:\n  db: postgresql://nobody@127.0.0.1:9/none\n"
    config.write_text("\n".join(line for line in _without_registry(config.read_text())) + "\n" + down)
    for command in (("plan",), ("lock",), ("apply", "--auto-approve")):
        assert locked.run(*command).code == 11, command


def _without_registry(text: str) -> Iterator[str]:
    import yaml

    content = yaml.safe_load(text)
    content.pop("registry", None)
    yield from yaml.safe_dump(content).splitlines()


def test_of_two_repositories_the_reachable_one_is_served(locked: Desk) -> None:
    other = {"butler": "./none", "instruments": ["TestCam"]}
    locked.edit(SITE, lambda site: site["repositories"].update(other=other))
    locked.edit("specs/TestCam/chain.yaml", lambda chain: chain.update(repositories=[PLACE]))
    locked.commit("two")
    said = locked.apply()
    assert said.code == 11
    assert "there is no Butler repository" in said.out
    assert locked.collections()[PUBLIC] == (CHAIN,)


def test_a_ticket_that_another_process_is_starting_is_locked(locked: Desk) -> None:
    with ButlerRepository(PLACE, str(locked.butler_root)) as other, other.lock("DM-1"):
        said = locked.apply()
    assert said.code == 7
    assert "waiting  produce" in said.out
    assert f"{os.getpid()}@" in said.out


def fail_one_exposure(desk: Desk) -> None:
    overrides = {"reduceBias:fail": f"[{EXPOSURES[0]}]"}
    desk.write(SPEC, desks.calibration_set("bias", "dark", products={"bias": {"overrides": overrides}, "dark": {}}))
    desk.commit("fail")
    desk.lock()


def test_a_failed_quantum_is_named_and_what_rests_on_it_is_blocked(unlocked: Desk) -> None:
    fail_one_exposure(unlocked)
    said = unlocked.apply()
    assert said.code == 8
    assert "shutter stuck in" in said.out
    assert leaf("bias") not in unlocked.collections()
    assert {r["outcome"] for r in unlocked.apply("--json").json["results"]} == {"failed", "blocked"}


@contextmanager
def job_that_hangs(desk: Desk) -> Iterator[subprocess.Popen[str]]:
    """Apply in another process, until it hangs in the middle of reducing an exposure."""
    here = desk.root / ".reconcile" / "hangs"
    here.parent.mkdir()
    environment = {"HANG_AT": str(EXPOSURES[1]), "HANG_FILE": str(here), "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-c", "from reconciler.cli.main import main; main()", "apply", "--auto-approve"]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=desk.root, env={**os.environ, **environment}, stdout=pipe, stderr=pipe, text=True
    ) as process:
        try:
            wait_until(lambda: here.exists() or process.poll() is not None)
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
            yield process
        finally:
            process.kill()


def test_a_job_that_another_process_runs_is_waited_for_shown_and_cancelled(locked: Desk) -> None:
    with job_that_hangs(locked) as process:
        said = locked.apply()
        assert said.code in (7, 10)
        assert f"process {process.pid}" in said.out
        assert "claimed by reconcile" in locked.done("show", leaf("biasGen")).out
        cancelled = locked.done("cancel", leaf("biasGen"))
        assert "ended; what it made stays" in cancelled.out
        process.wait()
    assert locked.apply().code == 0


def test_an_interrupted_apply_says_so_and_goes_on_later(locked: Desk) -> None:
    with job_that_hangs(locked) as process:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130
    assert "interrupted" in err
    assert TRACEBACK not in err
    assert locked.apply().code == 0


def test_cancelling_what_does_not_run_is_an_error(applied: Desk) -> None:
    said = applied.run("cancel", leaf("biasGen"))
    assert said.code == 1
    assert "no unfinished generation" in said.err


# Show


def test_show_tells_chain_certifications_and_seal(applied: Desk) -> None:
    said = applied.done("show", "DM-1").out
    assert f"{PLACE}: {CHAIN} (CHAINED)" in said
    assert f"1. {leaf('dark')}" in said
    assert f"{leaf('biasGen')} (CHAINED, sealed by reconcile)" in said
    assert f"bias detectors 0..1: {leaf('biasGen')} always" in said


def test_show_of_an_unknown_name_suggests_the_nearest(applied: Desk) -> None:
    said = applied.run("show", leaf("bais"))
    assert said.code == 1
    assert f"did you mean {leaf('bias')}?" in said.err


# Never a traceback


def test_a_bug_is_a_report_to_paste(capsys: pytest.CaptureFixture[str]) -> None:
    from reconciler.cli.failures import reported

    def broken() -> int:
        raise AssertionError("this cannot happen")

    code = reported(["plan", "--site", "x"], broken)
    said = capsys.readouterr().err
    assert code == 70
    assert said.startswith("reconcile: this is a bug of ours")
    assert "command: reconcile plan --site x" in said
    assert "AssertionError: this cannot happen" in said


def test_no_color_means_no_color(locked: Desk) -> None:
    said = other_process(locked, "--help", NO_COLOR="1", FORCE_COLOR="", TERM="xterm-256color")
    assert "\x1b[3" not in said.out
    assert "\x1b[3" not in other_process(locked, "plan", NO_COLOR="1").everything


def test_a_reader_that_has_enough_is_no_error(locked: Desk) -> None:
    command = f"{sys.executable} -c 'from reconciler.cli.main import main; main()' schema | head -c 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_git_that_refuses_to_work_is_no_bug_of_ours(locked: Desk) -> None:
    (locked.root / ".git" / "config").write_text("[core]\n\trepositoryformatversion = 99\n")
    said = locked.run("plan")
    assert said.code == 1
    assert "git" in said.err
