"""When Python looks for cycles of garbage while it runs one command and ends: seldom, and not in what stays."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

SELDOM = 20_000, 10, 10
"""How many new objects make the collector look at the young, and how often it looks at older ones.

By default it goes through everything that is imported again and again, an eighth of the time of a short command.
"""


@dataclass
class _Process:
    """Whether this process runs one command alone: where others run in it too, nothing may be kept for good."""

    runs_one_command: bool = False


_PROCESS = _Process()


@contextmanager
def one_command() -> Iterator[None]:
    """Run one command, after which the process ends."""
    _PROCESS.runs_one_command = True
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.freeze()  # or Python looks through all that was imported once more, before the process ends anyway


@contextmanager
def many_objects() -> Iterator[None]:
    """Hold the collector back: rows make no cycles, and what was imported and seen stays until the command ends."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if _PROCESS.runs_one_command:
            gc.freeze()
        if collecting:
            gc.enable()
