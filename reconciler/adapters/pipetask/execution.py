"""Executes quanta with files alone: this needs no database, so any process that is forked from this one can do it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from lsst.daf.butler import ButlerConfig, Quantum
from lsst.pipe.base.quantum_graph import PredictedQuantumGraph
from lsst.pipe.base.quantum_reports import QuantumReport
from lsst.pipe.base.single_quantum_executor import SingleQuantumExecutor

from ...dataid import data_id
from .written import NOTHING, Files, Written

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a quantum ended, and what it has written."""

    report: QuantumReport
    written: Written


class Execution:
    """Executes the quanta of a graph that is ready for it.

    Parameters
    ----------
    address
        The repository's (path or URI).
    """

    def __init__(self, address: str, graph: PredictedQuantumGraph) -> None:
        self._config, self._pipeline = ButlerConfig(address), graph.pipeline_graph
        self._types = {node.name: node.dataset_type for node in self._pipeline.dataset_types.values()}
        self._graph = graph.quantum_only_xgraph

    def execute(self, quantum: UUID) -> Ended:
        """Execute a quantum; whatever goes wrong is in its report."""
        node = self._graph.nodes[quantum]
        files = None
        try:
            files = self._files(node["quantum"])
            files.clear(node["quantum"])
            report = _executor(files).execute(node["pipeline_node"], node["quantum"], quantum_id=quantum).report
        except Exception as error:  # noqa: BLE001  # a task may raise anything; all of it is reported
            report = failed(quantum, node, error)
        return Ended(report, files.written if files else NOTHING)

    def _files(self, quantum: Quantum) -> Files:
        return Files.initialize(self._config, quantum, self._pipeline.universe, dataset_types=self._types)


def _executor(files: Files) -> SingleQuantumExecutor:
    """Return an executor for one quantum; one for many would name in each log all the quanta before."""
    return SingleQuantumExecutor(limited_butler_factory=lambda _: files, assume_no_existing_outputs=True)


def failed(quantum: UUID, node: Mapping[str, Any], error: Exception) -> QuantumReport:
    """Return the report of a quantum that failed; the log says more."""
    _LOG.error("%s failed", named(node), exc_info=error)
    return QuantumReport.from_exception(error, node["data_id"], node["task_label"], quantumId=quantum)


def named(node: Mapping[str, Any]) -> str:
    """Return the task and data ID of a node of a graph."""
    return f"{node['task_label']} {data_id(dict(node['data_id'].required))}"
