"""An executor in memory: it makes at once what a pipeline would, and passes the contract tests of the real one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..errors import ReconcileError
from ..jobs import Graph, Job, Pick, Progress, Status
from ..seals import Datasets
from .memory import Store


@dataclass
class MemoryExecutor:
    """An `Executor` that makes the wanted datasets at once; `outputs` tells which, by leaf stem."""

    stores: Mapping[str, Store]
    outputs: Callable[[Job], Datasets]
    picks: Callable[[Job], tuple[Pick, ...]] = lambda job: ()  # noqa: ARG005  # by default nothing is picked
    built: list[str] = field(default_factory=list)
    open: set[str] = field(default_factory=set)

    def build(self, job: Job) -> Graph:
        """Count what the RUN lacks."""
        store = self.stores[job.place]
        for name in job.inputs:
            if name not in store.types:
                raise ReconcileError(f"input collection {name} does not exist")
        lacking = [(t, d) for t, ids in self.outputs(job).items() for d in ids if not self._there(job, t, d)]
        if lacking:
            self.open.add(job.submission)
        return Graph(job, len(lacking), self.picks(job))

    def _there(self, job: Job, dataset_type: str, data_id: str) -> bool:
        return data_id in self.stores[job.place].contents.get((job.run, dataset_type), {})

    def submit(self, graphs: Sequence[Graph], progress: Progress) -> tuple[ReconcileError | None, ...]:
        """Make what is lacking, one graph after the other."""
        return tuple(self._made(graph, progress) for graph in graphs)

    def _made(self, graph: Graph, progress: Progress) -> ReconcileError | None:
        job, store = graph.job, self.stores[graph.job.place]
        self.open.discard(job.submission)
        try:
            store.register(job.run, "RUN")
        except ReconcileError as error:
            return error
        done = 0
        for dataset_type, ids in self.outputs(job).items():
            for data_id in ids:
                if not self._there(job, dataset_type, data_id):
                    store.add(job.run, dataset_type, data_id)
                    self.built.append(f"{job.leaf} {dataset_type} {data_id}")
                    progress(job, done := done + 1, graph.quanta)
        return None

    def poll(self, job: Job) -> Status:
        """A job of this executor has ended as soon as it has begun."""
        return Status("ended" if job.run in self.stores[job.place].types else "absent")

    def cancel(self, job: Job) -> None:
        """Drop a graph that was built and not submitted; nothing ever runs in the background here."""
        if job.submission not in self.open:
            raise ReconcileError(f"{job.leaf} is not running")
        self.open.discard(job.submission)
