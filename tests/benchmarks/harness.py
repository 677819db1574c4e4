"""What the benchmarks share: measure, print a table of figures against their goals, fail when one is missed.

A benchmark is a script: ``python -m tests.benchmarks.bench_<subject>``.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, process_time
from typing import Generic, TypeVar

from rich.console import Console
from rich.table import Table

Result = TypeVar("Result")
Theirs = TypeVar("Theirs")
Ours = TypeVar("Ours")


@dataclass(frozen=True)
class Figure:
    """One measured number, and the bound that it has to keep, if any."""

    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def missed(self) -> bool:
        too_low = self.at_least is not None and not self.value >= self.at_least
        return too_low or (self.at_most is not None and not self.value <= self.at_most)

    @property
    def goal(self) -> str:
        bounds = [(">=", self.at_least), ("<=", self.at_most)]
        return " and ".join(f"{sign} {bound:g}" for sign, bound in bounds if bound is not None)

    @property
    def verdict(self) -> str:
        if not self.goal:
            return ""
        return "MISSED" if self.missed else "kept"


@dataclass
class Report:
    """The figures of one benchmark, in the order in which they were measured."""

    title: str
    figures: list[Figure] = field(default_factory=list)

    def add(
        self, name: str, value: float, unit: str = "", *, at_least: float | None = None, at_most: float | None = None
    ) -> None:
        self.figures.append(Figure(name, value, unit, at_least, at_most))

    def print(self) -> None:
        table = Table(title=self.title, title_justify="left")
        for heading in ("figure", "value", "unit", "goal", ""):
            table.add_column(heading, justify="right" if heading == "value" else "left", no_wrap=True)
        for figure in self.figures:
            table.add_row(figure.name, f"{figure.value:.4g}", figure.unit, figure.goal, figure.verdict)
        Console(width=140).print(table)

    def finish(self) -> None:
        """Print, and leave the process: status 1 if a goal was missed."""
        self.print()
        sys.exit(1 if any(figure.missed for figure in self.figures) else 0)


@dataclass(frozen=True)
class Timed(Generic[Result]):
    """The fastest of some runs, and what it returned."""

    result: Result
    wall_s: float
    cpu_s: float
    """Processor time of the whole process: what a busy machine leaves comparable."""


def fastest(work: Callable[[], Result], *, runs: int) -> Timed[Result]:
    """Run ``work`` some times; the least of each time is the one that other processes disturbed least."""
    return _least([_timed(work) for _ in range(runs)])


def _least(timed: list[Timed[Result]]) -> Timed[Result]:
    return Timed(timed[-1].result, min(t.wall_s for t in timed), min(t.cpu_s for t in timed))


def taking_turns(
    theirs: Callable[[], Theirs], ours: Callable[[], Ours], *, turns: int = 3
) -> tuple[Timed[Theirs], Timed[Ours]]:
    """The fastest of each, measured alternately, so that both see the same machine; ours three times per turn."""
    their_turns, our_turns = [], []
    for _ in range(turns):
        their_turns.append(fastest(theirs, runs=1))
        our_turns.append(fastest(ours, runs=3))
    return _least(their_turns), _least(our_turns)


def _timed(work: Callable[[], Result]) -> Timed[Result]:
    wall, cpu = perf_counter(), process_time()
    result = work()
    return Timed(result, perf_counter() - wall, process_time() - cpu)


@dataclass(frozen=True)
class Memory:
    """Resident memory of this process, from /proc (Linux)."""

    now_bytes: int
    peak_bytes: int


def memory() -> Memory:
    """Resident memory now, and its peak since the start or the last `forget_peak`."""
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    kilobytes = {words[0]: words[1] for words in lines if len(words) > 1}
    return Memory(int(kilobytes["VmRSS:"]) * 1024, int(kilobytes["VmHWM:"]) * 1024)


def forget_peak() -> None:
    """Let the peak of `memory` start again from now."""
    Path("/proc/self/clear_refs").write_text("5")


def growth_bytes(work: Callable[[], object]) -> int:
    """By how much resident memory peaks above what it is now while ``work`` runs; its result is held to the end."""
    forget_peak()
    before = memory().now_bytes
    result = work()
    peak = memory().peak_bytes
    del result
    return peak - before
