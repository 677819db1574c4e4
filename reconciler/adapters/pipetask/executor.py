"""`PipetaskExecutor`: the port `Executor`, with the middleware in this process and those that it forks."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import ReconcileError
from ...jobs import Graph, Job, Progress, Status
from . import template as templates
from . import wrapper as wrappers
from .submission import Holder, Mark, Report, Submission
from .variables import environment

if TYPE_CHECKING:
    from lsst.daf.butler import Butler
    from lsst.pipe.base.quantum_graph import PredictedQuantumGraph

    from .run import Run
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

    def submit(self, graphs: Sequence[Graph], progress: Progress) -> tuple[ReconcileError | None, ...]:
        """Run the graphs to their end in this process and its workers.

        Quanta that fail are in the report of their graph and stop no others.
        """
        from .run import Run
        from .together import run_together

        with ExitStack() as stack:
            for graph in graphs:
                stack.callback(self._end, graph.job)
            writer = cache(lambda place: stack.enter_context(closing(self._writer(place))))
            started = [self._started(graph, writer, progress) if graph.quanta else None for graph in graphs]
            run_together([one for one in started if isinstance(one, Run)], self._processes)
        return tuple(one.error if isinstance(one, Run) else one for one in started)

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
        """End the process that runs the job, and so what it runs beside; or forget a graph that was only built here."""
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
        from .log import logging_to
        from .middleware import open_butler

        with logging_to(submission.log):
            butler = open_butler(job.place, recipe.butler, writeable=False)
            with closing(butler):
                built = graphs.build(butler, recipe, str(submission.graph))
        self._built[job.submission] = _Built(built, recipe)
        return Graph(job, len(built), graphs.picks(built, job.run), graphs.lacks(built))

    def _started(self, graph: Graph, writer: Callable[[str], Butler], progress: Progress) -> Run | ReconcileError:
        """Return the graph as a run whose quanta may be executed, or what keeps it from that."""
        try:
            return self._start(graph.job, writer, progress)
        except ReconcileError as error:
            self._end(graph.job)
            return error

    def _start(self, job: Job, writer: Callable[[str], Butler], progress: Progress) -> Run:
        built = self._built.get(job.submission)
        if built is None:
            raise ReconcileError(
                f"the graph of {job.leaf} was not built here, or has been submitted already", hint="Build it again."
            )
        from .log import Log
        from .run import Run, Surroundings, at_run

        def ended(report: Report) -> None:
            submission.write_report(report)
            self._end(job)

        submission = Submission(Path(job.submission))
        surroundings = Surroundings(self._variables(job), Log(submission.log))
        try:
            with surroundings.entered():
                butler = at_run(writer(job.place), built.recipe.inputs, job.run)
                address = self._address(job.place)
                return Run(butler, address, built.graph, surroundings, partial(progress, job), ended)
        except BaseException:
            surroundings.close()
            raise

    def _writer(self, place: str) -> Butler:
        from .middleware import open_butler

        return open_butler(place, self._address(place), writeable=True)

    def _checked_wrapper(self, job: Job) -> templates.Tree:
        template = templates.load(templates.find(job.template, job.home))
        site = templates.load(Path(self._site_config)).tree if self._site_config else {}
        tree = wrappers.wrapper(job, template, self._address(job.place), self._site_config)
        wrappers.check(job, template, tree, site)
        return tree

    def _address(self, place: str) -> str:
        if place not in self._addresses:
            known = ", ".join(sorted(self._addresses)) or "none"
            raise ReconcileError(f"the site has no repository {place}", hint=f"It has: {known}.")
        return self._addresses[place]

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
