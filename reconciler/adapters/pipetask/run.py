"""One graph on its way to its end: every quantum that can run does, and each failure is reported."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

from lsst.daf.butler import Butler, CollectionType
from lsst.pipe.base.graph_walker import GraphWalker
from lsst.pipe.base.quantum_graph import PredictedQuantumGraph
from lsst.pipe.base.quantum_reports import ExecutionStatus, QuantumReport
from lsst.pipe.base.separable_pipeline_executor import SeparablePipelineExecutor

from ...dataid import data_id
from ...errors import ReconcileError
from .crew import Lost
from .execution import Ended, Execution, failed, named
from .log import Log
from .middleware import translated
from .submission import Report
from .variables import environment
from .written import forget, register

_LOG = logging.getLogger(__name__)


def at_run(butler: Butler, inputs: Iterable[str], output: str) -> Butler:
    """Return a Butler that reads the inputs and writes into a RUN; it shares the connections of the one given."""
    # Butler registers a RUN in two commits unless it is told otherwise; nothing could be put into half of one.
    with butler.transaction():
        butler.collections.register(output, CollectionType.RUN)
    return butler.clone(collections=tuple(inputs), run=output)


class Surroundings:
    """What belongs to one job while any process works on it: its environment variables, and its log."""

    def __init__(self, variables: Mapping[str, str], log: Log) -> None:
        self._variables, self._log = variables, log

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Work on the job."""
        with environment(self._variables), self._log.receiving():
            yield

    def close(self) -> None:
        """Close the log."""
        self._log.close()


class Run:
    """Gives out quanta in an order that their inputs allow, executes them, and registers what they wrote.

    Quanta may be executed in a process forked from the one that made this; all else happens in that one, which alone
    has the database.

    Parameters
    ----------
    butler
        Writeable; names inputs and output RUN.
    address
        The same repository's (path or URI).
    progress
        Gets how many quanta have ended, and how many there are.
    keep
        Gets the report, come what may.
    """

    def __init__(
        self,
        butler: Butler,
        address: str,
        graph: PredictedQuantumGraph,
        surroundings: Surroundings,
        progress: Callable[[int, int], None],
        keep: Callable[[Report], None],
    ) -> None:
        self.error: ReconcileError | None = None
        self._butler, self._surroundings, self._progress, self._keep = butler, surroundings, progress, keep
        self._versions_recorded = _prepare(butler, graph)
        self._predicted = graph
        self._begun = False
        self._quanta = len(graph)
        self._graph = graph.quantum_only_xgraph
        self._walker: GraphWalker[UUID] = GraphWalker(self._graph.copy())
        self._execution = Execution(address, graph)
        self._reports: list[QuantumReport] = []
        self._ready: deque[UUID] = deque()
        self._closed = False
        self._unblock()

    def next(self) -> UUID | None:
        """Return a quantum that can be executed and was not given out yet; None if there is none now."""
        if not self._ready:
            return None
        self._begun = True
        return self._ready.popleft()

    def execute(self, quantum: UUID) -> Ended:
        """Execute a quantum; whatever goes wrong is in its report."""
        with self._surroundings.entered():
            return self._execution.execute(quantum)

    def record_versions(self) -> None:
        """Write into a new RUN which versions of packages it is made with, once a quantum was given out.

        To collect them takes as long as a quantum, which workers execute meanwhile; nothing that it writes is in the
        RUN before they are. Where they cannot be written, the run goes no further.
        """
        if self._versions_recorded or not self._begun:
            return
        self._versions_recorded = True
        try:
            with self._surroundings.entered(), translated(f"recording the versions of {self._butler.run}"):
                self._predicted.write_packages(self._butler)
        except ReconcileError as error:
            self.error = error
            self._ready.clear()

    def settle(self, quantum: UUID, result: Ended | Lost) -> None:
        """Register what a quantum wrote and take in how it ended.

        One that failed takes along those that need it, and no others.
        """
        self.record_versions()
        if self.error is not None:  # it was in vain
            return
        with self._surroundings.entered():
            report = self._registered(quantum, result)
        self._remember(report)
        if report.status is ExecutionStatus.SUCCESS:
            self._walker.finish(quantum)
        else:
            for needy in self._walker.fail(quantum):
                self._remember(self._skipped(needy))
        self._unblock()
        if len(self._reports) == self._quanta:
            self.close()

    def close(self) -> None:
        """Keep the report, unless the run went no further; if some quanta have not ended, it was interrupted."""
        if self._closed:
            return
        self._closed = True
        try:
            self._surroundings.close()
            if self.error is None:
                self._keep(_report(self._reports, self._quanta))
        except ReconcileError as error:
            self.error = self.error or error

    def _unblock(self) -> None:
        self._ready.extend(sorted(next(self._walker, frozenset[UUID]()), key=self._order))

    def _remember(self, report: QuantumReport) -> None:
        self._reports.append(report)
        self._progress(len(self._reports), self._quanta)

    def _registered(self, quantum: UUID, result: Ended | Lost) -> QuantumReport:
        node = self._graph.nodes[quantum]
        if isinstance(result, Lost):
            died = RuntimeError(f"the process that ran it died with exit code {result.exit_code}")
            return failed(quantum, node, died)
        try:
            register(self._butler, node["quantum"], result.written)
        except Exception as error:  # noqa: BLE001  # a database may raise anything; all of it is reported
            return failed(quantum, node, error)
        return result.report

    def _skipped(self, quantum: UUID) -> QuantumReport:
        node = self._graph.nodes[quantum]
        with self._surroundings.entered():
            _LOG.error("%s is not run because what it needs failed", named(node))
        return QuantumReport(
            status=ExecutionStatus.SKIPPED, dataId=node["data_id"], taskLabel=node["task_label"], quantumId=quantum
        )

    def _order(self, quantum: UUID) -> tuple[object, ...]:
        node = self._graph.nodes[quantum]
        return node["task_label"], *node["data_id"].required_values


def _prepare(butler: Butler, graph: PredictedQuantumGraph) -> bool:
    """Make the RUN ready, and return whether it holds the versions of packages that it is made with.

    One that was begun before holds some, and nothing of it may be touched if they are others.
    """
    output = str(butler.run)
    with translated(f"preparing {output}"):
        executor = SeparablePipelineExecutor(butler, clobber_output=True, skip_existing_in=[output])
        begun = bool(butler.registry._fetch_run_dataset_ids(output))
        graph.pipeline_graph.register_dataset_types(butler, include_packages=True)
        executor.pre_execute_qgraph(graph, save_versions=begun)
        forget(butler, output, graph.build_execution_quanta().values())
    return begun


def _report(reports: list[QuantumReport], quanta: int) -> Report:
    of = {status: [q for q in reports if q.status is status] for status in ExecutionStatus}
    return Report(
        quanta=quanta,
        done=len(of[ExecutionStatus.SUCCESS]),
        failures=tuple(_described(q) for q in of[ExecutionStatus.FAILURE]),
        skipped=tuple(_described(q) for q in of[ExecutionStatus.SKIPPED]),
        interrupted=len(reports) < quanta,
    )


def _described(quantum: QuantumReport) -> str:
    where = f"{quantum.taskLabel} {data_id(quantum.dataId)}"
    if quantum.exceptionInfo is None:
        return f"{where}: not run because what it needs failed"
    reason = next(iter(quantum.exceptionInfo.message.strip().splitlines()), "")
    return f"{where}: {quantum.exceptionInfo.className.rpartition('.')[2]}: {reason}"
