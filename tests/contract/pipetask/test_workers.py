"""Several processes at work: at the same time, each for itself, and none longer than the job."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

import pytest

from reconciler.adapters.pipetask import PipetaskExecutor
from reconciler.adapters.pipetask.crew import Lost, Workers
from tests.pipelines.jobs import PLACE, RELEASES, carry_out, hanging, job, run, wait_until
from tests.pipelines.repository import DETECTORS, EXPOSURES

DEADLY = 13


def square(task: int) -> int:
    """Do the task, or die of it."""
    if task == DEADLY:
        os.kill(os.getpid(), signal.SIGKILL)
    return task**2


@pytest.fixture
def crew() -> Iterator[Workers[int, int]]:
    crew = Workers(square, 2)
    yield crew
    crew.dismiss()


def done(crew: Workers[Any, Any], *tasks: object) -> dict[Any, Any]:
    for task in tasks:
        crew.start(task)
    results: dict[Any, Any] = {}
    while ended := crew.wait():
        results |= dict(ended)
    return results


def test_each_task_has_its_result(crew: Workers[int, int]) -> None:
    assert done(crew, 3, 4) == {3: 9, 4: 16}


def test_there_is_room_for_as_many_tasks_as_there_are_workers(crew: Workers[int, int]) -> None:
    crew.start(1)
    assert crew.has_room
    crew.start(2)
    assert not crew.has_room


def test_tasks_are_done_at_the_same_time() -> None:
    both = get_context("fork").Barrier(2)
    crew = Workers(lambda _: both.wait(), 2)
    crew.start(1)
    crew.start(2)
    assert len([one for _ in range(2) for one in crew.wait()]) == 2
    crew.dismiss()


def test_a_worker_that_dies_loses_its_task_only(crew: Workers[int, int]) -> None:
    assert done(crew, DEADLY, 2) == {DEADLY: Lost(-signal.SIGKILL), 2: 4}


def test_a_worker_that_died_is_replaced(crew: Workers[int, int]) -> None:
    done(crew, DEADLY, DEADLY)
    assert done(crew, 3, 4) == {3: 9, 4: 16}


class Interrupts:
    """A Ctrl-C that comes just when it is sent, or received."""

    def __init__(self, when: str) -> None:
        self.when = when

    def __reduce__(self) -> tuple[object, ...]:
        if self.when == "sent":
            raise KeyboardInterrupt
        return _interrupt, ()


def _interrupt() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("when", ["sent", "received"])
def test_whenever_the_crew_is_interrupted_its_workers_end_with_it(when: str) -> None:
    crew: Workers[Any, Any] = Workers(lambda task: Interrupts("received") if task == when else task, 2)
    done(crew, "nothing")
    with pytest.raises(KeyboardInterrupt):
        done(crew, Interrupts("sent") if when == "sent" else when)
    crew.dismiss()
    assert active_children() == []


def test_workers_end_when_they_are_dismissed_in_the_middle() -> None:
    crew = Workers(lambda _: signal.pause(), 2)
    crew.start(1)
    crew.start(2)
    crew.dismiss()


@pytest.mark.timeout(60)
def test_an_executor_of_two_processes_runs_two_quanta_at_a_time(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each reduction waits for one in another process: with a single one it would wait for ever."""
    (meeting := tmp_path / "meeting").mkdir()
    monkeypatch.setenv("MEET_IN", str(meeting))
    executor, bias = PipetaskExecutor({PLACE: address}, RELEASES, processes=2), job(tmp_path)
    carry_out(executor, bias)
    assert executor.build(bias).quanta == 0
    assert str(os.getpid()) not in {path.read_text() for path in meeting.iterdir()}


def test_a_killed_job_takes_its_workers_along_and_resumes(
    executor: PipetaskExecutor, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROCESSES", "2")
    bias = job(tmp_path)
    with hanging(address, [bias], tmp_path, at=EXPOSURES[3]) as process:
        process.kill()
        process.wait()
    wait_until(lambda: executor.poll(bias).state == "ended")
    graph = executor.build(bias)
    assert graph.quanta >= 2 * len(DETECTORS)
    run(executor, graph)
    assert executor.build(bias).quanta == 0
