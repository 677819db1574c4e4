"""The laws of `test_convergence` over Butler on SQLite; a file of its own, so that it runs beside PostgreSQL's."""

from __future__ import annotations

from pathlib import Path

from tests import butler_world
from tests.laws.real_convergence import converge


def test_whatever_happens_on_sqlite_the_next_passes_converge(tmp_path: Path) -> None:
    converge(butler_world.sqlite(tmp_path), tmp_path)
