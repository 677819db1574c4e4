"""Executes a built graph in this process: every quantum that can run does, and each failure is reported."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lsst.daf.butler import Butler, CollectionType
from lsst.pipe.base import InvalidQuantumError
from lsst.pipe.base.mp_graph_executor import MPGraphExecutor, MPGraphExecutorError
from lsst.pipe.base.quantum_graph import PredictedQuantumGraph
from lsst.pipe.base.quantum_reports import ExecutionStatus, QuantumReport
from lsst.pipe.base.separable_pipeline_executor import SeparablePipelineExecutor
from lsst.pipe.base.single_quantum_executor import SingleQuantumExecutor

from ...dataid import data_id
from .middleware import translated
from .submission import Report, writing

Progress = Callable[[int, int], None]

_NEVER_S = 30 * 86400.0
"""The graph executor wants a time limit for processes that are not used here."""


class CountingExecutor(SingleQuantumExecutor):
    """Runs one quantum after the other and says how many have finished."""

    def __init__(self, butler: Butler, run: str, total: int, progress: Progress) -> None:
        super().__init__(butler=butler, skip_existing_in=[run], clobber_outputs=True)
        self.done, self.total, self.progress = 0, total, progress

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        """Run a quantum; one that is invalid fails like any other instead of ending the process."""
        try:
            return super().execute(*args, **kwargs)
        except InvalidQuantumError as error:
            raise RuntimeError(f"invalid quantum: {error}") from error
        finally:
            self.done += 1
            self.progress(self.done, self.total)


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


def run(butler: Butler, graph: PredictedQuantumGraph, progress: Progress, keep: Callable[[Report], None]) -> None:
    """Run a graph; `butler` is writeable and names inputs and output RUN. `keep` gets the report, come what may."""
    output = str(butler.run)
    with translated(f"preparing {output}"):
        executor = SeparablePipelineExecutor(butler, clobber_output=True, skip_existing_in=[output])
        executor.pre_execute_qgraph(graph, register_dataset_types=True)
    quantum_executor = CountingExecutor(butler, output, len(graph), progress)
    graph_executor = MPGraphExecutor(num_proc=1, timeout=_NEVER_S, quantum_executor=quantum_executor)
    interrupted = True
    try:
        _execute(executor, graph, graph_executor)
        interrupted = False
    finally:
        keep(_report(graph_executor, len(graph), interrupted=interrupted))


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


def _execute(executor: SeparablePipelineExecutor, graph: PredictedQuantumGraph, by: MPGraphExecutor) -> None:
    try:
        executor.run_pipeline(graph, graph_executor=by)
    except MPGraphExecutorError:
        return  # raised once all that could run has run; the report names each quantum that failed


def _report(executor: MPGraphExecutor, quanta: int, *, interrupted: bool) -> Report:
    report = executor.getReport()
    of = {status: [q for q in report.quantaReports if q.status is status] for status in ExecutionStatus}
    return Report(
        quanta=quanta,
        done=len(of[ExecutionStatus.SUCCESS]),
        failures=tuple(_described(q) for q in of[ExecutionStatus.FAILURE]),
        skipped=tuple(_described(q) for q in of[ExecutionStatus.SKIPPED]),
        interrupted=interrupted,
    )


def _described(quantum: QuantumReport) -> str:
    where = f"{quantum.taskLabel} {data_id(quantum.dataId)}"
    if quantum.exceptionInfo is None:
        return f"{where}: not run because what it needs failed"
    reason = next(iter(quantum.exceptionInfo.message.strip().splitlines()), "")
    return f"{where}: {quantum.exceptionInfo.className.rpartition('.')[2]}: {reason}"
