"""Commands of an operator in a process that may be killed. What every one of them imports is imported once."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from reconciler.cli.main import run

PRELOADED = [
    "tests.crash.child",
    "reconciler.cli.apply",
    "reconciler.cli.lock",
    "reconciler.adapters.butler",
    "reconciler.adapters.pipetask",
    "reconciler.adapters.pipetask.graph",
    "reconciler.adapters.pipetask.middleware",
    "reconciler.adapters.pipetask.run",
    "processing.tasks.isr",
    "processing.tasks.combine",
    "processing.butler.formatters",
    "processing.butler.instrument",
]


def operate(arguments: list[str], log: str) -> None:
    """Type a command of reconcile; everything that it says goes into a file."""
    with Path(log).open("w", encoding="utf-8") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
        sys.exit(run(arguments))


def start(root: Path, *arguments: str) -> ForkServerProcess:
    """Start a command in a process of its own, without paying for its imports again."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    command = [*arguments, "--directory", str(root)]
    process = context.Process(target=operate, args=(command, str(root.with_suffix(".log"))))
    process.start()
    return process


def duration(root: Path, *arguments: str) -> float:
    """Run a command to its end; return how long it took, in seconds."""
    begin = time.monotonic()
    process = start(root, *arguments)
    process.join()
    assert process.exitcode == 0, root.with_suffix(".log").read_text()
    return time.monotonic() - begin


def kill(root: Path, after: float, *arguments: str) -> bool:
    """Start a command and kill it -9 after so many seconds; return whether it was still alive."""
    process = start(root, *arguments)
    process.join(after)
    process.kill()
    process.join()
    return process.exitcode == -signal.SIGKILL
