"""One of several processes that receive the same datasets into the same RUN, or one that is killed while it does."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from unittest import mock

from sqlalchemy import Engine, event

from reconciler.adapters.butler import ButlerRepository, receiving
from reconciler.observation import Scope
from reconciler.parcel import Piece
from tests.contract.hands import DETECTORS, PLACE, data_id
from tests.contract.parcels import DEFINITIONS, RUN, offered

EFFECTS = frozenset({"open", "os.chmod", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "shutil.rmtree"})
"""What Python tells of itself (PEP 578) where it touches files."""
BATCH = 16
"""Less than what is lacking: registering it takes several transactions."""


def shipment() -> list[Piece]:
    """Return fifty datasets, the same ones in every process."""
    pieces = [offered(d, t, uuid=_uuid(n, d)) for n, t in enumerate(("bias", "dark", "defects")) for d in DETECTORS]
    filters = ("r_03", "g_01")
    return pieces + [
        offered(d, "flat", uuid=_uuid(3 + n, d), identity=f"{data_id(d)},physical_filter={name}", text=f"{name}: {d}\n")
        for n, name in enumerate(filters)
        for d in DETECTORS
    ]


def _uuid(kind: int, detector: int) -> str:
    return f"00000000-0000-4000-8000-{kind:06}{detector:06}"


def receive_together(root: str, start: Barrier) -> None:
    """Receive all, from the moment when everybody is ready."""
    with ButlerRepository(PLACE, root) as repository:
        repository.observe(Scope(frozenset()))
        start.wait()
        take(repository)


def take(repository: ButlerRepository) -> None:
    """Receive all."""
    with repository.receive(RUN, DEFINITIONS, shipment(), lambda content: None) as arrivals:
        arrivals.keep()


def receive_until(root: str, last: int, report: Callable[[int], None]) -> None:
    """Receive all, and be killed at effect number `last`: a statement to the database or a touch of a file."""
    passed, guard = 0, threading.Lock()

    def effect(*_: object) -> None:
        nonlocal passed
        with guard:
            passed += 1
            if passed == last:
                os.kill(os.getpid(), signal.SIGKILL)

    with ButlerRepository(PLACE, root) as repository:
        repository.definitions(frozenset(DEFINITIONS))
        event.listen(Engine, "before_cursor_execute", effect)
        sys.addaudithook(lambda name, _: effect() if name in EFFECTS else None)
        with mock.patch.object(receiving, "BATCH", BATCH):
            take(repository)
    report(passed)
