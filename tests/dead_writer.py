"""A process that dies in the middle of writing to a repository on SQLite."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

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


def die_writing(root: Path) -> None:
    """Let another process write a part of a transaction to the disk, and die."""
    died = subprocess.run([sys.executable, "-c", DIES, str(root / "gen3.sqlite3")], check=False)
    assert died.returncode == -signal.SIGKILL
    assert (root / "gen3.sqlite3-journal").stat().st_size > 0
