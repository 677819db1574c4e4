"""Jobs that go side by side: run by one submission, each settled by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from reconciler import apply as protocol
from reconciler.adapters.memory import MemoryRepository, Store
from reconciler.adapters.memory_executor import MemoryExecutor
from reconciler.apply import Result, apply
from reconciler.errors import ExitCode, Locked, ReconcileError
from reconciler.jobs import Graph, Job, Progress
from reconciler.steps import Step
from tests.worlds import EXPOSURES, INSTRUMENT, PLACE, Ask, Small, calibration_set, chain, outputs, store

TICKETS = ("DM-1", "DM-2", "DM-3")


@dataclass
class Observed(MemoryExecutor):
    """An executor that tells which tickets were submitted together, and that may find one of them at work elsewhere."""

    submissions: list[list[str]] = field(default_factory=list)
    elsewhere: str = ""
    hopeless: str = ""

    def build(self, job: Job) -> Graph:
        if ticket(job.leaf) == self.elsewhere:
            raise Locked(f"{job.leaf} is in use")
        return super().build(job)

    def submit(self, graphs: Sequence[Graph], progress: Progress) -> tuple[ReconcileError | None, ...]:
        self.submissions.append([ticket(graph.job.leaf) for graph in graphs])
        able = [graph for graph in graphs if ticket(graph.job.leaf) != self.hopeless]
        super().submit(able, progress)
        return tuple(None if graph in able else ReconcileError("cannot be run") for graph in graphs)


def ticket(leaf: str) -> str:
    return leaf.split("/")[2]


@dataclass
class Case:
    """A store, and an operator with a plan of a bias for each of three tickets."""

    store: Store
    executor: Observed
    small: Small

    @property
    def submissions(self) -> list[list[str]]:
        return self.executor.submissions

    def plans(self) -> list[Step]:
        return [planned.step for planned in self.small.plan(*self._wanted()).steps]

    def applies(self, steps: list[Step] | None = None) -> dict[str, Result]:
        """Apply; return the results of the jobs by ticket, in their order."""
        results = apply(steps or self.plans(), self.small.world(), *self._wanted())
        return {ticket(r.step.subject): r for r in results if r.step.kind == "produce"}

    def _wanted(self):  # type: ignore[no-untyped-def]  # what `Small.want` returns
        sets = [one for n, name in enumerate(TICKETS, 1) for one in calibration_set([Ask("bias", frames=n)], name)]
        return self.small.want(*sets, chain(f"{INSTRUMENT}/calib/OLD"))


@pytest.fixture
def case() -> Case:
    one = store()
    executor = Observed({PLACE: one}, outputs)
    return Case(one, executor, Small(MemoryRepository(PLACE, one), executor))


def words(results: dict[str, Result]) -> dict[str, str]:
    return {name: result.outcome.word for name, result in results.items()}


def test_jobs_that_do_not_await_each_other_are_submitted_together(case: Case) -> None:
    assert words(case.applies()) == dict.fromkeys(TICKETS, "done")
    assert case.submissions == [[*TICKETS]]


def test_results_come_in_the_order_of_the_plan(case: Case) -> None:
    steps = case.plans()
    results = apply(steps, case.small.world(), *case._wanted())
    assert [result.step for result in results] == steps


def test_a_job_that_is_blocked_does_not_hold_up_the_others(case: Case) -> None:
    steps = case.plans()
    del case.store.exposures[INSTRUMENT, EXPOSURES["bias"][2].id]
    assert words(case.applies(steps)) == {"DM-1": "done", "DM-2": "done", "DM-3": "blocked"}


def test_a_job_that_another_process_runs_does_not_hold_up_the_others(case: Case) -> None:
    case.executor.elsewhere = "DM-1"
    assert words(case.applies()) == {"DM-1": "waiting", "DM-2": "done", "DM-3": "done"}
    assert case.submissions == [["DM-2", "DM-3"]]


def test_a_job_that_cannot_be_run_fails_alone(case: Case) -> None:
    case.executor.hopeless = "DM-2"
    results = case.applies()
    assert words(results) == {"DM-1": "done", "DM-2": "failed", "DM-3": "done"}
    assert (results["DM-2"].outcome.reason, results["DM-2"].outcome.exit_code) == ("cannot be run", ExitCode.FAILED)


def test_a_job_that_is_done_meanwhile_is_not_submitted(case: Case) -> None:
    steps = case.plans()
    case.applies(steps[:1])
    assert words(case.applies(steps)) == {"DM-1": "unchanged", "DM-2": "done", "DM-3": "done"}
    assert case.submissions == [["DM-1"], ["DM-2", "DM-3"]]


@pytest.mark.parametrize(("limit", "value"), [("ENOUGH_QUANTA", 3), ("ENOUGH_GRAPHS", 2)])
def test_no_more_is_begun_than_is_enough_for_now(
    case: Case, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(protocol, limit, value)
    assert words(case.applies()) == dict.fromkeys(TICKETS, "done")
    assert case.submissions == [["DM-1", "DM-2"], ["DM-3"]]
