"""The laws of `test_convergence` over Butler on PostgreSQL; a file of its own, so that it runs beside SQLite's."""

from __future__ import annotations

from pathlib import Path

from tests import butler_world
from tests.laws.real_convergence import converge
from tests.servers.postgresql import Server


def test_whatever_happens_on_postgresql_the_next_passes_converge(tmp_path: Path, server: Server) -> None:
    converge(butler_world.on_postgresql(tmp_path, server), tmp_path)
