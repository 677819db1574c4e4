"""Whole processes, measured: what a person waits for, imports included.

Processes of one comparison take turns and each turn gives one ratio, whose median counts: so the machine may be busy
with other things. Processor time is what is compared; time on the clock would measure the neighbours.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter


@dataclass(frozen=True)
class Used:
    """What one process, those it started included, has used and said."""

    cpu_s: float
    wall_s: float
    peak_bytes: int
    output: str


def run(command: Sequence[str], directory: Path) -> Used:
    """Run a command to its end; raise `RuntimeError` with what it said if it fails."""
    began = perf_counter()
    with subprocess.Popen(command, cwd=directory, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{output}")
    wall_s = perf_counter() - began
    return Used(usage.ru_utime + usage.ru_stime, wall_s, usage.ru_maxrss * 1024, output)


def apart(work: Callable[[], object]) -> None:
    """Work in a process of its own: the peak that is told of a new process is at least what its parent holds."""
    process = get_context("spawn").Process(target=work)
    process.start()
    process.join()
    assert process.exitcode == 0


def in_turns(works: Mapping[str, Callable[[], Used]], *, turns: int) -> dict[str, list[Used]]:
    """Run all works in each of some turns, after one that fills the caches of the disk; return what each used."""
    for work in works.values():
        work()
    used: dict[str, list[Used]] = {name: [] for name in works}
    for _ in range(turns):
        for name, work in works.items():
            used[name].append(work())
    return used


def median_ratio(ours: Sequence[Used], theirs: Sequence[Used], of: Callable[[Used], float]) -> float:
    """Return the median over the turns of the ratio of ours to theirs."""
    return median(of(a) / of(b) for a, b in zip(ours, theirs, strict=True))
