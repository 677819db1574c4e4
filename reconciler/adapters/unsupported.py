"""The executor of a site whose engine this version cannot drive: it says so whenever something is to run."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from ..errors import ReconcileError
from ..ports import Graph, Job, Status


class UnsupportedEngine:
    """Refuses every job; planning and locking need no engine."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def build(self, job: Job) -> Graph:
        """Refuse."""
        self._refuse(job)

    def submit(self, graph: Graph, progress: Callable[[int, int], None]) -> None:
        """Refuse."""
        del progress
        self._refuse(graph.job)

    def poll(self, job: Job) -> Status:
        """Refuse."""
        self._refuse(job)

    def cancel(self, job: Job) -> None:
        """Refuse."""
        self._refuse(job)

    def _refuse(self, job: Job) -> NoReturn:
        raise ReconcileError(
            f"{job.leaf}: the engine {self._kind} is not supported by this version; nothing was submitted",
            hint="plan and lock work; to build at this site, say `engine: {kind: pipetask}`",
        )
