"""Jobs that do not await each other go side by side; whatever else is done goes by itself, in the order of the plan."""

from __future__ import annotations

from reconciler.groups import side_by_side
from reconciler.steps import Step
from reconciler.steps.produce import Produce
from tests.worlds import Ask, calibration_set, chain, in_memory


def planned(*asks: Ask, tickets: tuple[str, ...] = ("DM-1",)) -> list[Step]:
    """Return the steps of a plan for sets that ask alike."""
    small = in_memory()
    sets = [one for ticket in tickets for one in calibration_set(asks, ticket)]
    want, facts = small.want(*sets, chain("TestCam/calib/OLD"))
    return [one.step for one in small.plan(want, facts).steps]


def jobs(steps: list[Step]) -> list[list[str]]:
    """Return the products of each group of jobs."""
    groups = side_by_side(steps)
    return [[step.work.product for step in group if isinstance(step, Produce)] for group in groups if len(group) > 1]


def test_nothing_makes_no_group() -> None:
    assert list(side_by_side([])) == []


def test_jobs_of_two_tickets_go_side_by_side() -> None:
    assert jobs(planned(Ask("bias"), tickets=("DM-1", "DM-2"))) == [["bias", "bias"]]


def test_a_job_that_awaits_another_goes_after_it() -> None:
    produced = [step for step in planned(Ask("bias"), Ask("dark")) if isinstance(step, Produce)]
    assert list(side_by_side(produced)) == [(step,) for step in produced]


def test_an_edit_goes_by_itself() -> None:
    edits = [step for step in planned(Ask("bias"), tickets=("DM-1", "DM-2")) if not isinstance(step, Produce)]
    assert list(side_by_side(edits)) == [(step,) for step in edits]


def test_the_order_of_the_plan_is_kept() -> None:
    steps = planned(Ask("bias"), Ask("dark"), tickets=("DM-1", "DM-2"))
    assert [step for group in side_by_side(steps) for step in group] == steps
