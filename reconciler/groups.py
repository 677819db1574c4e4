"""Which steps go side by side: jobs that follow each other in the plan and do not await each other.

The plan has put every step behind those that it awaits; so whatever a group awaits was settled before the group begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .steps import Step
from .steps.base import Executed


def side_by_side(steps: Iterable[Step]) -> Iterator[tuple[Step, ...]]:
    """Yield the steps in their order, in groups; a step that is no job is a group of its own."""
    group: list[Step] = []
    for step in steps:
        if group and not _joins(step, group):
            yield tuple(group)
            group = []
        group.append(step)
    if group:
        yield tuple(group)


def _joins(step: Step, group: Sequence[Step]) -> bool:
    jobs = isinstance(step, Executed) and isinstance(group[-1], Executed)
    provided = {key for one in group for key in one.provides}
    return jobs and provided.isdisjoint(key for need in step.needs for key in need.awaits)
