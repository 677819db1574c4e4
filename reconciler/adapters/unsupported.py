"""The executor of a site whose engine this version cannot drive: it says so whenever something is to run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from ..errors import ReconcileError
from ..jobs import Graph, Job, Progress, Status


class UnsupportedEngine:
    """Refuses every job; planning and locking need no engine."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def build(self, job: Job) -> Graph:
        """Refuse."""
        self._refuse(job)

    def submit(self, graphs: Sequence[Graph], progress: Progress) -> tuple[ReconcileError | None, ...]:
        """Refuse."""
        del progress
        return tuple(self._refusal(graph.job) for graph in graphs)

    def poll(self, job: Job) -> Status:
        """Refuse."""
        self._refuse(job)

    def cancel(self, job: Job) -> None:
        """Refuse."""
        self._refuse(job)

    def _refuse(self, job: Job) -> NoReturn:
        raise self._refusal(job)

    def _refusal(self, job: Job) -> ReconcileError:
        return ReconcileError(
            f"{job.leaf}: the engine {self._kind} is not supported by this version; nothing was submitted",
            hint="plan and lock work; to build at this site, say `engine: {kind: pipetask}`",
        )
