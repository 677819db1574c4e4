"""Several graphs in one crew: at the same time, and each with variables, log, report and mark of life of its own."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lsst.daf.butler import Butler

from reconciler.adapters.pipetask import PipetaskExecutor
from reconciler.adapters.pipetask.submission import Submission
from reconciler.errors import ReconcileError
from reconciler.jobs import Job
from tests.contract.pipetask.test_run import made
from tests.pipelines.jobs import ENVIRONMENT, PLACE, RELEASES, carry_out, hanging, job, run, wait_until
from tests.pipelines.repository import DETECTORS, EXPOSURES

SMALL = "instrument='TestCam' and detector=0 and exposure={}"


@pytest.fixture(params=[1, 2])
def executor(address: str, request: pytest.FixtureRequest) -> PipetaskExecutor:
    return PipetaskExecutor({PLACE: address}, RELEASES, processes=request.param)


@pytest.fixture
def one(tmp_path: Path) -> Job:
    """Two quanta: the first exposure of a detector."""
    return job(tmp_path, query=SMALL.format(EXPOSURES[0]))


def other(root: Path, **changes: object) -> Job:
    """All exposures, in the same pipeline."""
    leaf = "TestCam/calib/DM-2/trial/biasGen.20241208a"
    return job(root, leaf=leaf, run=f"{leaf}/run1", submission=str(root / "submit" / "other"), **changes)


def log(of: Job) -> str:
    return Submission(Path(of.submission)).log.read_text()


def test_each_quantum_finds_the_variables_of_its_own_job_and_fails_for_its_own_graph(
    executor: PipetaskExecutor, one: Job, tmp_path: Path
) -> None:
    bad = other(tmp_path, environment={**ENVIRONMENT, "FAIL_AT": str(EXPOSURES[0])})
    carry_out(executor, one, bad)
    assert executor.poll(one).failures == ()
    assert len(executor.poll(bad).failures) == len(DETECTORS)


def test_each_graph_has_a_log_of_its_own(executor: PipetaskExecutor, one: Job, tmp_path: Path) -> None:
    carry_out(executor, one, other(tmp_path))
    assert f"reduced {EXPOSURES[0]}" in log(one)
    assert f"reduced {EXPOSURES[1]}" not in log(one)
    assert f"reduced {EXPOSURES[1]}" in log(other(tmp_path))


def test_a_run_that_was_begun_with_other_versions_stays_as_it_is_and_the_others_are_made(
    executor: PipetaskExecutor, address: str, one: Job, tmp_path: Path
) -> None:
    begun = other(tmp_path, environment={**ENVIRONMENT, "FAIL_AT": str(EXPOSURES[0])})
    carry_out(executor, begun)
    record_older_versions(address, begun)
    before = datasets(address, begun)
    graphs = [executor.build(one), executor.build(other(tmp_path))]
    done, refused = executor.submit(graphs, lambda job, done, total: None)
    assert done is None
    assert "Package versions mismatch: (numpy: " in str(refused)
    assert datasets(address, begun) == before
    assert executor.build(one).quanta == 0


def test_a_run_whose_versions_cannot_be_recorded_goes_no_further_and_the_others_do(
    executor: PipetaskExecutor, address: str, one: Job, tmp_path: Path
) -> None:
    bad = other(tmp_path)
    (in_the_way := Path(address, bad.run, "packages")).parent.mkdir(parents=True)
    in_the_way.touch()
    graphs = [executor.build(bad), executor.build(one)]
    refused, done = executor.submit(graphs, lambda job, done, total: None)
    assert done is None
    assert "recording the versions of" in str(refused)
    assert made(address, bad, "biasReduced") == {}
    assert len(made(address, one, "biasReduced")) == 1
    assert executor.poll(bad).failures == ()
    in_the_way.unlink()
    carry_out(executor, bad)
    assert executor.build(bad).quanta == 0


def record_older_versions(address: str, of: Job) -> None:
    """Let a RUN say that it was begun with another numpy."""
    with Butler.from_config(address, writeable=True) as butler:
        (ref,) = butler.query_datasets("packages", of.run)
        versions = butler.get(ref)
        butler.pruneDatasets([ref], purge=True, unstore=True, disassociate=True)
        butler.put(type(versions)({**versions, "numpy": "1.0"}), "packages", run=of.run)


def datasets(address: str, of: Job) -> set[str]:
    """Return the UUIDs of everything in the RUN."""
    with Butler.from_config(address) as butler:
        return {str(uuid) for uuid in butler.registry._fetch_run_dataset_ids(of.run)}


def test_a_graph_that_cannot_be_run_does_not_keep_the_others(
    executor: PipetaskExecutor, one: Job, tmp_path: Path
) -> None:
    carry_out(executor, other(tmp_path, overrides={"reduceBias:fail": f"[{EXPOSURES[0]}]"}))
    changed = other(tmp_path)
    error, nothing = executor.submit([executor.build(changed), executor.build(one)], lambda *_: None)
    assert nothing is None
    with pytest.raises(ReconcileError, match="onfig"):
        raise error or AssertionError("it was run")
    assert executor.build(one).quanta == 0
    assert executor.poll(changed).state == "ended"


def test_a_graph_that_was_submitted_before_does_not_keep_the_others(
    executor: PipetaskExecutor, one: Job, tmp_path: Path
) -> None:
    run(executor, again := executor.build(one))
    error, nothing = executor.submit([again, executor.build(other(tmp_path))], lambda *_: None)
    assert (type(error), nothing) == (ReconcileError, None)
    assert executor.build(other(tmp_path)).quanta == 0


@contextmanager
def ended_and_hanging(address: str, one: Job, root: Path) -> Iterator[subprocess.Popen[str]]:
    """Two graphs in another process of two workers: the small one has ended, the other hangs."""
    with hanging(address, [one, other(root)], root, at=EXPOSURES[1], PROCESSES="2") as process:
        watching = PipetaskExecutor({PLACE: address}, RELEASES)
        wait_until(lambda: watching.poll(one).state == "ended")
        assert watching.poll(other(root)).state == "running"
        yield process


def test_an_interrupted_process_reports_of_each_graph_what_is_so(address: str, one: Job, tmp_path: Path) -> None:
    with ended_and_hanging(address, one, tmp_path) as process:
        process.send_signal(signal.SIGINT)
        assert process.wait() != 0
    reports = [Submission(Path(of.submission)).report() for of in (one, other(tmp_path))]
    assert [report and report.interrupted for report in reports] == [False, True]


def test_after_a_kill_each_graph_goes_on_where_it_was(address: str, one: Job, tmp_path: Path) -> None:
    executor = PipetaskExecutor({PLACE: address}, RELEASES, processes=2)
    with ended_and_hanging(address, one, tmp_path) as process:
        process.kill()
        process.wait()
    wait_until(lambda: executor.poll(other(tmp_path)).state == "ended")
    ended, resumed = executor.build(one), executor.build(other(tmp_path))
    assert ended.quanta == 0
    run(executor, ended, resumed)
    assert executor.build(other(tmp_path)).quanta == 0
