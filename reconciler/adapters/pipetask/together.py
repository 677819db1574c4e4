"""Runs several graphs side by side: one crew for the quanta of all, which takes one of each in turn."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TypeAlias
from uuid import UUID

from lsst.utils.threads import disable_implicit_threading

from .crew import Alone, Crew, Workers
from .execution import Ended
from .run import Run

_Task: TypeAlias = tuple[int, UUID]
"""The number of a run, and one of its quanta."""


def run_together(runs: Sequence[Run], processes: int) -> None:
    """Run all of them to their end; come what may, each keeps its report.

    With more than one process, quanta are executed in workers, and this one only says which.
    """
    crew = _crew(runs, processes)
    try:
        _work(crew, runs)
    finally:
        crew.dismiss()
        for one in runs:
            one.close()


def _work(crew: Crew[_Task, Ended], runs: Sequence[Run]) -> None:
    turns = deque(enumerate(runs))
    while True:
        _occupy(crew, turns)
        for one in runs:
            one.record_versions()
        if not (ended := crew.wait()):
            return
        _occupy(crew, turns)  # whoever is idle goes on while what has ended is registered
        for (number, quantum), result in ended:
            runs[number].settle(quantum, result)


def _occupy(crew: Crew[_Task, Ended], turns: deque[tuple[int, Run]]) -> None:
    while crew.has_room and (task := _next(turns)) is not None:
        crew.start(task)


def _next(turns: deque[tuple[int, Run]]) -> _Task | None:
    """Return a quantum of the run whose turn it is, passing over those that can give none now."""
    for _ in range(len(turns)):
        number, one = turns[0]
        turns.rotate(-1)
        if (quantum := one.next()) is not None:
            return number, quantum
    return None


def _crew(runs: Sequence[Run], processes: int) -> Crew[_Task, Ended]:
    def execute(task: _Task) -> Ended:
        number, quantum = task
        return runs[number].execute(quantum)

    if processes == 1:
        return Alone(execute)
    disable_implicit_threading()
    return Workers(execute, processes)
