"""Workers that take turns at a database: one transaction at a time, and a worker that dies in one holds up nobody."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from reconciler.adapters.pipetask.crew import Lost, Workers
from reconciler.adapters.pipetask.turns import Turns

PAUSE_S = 0.02
"""Long enough for another worker to begin its transaction, if it may."""


def transact(task: tuple[Path, str]) -> str:
    """Begin a transaction that locks nothing by itself, say so, end it or die in it, and say so again."""
    folder, name = task
    engine = create_engine(f"sqlite:///{folder / 'database'}")
    with engine.connect() as connection, connection.begin():
        say(folder, "begin")
        if name == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(PAUSE_S)
        say(folder, "end")
    engine.dispose()
    return name


def say(folder: Path, word: str) -> None:
    with (folder / "said").open("a") as file:
        file.write(f"{word}\n")


@pytest.fixture
def crew() -> Iterator[Workers[tuple[Path, str], str]]:
    with Turns() as turns:
        crew = Workers(transact, 2, turns.join)
        yield crew
        crew.dismiss()


def done(crew: Workers[tuple[Path, str], str], folder: Path, *names: str) -> list[str | Lost]:
    """Do a task for each name, two at a time; return the results."""
    waiting: list[str] = list(names)
    results: list[str | Lost] = []
    while len(results) < len(names):
        while waiting and crew.has_room:
            crew.start((folder, waiting.pop(0)))
        results += [result for _, result in crew.wait()]
    return results


def test_no_two_are_in_a_transaction_at_the_same_time(crew: Workers[tuple[Path, str], str], tmp_path: Path) -> None:
    assert sorted(map(str, done(crew, tmp_path, *"abcdefgh"))) == [*"abcdefgh"]
    assert (tmp_path / "said").read_text().split() == ["begin", "end"] * 8


def test_one_that_dies_in_a_transaction_gives_its_turn_back(
    crew: Workers[tuple[Path, str], str], tmp_path: Path
) -> None:
    assert set(done(crew, tmp_path, "dies", "a", "b")) == {Lost(-signal.SIGKILL), "a", "b"}
