"""Jobs over the tiny pipelines, and processes that run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from reconciler.jobs import Graph, Job
from reconciler.ports import Executor

PLACE, TICKET = "here/main", "DM-1"
CP_PIPE_DIR = Path(__file__).parent / "cp"
RELEASES = {"embedded": {"CP_PIPE_DIR": str(CP_PIPE_DIR)}}
RAWS = "TestCam/raw/all"
ENVIRONMENT = {"INSTRUMENT": "TestCam", "TICKET": TICKET, "TAG": "trial", "RERUN": "20241208a"}
ALL = "instrument='TestCam' and exposure in (2024120800001..2024120800006)"


def job(
    root: Path, kind: str = "bias", *, query: str = ALL, inputs: tuple[str, ...] = (RAWS,), **changes: object
) -> Job:
    """A job that runs one of the tiny templates with everything that it needs."""
    leaf = f"TestCam/calib/{TICKET}/trial/{kind}Gen.20241208a"
    template, submission = f"bps_{kind}.yaml", str(root / "submit" / kind)
    made = Job(PLACE, leaf, f"{leaf}/run1", template, "embedded", ENVIRONMENT, query, inputs, submission)
    return replace(made, **changes)


def carry_out(executor: Executor, *jobs: Job) -> None:
    """Build jobs and run them side by side to their end."""
    run(executor, *(executor.build(one) for one in jobs))


def run(executor: Executor, *graphs: Graph) -> None:
    """Run graphs side by side to their end; raise what keeps one of them from it."""
    for error in executor.submit(graphs, lambda job, done, total: None):
        if error is not None:
            raise error


@contextmanager
def running(address: str, of: Sequence[Job], root: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run jobs side by side in another process; whatever is left of it is killed at the end."""
    file = root / "jobs.json"
    file.write_text(json.dumps([asdict(one) for one in of]))
    project = Path(__file__).parents[2]
    variables = {**os.environ, **environment, "PYTHONPATH": str(project)}
    command = [sys.executable, "-m", "tests.pipelines.child", address, str(file)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=variables, cwd=project, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def hanging(
    address: str, of: Sequence[Job], root: Path, at: int, **environment: str
) -> Iterator[subprocess.Popen[str]]:
    """Run jobs side by side in another process until it hangs in the middle of reducing an exposure."""
    here = root / "hanging"
    with running(address, of, root, HANG_AT=str(at), HANG_FILE=str(here), **environment) as process:
        wait_until(lambda: here.exists() or process.poll() is not None)
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        yield process


def wait_until(true: Callable[[], bool]) -> None:
    """Wait for another process; the suite's own time limit is the only one."""
    while not true():
        time.sleep(0.02)
