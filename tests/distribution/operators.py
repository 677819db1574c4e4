"""Operators in processes of their own, killed -9 at a boundary of a port, at a moment, or while they hold a lock."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any
from unittest import mock

from reconciler.adapters.archive.backing import Backing, Unfinished
from reconciler.adapters.butler import receiving
from reconciler.cli import session
from reconciler.cli.main import run
from reconciler.ports import Repository, Store
from reconciler.site import Place, connect
from tests.distribution.two_sites import BATCH, TwoSites
from tests.fuse import Fuse, Fused, at_commits

PRELOADED = [
    "tests.distribution.operators",
    "reconciler.cli.apply",
    "reconciler.adapters.archive",
    "reconciler.adapters.butler",
    "reconciler.adapters.pipetask",
    "lsst.daf.butler",
]
TOLD = "to do."
"""What an apply says when it has told its plan and begins to work."""
TRIES = 300
"""How often somebody who is told to wait types a command; no lock is held for that long."""


def die() -> None:
    """Kill -9 this process."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Cut:
    """What happens where a boundary is passed for the n-th time."""

    name: str = ""
    number: int = 1
    then: Callable[[], None] = die


@dataclass
class CuttingFuse(Fuse):
    """A fuse that burns where a cut is to be made."""

    cut: Cut = Cut()
    met: Counter[str] = field(default_factory=Counter)

    def boundary(self, name: str) -> None:
        self.met[name] += 1
        self.passed.append(name)
        if (name, self.met[name]) == (self.cut.name, self.cut.number):
            self.cut.then()


class FusedBacking(Fused):
    """What an archive stands on, behind a fuse, and the files that are written there, too."""

    @contextmanager
    def unfinished(self) -> Iterator[Any]:
        with self._port.unfinished() as part:
            yield Fused(part, Unfinished, self._fuse)


def applies(root: str, site: str, cut: Cut, log: str, passed: str, again: Collection[int] = ()) -> None:
    """Type `reconcile apply` with every port behind a fuse; write down which boundaries were passed.

    It is typed again as long as it ends with one of the exit codes in `again`, and that is not without end.
    """
    _say_into(log)
    fuse = CuttingFuse(cut=cut)
    with (
        mock.patch.object(session, "connect", lambda *to: _fused(connect(*to), fuse)),
        mock.patch.object(receiving, "BATCH", BATCH),
        at_commits(fuse),
    ):
        code = _typed(["apply", "--site", site, "--auto-approve", "--directory", root], again)
    Path(passed).write_text("\n".join(fuse.passed), encoding="utf-8")
    sys.exit(code)


def _typed(command: list[str], again: Collection[int]) -> int:
    for _ in range(TRIES):
        code = run(command)
        if code not in again:
            break
        time.sleep(0.2)  # who holds the lock needs the processors, too
    return code


def _say_into(log: str) -> None:
    with Path(log).open("w", encoding="utf-8") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]


def _fused(place: Place, fuse: Fuse) -> Place:
    store: Any = place.store
    store._backing = FusedBacking(store._backing, Backing, fuse)
    repositories: Any = {name: Fused(one, Repository, fuse) for name, one in place.repositories.items()}
    return replace(place, repositories=repositories, store=Fused(store, Store, fuse))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Operator:
    """Somebody who applies at one site, in a process of their own."""

    process: ForkServerProcess
    log: Path
    passed: Path

    @property
    def said(self) -> str:
        """What was said so far."""
        return self.log.read_text() if self.log.exists() else ""

    def end(self) -> int | None:
        """Wait for the end; return the exit code, or the negative number of the signal."""
        self.process.join()
        return self.process.exitcode

    def await_word(self, word: str) -> bool:
        """Wait until something is said; return whether it was before the end."""
        while self.process.is_alive() and word not in self.said:
            time.sleep(0.002)
        return word in self.said

    def kill(self) -> int | None:
        """Kill -9."""
        self.process.kill()
        return self.end()


def start(
    world: TwoSites, site: str, cut: Cut | None = None, name: str = "operator", again: Collection[int] = ()
) -> Operator:
    """Let somebody begin to apply, and apply again while it ends with one of the exit codes in `again`."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    log, passed = (world.root.parent / f"{name}.{kind}" for kind in ("log", "passed"))
    log.unlink(missing_ok=True)
    args = (str(world.root), site, cut or Cut(), str(log), str(passed), again)
    process = context.Process(target=applies, args=args)
    process.start()
    return Operator(process, log, passed)


def boundaries(world: TwoSites, site: str) -> list[str]:
    """Apply to the end; return the boundaries that were passed, in order."""
    operator = start(world, site)
    assert operator.end() == 0, operator.said
    return operator.passed.read_text().splitlines()


def dies_at(world: TwoSites, site: str, name: str, number: int = 1) -> bool:
    """Apply, and be killed where a boundary is passed for the n-th time; return whether it was reached."""
    operator = start(world, site, Cut(name=name, number=number))
    code = operator.end()
    assert code in (0, -signal.SIGKILL), operator.said
    return code == -signal.SIGKILL


def seconds_of_work(world: TwoSites, site: str) -> float:
    """Apply to the end; return how long it took from the plan on."""
    operator = start(world, site)
    assert operator.await_word(TOLD), operator.said
    begin = time.monotonic()
    assert operator.end() == 0, operator.said
    return time.monotonic() - begin


def dies_after(world: TwoSites, site: str, seconds: float) -> bool:
    """Apply, and be killed after so many seconds of work; return whether there was any left."""
    operator = start(world, site)
    assert operator.await_word(TOLD), operator.said
    operator.process.join(seconds)
    return operator.kill() == -signal.SIGKILL
