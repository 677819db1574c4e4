"""`PipetaskExecutor`: the port `Executor`, with the middleware in this process and those that it forks."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import ReconcileError
from ...ports import Graph, Job, Status
from . import template as templates
from . import wrapper as wrappers
from .submission import Holder, Mark, Report, Submission
from .variables import environment

if TYPE_CHECKING:
    from lsst.pipe.base.quantum_graph import PredictedQuantumGraph

    from .wrapper import Recipe

_FOREIGN_VARIABLES = frozenset({"PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH"})
"""What a process takes in when it starts; setting it later changes nothing."""

_END_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class _Built:
    graph: PredictedQuantumGraph
    recipe: Recipe


class PipetaskExecutor:
    """Builds and runs graphs in this process.

    A graph must be submitted by the executor that built it: what was checked is what runs.

    Parameters
    ----------
    addresses
        Place -> Butler address (path or URI).
    releases
        Release -> environment variables, such as CP_PIPE_DIR.
    site_config
        A bps configuration that every wrapper of the site includes.
    processes
        How many quanta run at a time; with more than one, each in a process forked from this one.
    """

    def __init__(
        self,
        addresses: Mapping[str, str],
        releases: Mapping[str, Mapping[str, str]],
        *,
        site_config: str | None = None,
        processes: int = 1,
    ) -> None:
        self._addresses, self._releases, self._site_config = addresses, releases, site_config
        self._processes = processes
        self._marks: dict[str, Mark] = {}
        self._built: dict[str, _Built] = {}

    def build(self, job: Job) -> Graph:
        """Build the graph of what is missing; nothing is written but the submission directory.

        The job counts as alive from here until `submit` has returned, `cancel` was called, or the process died.
        """
        with environment(self._variables(job)):
            self._built.pop(job.submission, None)
            tree = self._checked_wrapper(job)
            submission = Submission(Path(job.submission))
            mark = self._marks.pop(job.submission, None) or Mark(submission)
            try:
                graph = self._build(job, submission, tree)
            except BaseException:
                mark.release()
                raise
        self._marks[job.submission] = mark
        if not graph.quanta:
            submission.write_report(Report(0, 0))
            self._end(job)
        return graph

    def submit(self, graph: Graph, progress: Callable[[int, int], None]) -> None:
        """Run the graph to its end in this process; quanta that fail are in the report and do not stop the others."""
        job, submission = graph.job, Submission(Path(graph.job.submission))
        if not graph.quanta:
            return
        built = self._built.get(job.submission)
        if built is None:
            raise ReconcileError(
                f"the graph of {job.leaf} was not built here, or has been submitted already", hint="Build it again."
            )
        from .middleware import open_butler
        from .run import at_run, logging_to, run

        address = self._address(job)
        try:
            with environment(self._variables(job)), logging_to(submission.log):
                butler = open_butler(job.place, address, writeable=True)
                with closing(butler):
                    writer = at_run(butler, built.recipe.inputs, job.run)
                    run(writer, built.graph, progress, submission.write_report, processes=self._processes)
        finally:
            self._end(job)

    def poll(self, job: Job) -> Status:
        """Return whether the job is alive, by its mark of life, and what its report says once it has ended."""
        submission = Submission(Path(job.submission))
        if submission.holder() is not None:
            return Status("running")
        if not submission.mark.exists():
            return Status("absent")
        report = submission.report()
        return Status("ended", report.failures if report else ())

    def cancel(self, job: Job) -> None:
        """End the process that runs the job, or forget a graph that was built here and not submitted."""
        if job.submission in self._marks:
            self._end(job)
            return
        submission = Submission(Path(job.submission))
        holder = submission.holder()
        if holder is None:
            raise ReconcileError(f"{job.leaf} is not running; there is nothing to cancel")
        _terminate(job, holder)
        if not _ended(submission, holder):
            raise ReconcileError(
                f"{job.leaf}: {holder} was told to end but is still alive after {_END_TIMEOUT_S:.0f} s",
                hint=f"It may be finishing a quantum; wait, or kill -9 {holder.pid} there: nothing is lost by it.",
            )

    def _build(self, job: Job, submission: Submission, tree: templates.Tree) -> Graph:
        submission.forget_report()
        wrappers.write(submission.wrapper, tree)
        recipe = wrappers.read(submission.wrapper, job)
        from . import graph as graphs
        from .middleware import open_butler
        from .run import logging_to

        with logging_to(submission.log):
            butler = open_butler(job.place, recipe.butler, writeable=False)
            with closing(butler):
                built = graphs.build(butler, recipe, str(submission.graph))
        self._built[job.submission] = _Built(built, recipe)
        return Graph(job, len(built), graphs.picks(built, job.run), graphs.lacks(built))

    def _checked_wrapper(self, job: Job) -> templates.Tree:
        template = templates.load(templates.find(job.template, job.home))
        site = templates.load(Path(self._site_config)).tree if self._site_config else {}
        tree = wrappers.wrapper(job, template, self._address(job), self._site_config)
        wrappers.check(job, template, tree, site)
        return tree

    def _address(self, job: Job) -> str:
        if job.place not in self._addresses:
            known = ", ".join(sorted(self._addresses)) or "none"
            raise ReconcileError(f"the site has no repository {job.place}", hint=f"It has: {known}.")
        return self._addresses[job.place]

    def _variables(self, job: Job) -> dict[str, str]:
        if job.release not in self._releases:
            known = ", ".join(sorted(self._releases)) or "none"
            raise ReconcileError(f"the site does not know the release {job.release}", hint=f"It knows: {known}.")
        release = self._releases[job.release]
        if foreign := sorted(_FOREIGN_VARIABLES & release.keys()):
            raise ReconcileError(
                f"release {job.release} sets {', '.join(foreign)}, which the engine `pipetask` cannot honour in a "
                "process that has started",
                hint="Start `reconcile` in that environment, or use the engine `bps`.",
            )
        return {**release, **job.environment}

    def _end(self, job: Job) -> None:
        self._built.pop(job.submission, None)
        if mark := self._marks.pop(job.submission, None):
            mark.release()


def _terminate(job: Job, holder: Holder) -> None:
    here = socket.gethostname()
    if holder.host != here:
        raise ReconcileError(f"{job.leaf} is run by {holder}; this is {here}", hint=f"Cancel it on {holder.host}.")
    if not holder.pid:
        raise ReconcileError(f"{job.leaf} is just starting and has not written who it is yet", hint="Try again.")
    try:
        os.kill(holder.pid, signal.SIGTERM)
    except ProcessLookupError:
        return  # it ended by itself meanwhile
    except PermissionError as error:
        raise ReconcileError(f"{job.leaf} is run by {holder}, a process of somebody else") from error


def _ended(submission: Submission, holder: Holder) -> bool:
    until = time.monotonic() + _END_TIMEOUT_S
    while submission.holder() == holder:
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
