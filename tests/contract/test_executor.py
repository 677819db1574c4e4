"""What every executor does, the fake in memory and the one that runs pipelines."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.adapters.memory import Store
from reconciler.adapters.memory_executor import MemoryExecutor
from reconciler.adapters.pipetask import PipetaskExecutor
from reconciler.errors import ReconcileError
from reconciler.jobs import Job
from reconciler.ports import Executor
from tests.pipelines import repository
from tests.pipelines.jobs import PLACE, RAWS, RELEASES, carry_out, job

MakeExecutor = Callable[[], Executor]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository") / "template"
    repository.create(root)
    return root


@pytest.fixture(params=["memory", "pipetask", "pipetask with two workers"])
def executor(request: pytest.FixtureRequest, template: Path, tmp_path: Path) -> Executor:
    if request.param == "memory":
        store = Store()
        store.register(RAWS, "RUN")
        wanted = {"bias": {f"instrument=TestCam,detector={d}": "" for d in repository.DETECTORS}}
        return MemoryExecutor({PLACE: store}, lambda _: wanted)
    shutil.copytree(template, tmp_path / "repository")
    processes = 2 if "two" in request.param else 1
    return PipetaskExecutor({PLACE: str(tmp_path / "repository")}, RELEASES, processes=processes)


@pytest.fixture
def bias(tmp_path: Path) -> Job:
    return job(tmp_path)


@pytest.fixture
def other(tmp_path: Path) -> Job:
    return job(tmp_path, "flat_u")


def test_a_job_that_was_never_built_is_absent(executor: Executor, bias: Job) -> None:
    assert executor.poll(bias).state == "absent"


def test_a_graph_counts_what_is_missing(executor: Executor, bias: Job) -> None:
    assert executor.build(bias).quanta >= len(repository.DETECTORS)


def test_progress_tells_of_each_quantum_to_the_last(executor: Executor, bias: Job) -> None:
    graph, told = executor.build(bias), []
    executor.submit([graph], lambda job, done, total: told.append((job, done, total)))
    assert told == [(bias, n + 1, graph.quanta) for n in range(graph.quanta)]


def test_a_job_that_has_run_has_ended_without_failures(executor: Executor, bias: Job) -> None:
    carry_out(executor, bias)
    assert (executor.poll(bias).state, executor.poll(bias).failures) == ("ended", ())


def test_nothing_is_left_to_run_after_a_complete_run(executor: Executor, bias: Job) -> None:
    carry_out(executor, bias)
    assert executor.build(bias).quanta == 0


def test_a_complete_graph_may_be_submitted_and_runs_nothing(executor: Executor, bias: Job) -> None:
    carry_out(executor, bias)
    assert executor.submit([executor.build(bias)], lambda *_: pytest.fail("something ran")) == (None,)


def test_progress_tells_of_each_of_several_graphs(executor: Executor, bias: Job, other: Job) -> None:
    graphs, told = [executor.build(bias), executor.build(other)], []
    executor.submit(graphs, lambda job, done, total: told.append((job, done, total)))
    for graph in graphs:
        last = graph.quanta
        assert [(done, total) for job, done, total in told if job == graph.job] == [(n + 1, last) for n in range(last)]


def test_several_graphs_run_to_their_end_beside_a_complete_one(executor: Executor, bias: Job, other: Job) -> None:
    carry_out(executor, bias)
    assert executor.submit([executor.build(bias), executor.build(other)], lambda *_: None) == (None, None)
    assert executor.build(bias).quanta == executor.build(other).quanta == 0


def test_an_input_collection_that_does_not_exist_is_named(executor: Executor, tmp_path: Path) -> None:
    with pytest.raises(ReconcileError, match="TestCam/calib/nowhere"):
        executor.build(job(tmp_path, inputs=(RAWS, "TestCam/calib/nowhere")))


def test_a_job_that_does_not_run_cannot_be_cancelled(executor: Executor, bias: Job) -> None:
    with pytest.raises(ReconcileError, match="not running"):
        executor.cancel(bias)
