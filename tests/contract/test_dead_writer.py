"""SQLite, and a process that died in the middle of writing: its half is rolled back by whoever looks next.

A reader that may not write cannot do that, and says that the database is read-only.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.adapters.butler import ButlerRepository
from tests.contract.hands import EVERYTHING, PLACE, copy

DIES = """
import os, signal, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("pragma cache_size = 1")
database.execute("begin immediate")
database.execute("update collection set doc = 'lost'")
database.execute("create table lost (text)")
database.executemany("insert into lost values (?)", [("x" * 1000,)] * 1000)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def root(sqlite_template: Path, tmp_path: Path) -> Path:
    return copy(sqlite_template, tmp_path / "repository")


def die_writing(root: Path) -> None:
    """Let another process write a part of a transaction to the disk, and die."""
    died = subprocess.run([sys.executable, "-c", DIES, str(root / "gen3.sqlite3")], check=False)
    assert died.returncode == -signal.SIGKILL
    assert (root / "gen3.sqlite3-journal").stat().st_size > 0


def test_whoever_looks_first_sees_what_was_there_before(root: Path) -> None:
    with ButlerRepository(PLACE, str(root)) as repository:
        before = repository.observe(EVERYTHING)
    die_writing(root)
    with ButlerRepository(PLACE, str(root)) as repository:
        assert repository.observe(EVERYTHING) == before


def test_who_was_looking_already_goes_on_looking(root: Path) -> None:
    with ButlerRepository(PLACE, str(root)) as repository:
        before = repository.observe(EVERYTHING)
        die_writing(root)
        assert repository.observe(EVERYTHING) == before
        assert repository.existing_exposures("Cam", (1, 99)) == {1}
