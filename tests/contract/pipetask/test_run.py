"""What becomes of a job that fails, is killed, interrupted, cancelled or started twice."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from lsst.daf.butler import Butler

from reconciler.adapters.pipetask import PipetaskExecutor
from reconciler.errors import Locked, ReconcileError
from reconciler.jobs import Job
from tests import fuse
from tests.pipelines.jobs import PLACE, RELEASES, carry_out, hanging, job, run, running, wait_until
from tests.pipelines.repository import EXPOSURES


def made(address: str, of: Job, dataset_type: str) -> dict[tuple[int, ...], str]:
    """Return the UUIDs of a dataset type in the output RUN, by detector and exposure."""
    butler = Butler.from_config(address)
    try:
        refs = butler.query_datasets(dataset_type, of.run, explain=False)
        return {tuple(v for k, v in sorted(r.dataId.required.items()) if k != "instrument"): str(r.id) for r in refs}
    finally:
        butler.close()


def failing(root: Path, field: str) -> Job:
    return job(root, overrides={f"reduceBias:{field}": f"[{EXPOSURES[2]}]"})


@pytest.mark.parametrize(("field", "reason"), [("fail", "ValueError: shutter stuck"), ("invalid", "no such frame")])
def test_a_failed_quantum_is_reported_with_task_data_id_and_first_line(
    executor: PipetaskExecutor, tmp_path: Path, field: str, reason: str
) -> None:
    bad = failing(tmp_path, field)
    carry_out(executor, bad)
    first = executor.poll(bad).failures[0]
    assert first.startswith(f"reduceBias instrument=TestCam,detector=0,exposure={EXPOSURES[2]}: ")
    assert reason in first
    assert "second line" not in first


def test_a_failed_quantum_does_not_stop_the_others(executor: PipetaskExecutor, address: str, tmp_path: Path) -> None:
    bad = failing(tmp_path, "fail")
    carry_out(executor, bad)
    assert len(made(address, bad, "biasReduced")) == 2 * (len(EXPOSURES) - 1)


def test_after_a_failure_only_what_is_missing_is_left(executor: PipetaskExecutor, tmp_path: Path) -> None:
    bad = failing(tmp_path, "fail")
    carry_out(executor, bad)
    assert executor.build(bad).quanta == 4


def test_a_changed_configuration_is_not_mixed_into_a_run(executor: PipetaskExecutor, tmp_path: Path) -> None:
    carry_out(executor, failing(tmp_path, "fail"))
    with pytest.raises(ReconcileError, match="onfig"):
        carry_out(executor, job(tmp_path))


def test_resuming_after_a_kill_runs_only_what_is_missing(
    executor: PipetaskExecutor, address: str, tmp_path: Path
) -> None:
    bias = job(tmp_path)
    with hanging(address, [bias], tmp_path, at=EXPOSURES[3]) as process:
        process.kill()
        process.wait()
    assert executor.poll(bias).state == "ended"
    before = made(address, bias, "biasReduced")
    graph = executor.build(bias)
    assert graph.quanta == 2 * len(EXPOSURES) + 2 - len(before)
    run(executor, graph)
    after = made(address, bias, "biasReduced")
    assert len(after) == 2 * len(EXPOSURES)
    assert before.items() <= after.items()


def test_a_kill_while_the_run_is_registered_leaves_none_of_it(
    executor: PipetaskExecutor, address: str, tmp_path: Path
) -> None:
    bias = job(tmp_path)
    with fuse.dies_inserting("run"):
        carry_out(executor, bias)
    carry_out(executor, bias)
    assert len(made(address, bias, "bias")) == 2


def test_an_interrupted_job_resumes(executor: PipetaskExecutor, address: str, tmp_path: Path) -> None:
    bias = job(tmp_path)
    with hanging(address, [bias], tmp_path, at=EXPOSURES[3]) as process:
        process.send_signal(signal.SIGINT)
        assert process.wait() != 0
    carry_out(executor, bias)
    assert len(made(address, bias, "bias")) == 2


class Elsewhere(NamedTuple):
    """A job that hangs in another process, and an executor that looks at it from here."""

    executor: PipetaskExecutor
    job: Job
    pid: int


@pytest.fixture(scope="module")
def elsewhere(raws_only: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    root = tmp_path_factory.mktemp("elsewhere")
    address = str(shutil.copytree(raws_only, root / "repository"))
    with hanging(address, [job(root)], root, at=EXPOSURES[0]) as process:
        yield Elsewhere(PipetaskExecutor({PLACE: address}, RELEASES), job(root), process.pid)


def test_a_second_process_is_told_who_is_at_work(elsewhere: Elsewhere) -> None:
    with pytest.raises(Locked, match=f"process {elsewhere.pid} on "):
        elsewhere.executor.build(elsewhere.job)


def test_a_job_in_another_process_is_running(elsewhere: Elsewhere) -> None:
    assert elsewhere.executor.poll(elsewhere.job).state == "running"


def test_a_job_of_another_host_is_cancelled_there(elsewhere: Elsewhere) -> None:
    mark = Path(elsewhere.job.submission) / "alive"
    here = mark.read_text()
    mark.write_text(here.replace(os.uname().nodename, "summit01"))
    with pytest.raises(ReconcileError, match="Cancel it on summit01"):
        elsewhere.executor.cancel(elsewhere.job)
    mark.write_text(here)


def test_cancel_ends_the_job_of_another_process(elsewhere: Elsewhere) -> None:
    elsewhere.executor.cancel(elsewhere.job)
    assert elsewhere.executor.poll(elsewhere.job).state == "ended"


def test_a_job_that_another_process_finished_has_ended(
    executor: PipetaskExecutor, address: str, tmp_path: Path
) -> None:
    bad = failing(tmp_path, "fail")
    with running(address, [bad], tmp_path) as process:
        wait_until(lambda: process.poll() is not None)
    assert len(executor.poll(bad).failures) == 2


def test_the_report_of_an_earlier_attempt_is_not_taken_for_the_next(
    executor: PipetaskExecutor, address: str, tmp_path: Path
) -> None:
    bad = failing(tmp_path, "fail")
    carry_out(executor, bad)
    executor.build(bad)
    executor.cancel(bad)
    assert executor.poll(bad).failures == ()


def test_a_graph_built_and_not_submitted_can_be_given_up(executor: PipetaskExecutor, tmp_path: Path) -> None:
    bias = job(tmp_path)
    executor.build(bias)
    executor.cancel(bias)
    assert executor.poll(bias).state == "ended"


def test_a_graph_may_be_built_again_before_it_is_submitted(executor: PipetaskExecutor, tmp_path: Path) -> None:
    executor.build(job(tmp_path))
    carry_out(executor, job(tmp_path))
    assert executor.poll(job(tmp_path)).state == "ended"


def test_a_graph_that_was_not_checked_here_is_not_run(executor: PipetaskExecutor, address: str, tmp_path: Path) -> None:
    graph = executor.build(job(tmp_path))
    run(executor, graph)
    with pytest.raises(ReconcileError, match="submitted already"):
        run(executor, graph)


def test_a_failed_build_gives_up_its_sign_of_life(executor: PipetaskExecutor, tmp_path: Path) -> None:
    with pytest.raises(ReconcileError):
        executor.build(job(tmp_path, query="instrument='TestCam' and exposure=1"))
    assert executor.build(job(tmp_path)).quanta


def test_a_submission_that_cannot_be_written_is_named(executor: PipetaskExecutor, tmp_path: Path) -> None:
    (tmp_path / "submit").write_text("a file in the way")
    with pytest.raises(ReconcileError, match=r"cannot write .*submit"):
        executor.build(job(tmp_path))


def test_logs_go_to_the_submission_and_nothing_to_the_terminal(
    executor: PipetaskExecutor, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bad = failing(tmp_path, "fail")
    carry_out(executor, bad)
    log = (Path(bad.submission) / "pipetask.log").read_text()
    assert "shutter stuck" in log
    assert f"reduced {EXPOSURES[0]}" in log
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A directory on a small disk; `fill` fills it."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("only root can mount a small disk")
    try:
        yield small
    finally:
        subprocess.run(["umount", small], check=True)


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    return filler


def test_a_full_disk_is_one_clear_error_and_loses_nothing(
    executor: PipetaskExecutor, full_disk: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bias = job(full_disk)
    graph = executor.build(bias)
    filler = fill(full_disk)
    with pytest.raises(ReconcileError, match=r"cannot write .*: No space left on device"):
        run(executor, graph)
    assert capfd.readouterr().err == ""
    filler.unlink()
    assert executor.build(bias).quanta == 0


def test_what_a_task_warns_of_is_logged(executor: PipetaskExecutor, tmp_path: Path) -> None:
    bias = job(tmp_path, overrides={"combineBias:warn": "True"})
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        carry_out(executor, bias)
    assert "few frames" in (Path(bias.submission) / "pipetask.log").read_text()


def test_logging_is_as_before_when_a_job_has_ended(executor: PipetaskExecutor, tmp_path: Path) -> None:
    before = logging.getLogger().handlers[:], logging.getLogger().level
    carry_out(executor, job(tmp_path))
    assert (logging.getLogger().handlers, logging.getLogger().level) == before
