"""One graph on its way to its end: every quantum that can run does, and each failure is reported."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from lsst.daf.butler import Butler, CollectionType
from lsst.pipe.base.graph_walker import GraphWalker
from lsst.pipe.base.quantum_graph import PredictedQuantumGraph
from lsst.pipe.base.quantum_reports import ExecutionStatus, QuantumReport
from lsst.pipe.base.separable_pipeline_executor import SeparablePipelineExecutor
from lsst.pipe.base.single_quantum_executor import SingleQuantumExecutor

from ...dataid import data_id
from ...errors import ReconcileError
from .crew import Lost
from .log import Log
from .middleware import translated
from .submission import Report
from .variables import environment

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
    """Gives out quanta in an order that their inputs allow, executes them, and remembers what became of them.

    Quanta may be executed in a process forked from the one that made this; all else happens in that one.

    Parameters
    ----------
    butler
        Writeable; names inputs and output RUN.
    progress
        Gets how many quanta have ended, and how many there are.
    keep
        Gets the report, come what may.
    """

    def __init__(
        self,
        butler: Butler,
        graph: PredictedQuantumGraph,
        surroundings: Surroundings,
        progress: Callable[[int, int], None],
        keep: Callable[[Report], None],
    ) -> None:
        self.error: ReconcileError | None = None
        self._butler, self._surroundings, self._progress, self._keep = butler, surroundings, progress, keep
        _prepare(butler, graph)
        graph.build_execution_quanta()
        self._quanta = len(graph)
        self._graph = graph.quantum_only_xgraph
        self._walker: GraphWalker[UUID] = GraphWalker(self._graph.copy())
        self._executor = SingleQuantumExecutor(butler=butler, skip_existing_in=[butler.run], clobber_outputs=True)
        self._reports: list[QuantumReport] = []
        self._ready: deque[UUID] = deque()
        self._closed = False
        self._unblock()

    def next(self) -> UUID | None:
        """Return a quantum that can be executed and was not given out yet; None if there is none now."""
        return self._ready.popleft() if self._ready else None

    def execute(self, quantum: UUID) -> QuantumReport:
        """Execute a quantum; whatever goes wrong is in its report."""
        node = self._graph.nodes[quantum]
        with self._surroundings.entered():
            try:
                done = self._executor.execute(node["pipeline_node"], node["quantum"], quantum_id=quantum)
            except Exception as error:  # noqa: BLE001  # a task may raise anything; all of it is reported
                _LOG.error("%s failed", _named(node), exc_info=error)
                return QuantumReport.from_exception(error, node["data_id"], node["task_label"], quantumId=quantum)
        report: QuantumReport = done.report
        return report

    def settle(self, quantum: UUID, result: QuantumReport | Lost) -> None:
        """Take in how a quantum ended; one that failed takes along those that need it, and no others."""
        report = self._lost(quantum, result) if isinstance(result, Lost) else result
        self._remember(report)
        if report.status is ExecutionStatus.SUCCESS:
            self._walker.finish(quantum)
        else:
            for needy in self._walker.fail(quantum):
                self._remember(self._skipped(needy))
        self._unblock()
        if len(self._reports) == self._quanta:
            self.close()

    def disconnect(self) -> None:
        """Close the connections to the database, which processes must not share."""
        self._butler.registry.resetConnectionPool()

    def close(self) -> None:
        """Keep the report; if some quanta have not ended, the run was interrupted."""
        if self._closed:
            return
        self._closed = True
        try:
            self._surroundings.close()
            self._keep(_report(self._reports, self._quanta))
        except ReconcileError as error:
            self.error = error

    def _unblock(self) -> None:
        self._ready.extend(sorted(next(self._walker, frozenset[UUID]()), key=self._order))

    def _remember(self, report: QuantumReport) -> None:
        self._reports.append(report)
        self._progress(len(self._reports), self._quanta)

    def _lost(self, quantum: UUID, lost: Lost) -> QuantumReport:
        node = self._graph.nodes[quantum]
        error = RuntimeError(f"the process that ran it died with exit code {lost.exit_code}")
        return QuantumReport.from_exception(error, node["data_id"], node["task_label"], quantumId=quantum)

    def _skipped(self, quantum: UUID) -> QuantumReport:
        node = self._graph.nodes[quantum]
        with self._surroundings.entered():
            _LOG.error("%s is not run because what it needs failed", _named(node))
        return QuantumReport(
            status=ExecutionStatus.SKIPPED, dataId=node["data_id"], taskLabel=node["task_label"], quantumId=quantum
        )

    def _order(self, quantum: UUID) -> tuple[object, ...]:
        node = self._graph.nodes[quantum]
        return node["task_label"], *node["data_id"].required_values


def _prepare(butler: Butler, graph: PredictedQuantumGraph) -> None:
    output = str(butler.run)
    with translated(f"preparing {output}"):
        executor = SeparablePipelineExecutor(butler, clobber_output=True, skip_existing_in=[output])
        executor.pre_execute_qgraph(graph, register_dataset_types=True)


def _report(reports: list[QuantumReport], quanta: int) -> Report:
    of = {status: [q for q in reports if q.status is status] for status in ExecutionStatus}
    return Report(
        quanta=quanta,
        done=len(of[ExecutionStatus.SUCCESS]),
        failures=tuple(_described(q) for q in of[ExecutionStatus.FAILURE]),
        skipped=tuple(_described(q) for q in of[ExecutionStatus.SKIPPED]),
        interrupted=len(reports) < quanta,
    )


def _named(node: Mapping[str, Any]) -> str:
    return f"{node['task_label']} {data_id(dict(node['data_id'].required))}"


def _described(quantum: QuantumReport) -> str:
    where = f"{quantum.taskLabel} {data_id(quantum.dataId)}"
    if quantum.exceptionInfo is None:
        return f"{where}: not run because what it needs failed"
    reason = next(iter(quantum.exceptionInfo.message.strip().splitlines()), "")
    return f"{where}: {quantum.exceptionInfo.className.rpartition('.')[2]}: {reason}"
