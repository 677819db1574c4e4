"""Executes a built graph: every quantum that can run does, and each failure is reported."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from lsst.daf.butler import Butler, CollectionType
from lsst.pipe.base.graph_walker import GraphWalker
from lsst.pipe.base.quantum_graph import PredictedQuantumGraph
from lsst.pipe.base.quantum_reports import ExecutionStatus, QuantumReport
from lsst.pipe.base.separable_pipeline_executor import SeparablePipelineExecutor
from lsst.pipe.base.single_quantum_executor import SingleQuantumExecutor
from lsst.utils.threads import disable_implicit_threading

from ...dataid import data_id
from .crew import Alone, Crew, Lost, Workers
from .middleware import translated
from .submission import Report, writing

Progress = Callable[[int, int], None]

_LOG = logging.getLogger(__name__)


class _LogFile(logging.FileHandler):
    """A log whose full disk does not fill the terminal; the report, which has to be written, fails and says so."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the name is logging's
        """Drop a record that cannot be written."""


def at_run(butler: Butler, inputs: Iterable[str], output: str) -> Butler:
    """Return a Butler that reads the inputs and writes into a RUN; it shares the connections of the one given."""
    # Butler registers a RUN in two commits unless it is told otherwise; nothing could be put into half of one.
    with butler.transaction():
        butler.collections.register(output, CollectionType.RUN)
    return butler.clone(collections=tuple(inputs), run=output)


def run(
    butler: Butler,
    graph: PredictedQuantumGraph,
    progress: Progress,
    keep: Callable[[Report], None],
    *,
    processes: int = 1,
) -> None:
    """Run a graph; `butler` is writeable and names inputs and output RUN. `keep` gets the report, come what may.

    With more than one process, quanta run in workers, and this one only says which.
    """
    output = str(butler.run)
    with translated(f"preparing {output}"):
        executor = SeparablePipelineExecutor(butler, clobber_output=True, skip_existing_in=[output])
        executor.pre_execute_qgraph(graph, register_dataset_types=True)
    quanta = _Quanta(butler, graph)
    reports: list[QuantumReport] = []
    interrupted = True
    try:
        for report in quanta.run(processes):
            reports.append(report)
            progress(len(reports), len(graph))
        interrupted = False
    finally:
        keep(_report(reports, len(graph), interrupted=interrupted))


class _Quanta:
    """The quanta of a graph, run in an order that their inputs allow."""

    def __init__(self, butler: Butler, graph: PredictedQuantumGraph) -> None:
        graph.build_execution_quanta()
        self._graph = graph.quantum_only_xgraph
        self._butler = butler
        self._executor = SingleQuantumExecutor(butler=butler, skip_existing_in=[butler.run], clobber_outputs=True)

    def run(self, processes: int) -> Iterator[QuantumReport]:
        """Yield what became of each quantum; one that fails takes along those that need it, and no others."""
        crew = self._crew(processes)
        walker: GraphWalker[UUID] = GraphWalker(self._graph.copy())
        ready: deque[UUID] = deque()
        try:
            for unblocked in walker:
                ready.extend(sorted(unblocked, key=self._order))
                while ready and crew.has_room:
                    crew.start(ready.popleft())
                for quantum, result in crew.wait():
                    report = self._lost(quantum, result) if isinstance(result, Lost) else result
                    yield report
                    yield from self._skipped(_settle(walker, quantum, report))
        finally:
            crew.dismiss()

    def _crew(self, processes: int) -> Crew[UUID, QuantumReport]:
        if processes == 1:
            return Alone(self._execute)
        disable_implicit_threading()
        self._butler.registry.resetConnectionPool()
        return Workers(self._execute, processes)

    def _execute(self, quantum: UUID) -> QuantumReport:
        node = self._graph.nodes[quantum]
        try:
            done = self._executor.execute(node["pipeline_node"], node["quantum"], quantum_id=quantum)
        except Exception as error:  # noqa: BLE001  # a task may raise anything; all of it is reported
            _LOG.error("%s failed", _named(node), exc_info=error)
            return QuantumReport.from_exception(error, node["data_id"], node["task_label"], quantumId=quantum)
        report: QuantumReport = done.report
        return report

    def _lost(self, quantum: UUID, lost: Lost) -> QuantumReport:
        node = self._graph.nodes[quantum]
        error = RuntimeError(f"the process that ran it died with exit code {lost.exit_code}")
        return QuantumReport.from_exception(error, node["data_id"], node["task_label"], quantumId=quantum)

    def _skipped(self, quanta: Iterable[UUID]) -> Iterator[QuantumReport]:
        for quantum in quanta:
            node = self._graph.nodes[quantum]
            _LOG.error("%s is not run because what it needs failed", _named(node))
            yield QuantumReport(
                status=ExecutionStatus.SKIPPED, dataId=node["data_id"], taskLabel=node["task_label"], quantumId=quantum
            )

    def _order(self, quantum: UUID) -> tuple[object, ...]:
        node = self._graph.nodes[quantum]
        return node["task_label"], *node["data_id"].required_values


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """Send everything that is logged to a file and nothing to the terminal.

    The handlers change at the root logger because the middleware collects each quantum's log there.
    """
    root, lsst = logging.getLogger(), logging.getLogger("lsst")
    before = root.handlers[:], root.level, lsst.level
    with writing(path):
        handler = _LogFile(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root.handlers[:] = [handler]
    root.setLevel(min(logging.INFO, before[1]))
    lsst.setLevel(logging.INFO)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.handlers[:], root.level, lsst.level = before
        with writing(path):
            handler.close()


def _settle(walker: GraphWalker[UUID], quantum: UUID, report: QuantumReport) -> list[UUID]:
    """Tell the walker how a quantum ended; return those that can never run because of it."""
    if report.status is ExecutionStatus.SUCCESS:
        walker.finish(quantum)
        return []
    return list(walker.fail(quantum))


def _report(reports: list[QuantumReport], quanta: int, *, interrupted: bool) -> Report:
    of = {status: [q for q in reports if q.status is status] for status in ExecutionStatus}
    return Report(
        quanta=quanta,
        done=len(of[ExecutionStatus.SUCCESS]),
        failures=tuple(_described(q) for q in of[ExecutionStatus.FAILURE]),
        skipped=tuple(_described(q) for q in of[ExecutionStatus.SKIPPED]),
        interrupted=interrupted,
    )


def _named(node: Mapping[str, Any]) -> str:
    return f"{node['task_label']} {data_id(dict(node['data_id'].required))}"


def _described(quantum: QuantumReport) -> str:
    where = f"{quantum.taskLabel} {data_id(quantum.dataId)}"
    if quantum.exceptionInfo is None:
        return f"{where}: not run because what it needs failed"
    reason = next(iter(quantum.exceptionInfo.message.strip().splitlines()), "")
    return f"{where}: {quantum.exceptionInfo.className.rpartition('.')[2]}: {reason}"
