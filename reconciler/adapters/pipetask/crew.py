"""Who does the work: this process, or a crew of processes forked from it, which need not import anything again.

A worker ends at once when this process does, however that dies, because the pipe between them closes. So the mark of
life, which workers inherit with everything else, says the truth.
"""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from threading import Thread
from typing import Generic, Protocol, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

_fork = get_context("fork")


@dataclass(frozen=True, slots=True)
class Lost:
    """What is known of a task whose worker died: how."""

    exit_code: int | None


class Crew(Protocol[Task, Result]):
    """Does tasks, some at a time; a task that raises is a mistake in `work`."""

    @property
    def has_room(self) -> bool:
        """Return whether another task can be started before one has ended."""

    def start(self, task: Task) -> None:
        """Start a task; there must be room."""

    def wait(self) -> list[tuple[Task, Result | Lost]]:
        """Wait until a task has ended and return those that have; none if none was started."""

    def dismiss(self) -> None:
        """End whatever still runs."""


class Alone(Generic[Task, Result]):
    """No crew: each task is done in this process when it is waited for."""

    def __init__(self, work: Callable[[Task], Result]) -> None:
        self._work = work
        self._tasks: list[Task] = []

    @property
    def has_room(self) -> bool:
        """Return whether no task waits."""
        return not self._tasks

    def start(self, task: Task) -> None:
        """Take the task."""
        self._tasks.append(task)

    def wait(self) -> list[tuple[Task, Result | Lost]]:
        """Do the task."""
        return [(task, self._work(task)) for task in (self._tasks.pop(),)] if self._tasks else []

    def dismiss(self) -> None:
        """Do nothing: there is nobody."""


@dataclass(frozen=True, slots=True, eq=False)
class _Worker:
    process: BaseProcess
    pipe: Connection


class Workers(Generic[Task, Result]):
    """Processes that are forked when there is something to do; one that dies is replaced.

    Whatever must not be shared between processes, such as connections to a database, has to be closed before. Each
    worker calls `begin` before its first task. Wherever this is interrupted, `dismiss` ends all of them.
    """

    def __init__(self, work: Callable[[Task], Result], size: int, begin: Callable[[], None] = lambda: None) -> None:
        self._work, self._size, self._begin = work, size, begin
        self._all: list[_Worker] = []
        self._idle: list[_Worker] = []
        self._busy: dict[Connection, tuple[_Worker, Task]] = {}

    @property
    def has_room(self) -> bool:
        """Return whether not all workers are busy."""
        return len(self._busy) < self._size

    def start(self, task: Task) -> None:
        """Give the task to a worker."""
        worker = self._idle.pop() if self._idle else self._fork()
        worker.pipe.send(task)
        self._busy[worker.pipe] = worker, task

    def wait(self) -> list[tuple[Task, Result | Lost]]:
        """Wait until a worker has done its task, or died of it."""
        ready = wait(list(self._busy)) if self._busy else []
        ended: list[tuple[Task, Result | Lost]] = []
        for pipe in [one for one in self._busy if one in ready]:
            worker, task = self._busy.pop(pipe)
            ended.append((task, self._result(worker)))
        return ended

    def dismiss(self) -> None:
        """Close the pipes, at which workers end."""
        for worker in self._all:
            worker.pipe.close()
        for worker in self._all:
            worker.process.join()

    def _result(self, worker: _Worker) -> Result | Lost:
        try:
            result: Result = worker.pipe.recv()
        except (EOFError, ConnectionResetError):
            worker.process.join()
            self._all.remove(worker)
            return Lost(worker.process.exitcode)
        self._idle.append(worker)
        return result

    def _fork(self) -> _Worker:
        here, there = _fork.Pipe()
        not_theirs = [here, *(worker.pipe for worker in self._all)]
        process = _fork.Process(target=_serve, args=(self._begin, self._work, there, not_theirs))
        worker = _Worker(process, here)
        with _uninterrupted():
            process.start()
            self._all.append(worker)
        there.close()
        return worker


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let a Ctrl-C wait; a worker ignores it anyway."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(
    begin: Callable[[], None], work: Callable[[Task], Result], pipe: Connection, not_ours: list[Connection]
) -> None:
    """Do what comes through the pipe, as long as it is open."""
    for other in not_ours:
        other.close()  # while anybody has the other end open, a pipe does not close
    gc.freeze()  # what was collected here would be closed under the hands of the process that it belongs to
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # typed at the terminal it goes to all; the parent decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    begin()
    tasks: SimpleQueue[Task] = SimpleQueue()
    Thread(target=_receive, args=(pipe, tasks), daemon=True).start()
    while True:
        pipe.send(work(tasks.get()))


def _receive(pipe: Connection, tasks: SimpleQueue[Task]) -> None:
    """Receive tasks also while one is being done, so as to notice at once that nobody waits for it any more."""
    try:
        while True:
            tasks.put(pipe.recv())
    except (EOFError, OSError):
        os._exit(0)
