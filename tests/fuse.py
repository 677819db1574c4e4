"""A fuse for ports: the process "dies" at the n-th boundary, before or after a call, as kill -9 would have it.

`Crash` is a BaseException, so that no handler of the program can mistake it for an error. What a call did before the
boundary stays done; nothing after it happens.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event

from reconciler.ports import Arrivals, Executor, Repository

CARRYING = frozenset({"definitions", "pieces", "receive"})
"""What a repository does where sets go from place to place. `distribution.test_kills` cuts there, `crash.test_ports` at
everything else that a repository does."""
HELD = frozenset({"lock", "receive"})
"""What is entered, and left again."""


class Crash(BaseException):
    """The process is no more."""


@dataclass
class Fuse:
    """Counts the boundaries of all fused ports; burns at one of them, and tells which were passed."""

    burns_at: int | None = None
    passed: list[str] = field(default_factory=list)
    at_boundary: Callable[[int], None] = lambda number: None

    def boundary(self, name: str) -> None:
        """Pass one boundary, or die there."""
        number = len(self.passed)
        self.passed.append(name)
        self.at_boundary(number)
        if number == self.burns_at:
            raise Crash(name)


def methods(port: type) -> frozenset[str]:
    """Return the names of a protocol's methods."""
    return frozenset(
        name for name, member in vars(port).items() if inspect.isfunction(member) and not name.startswith("_")
    )


class Fused:
    """A port behind a fuse."""

    def __init__(self, port: Any, protocol: type, fuse: Fuse) -> None:
        self._port, self._protocol, self._fuse = port, protocol, fuse

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if name not in methods(self._protocol):
            return found
        return self._held(name, found) if name in HELD else self._called(name, found)

    def _called(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def fused(*args: Any, **kwargs: Any) -> Any:
            self._fuse.boundary(f"before {self._protocol.__name__}.{name}")
            result = call(*args, **kwargs)
            self._fuse.boundary(f"after {self._protocol.__name__}.{name}")
            return result

        return fused

    def _held(self, name: str, hold: Callable[..., Any]) -> Callable[..., Any]:
        @contextmanager
        def fused(*args: Any) -> Any:
            self._fuse.boundary(f"before {self._protocol.__name__}.{name}")
            with hold(*args) as held:
                self._fuse.boundary(f"after {self._protocol.__name__}.{name}")
                yield held and Fused(held, Arrivals, self._fuse)

        return fused


def fused(repository: Repository, executor: Executor, fuse: Fuse) -> tuple[Any, Any]:
    """Return both ports behind one fuse."""
    return Fused(repository, Repository, fuse), Fused(executor, Executor, fuse)


@contextmanager
def dies_inserting(table: str) -> Iterator[None]:
    """Let the process "die" before it inserts a row into a table of any database; it has to get there.

    What was committed stays. What was not is rolled back, as the database does it for a process that is no more.
    """
    try:
        with raises_inserting(table, Crash(table)):
            yield
    except Crash:
        return
    raise AssertionError(f"no row was to be inserted into {table}")


@contextmanager
def raises_inserting(table: str, error: BaseException) -> Iterator[None]:
    """Let every insertion of a row into a table of any database raise an error."""
    insertion = re.compile(rf"INSERT INTO (\w+\.)?{table}\b")

    def refuse(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if insertion.match(statement):
            raise error

    event.listen(Engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", refuse)


@contextmanager
def at_commits(fuse: Fuse) -> Iterator[None]:
    """Let every commit to a database that lasts be a boundary: one that burns there is rolled back."""

    def passes(connection: Any) -> None:
        if connection.engine.url.database != ":memory:":
            fuse.boundary("commit")

    event.listen(Engine, "commit", passes)
    try:
        yield
    finally:
        event.remove(Engine, "commit", passes)
