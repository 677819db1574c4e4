"""Eight operators apply eight tickets to one chain and one record at once: all is done, no update is lost."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from reconciler.observation import Scope
from tests import butler_world
from tests.butler_world import Back
from tests.crash.writer import TICKETS, documents, write
from tests.servers.postgresql import Server
from tests.worlds import PUBLIC


@pytest.fixture(params=["sqlite", "postgresql"])
def back(request: pytest.FixtureRequest, tmp_path: Path) -> Back:
    if request.param == "sqlite":
        return butler_world.sqlite(tmp_path)
    server: Server = request.getfixturevalue("server")
    return butler_world.on_postgresql(tmp_path, server)


def test_eight_operators_apply_at_once_and_nothing_is_lost(back: Back, tmp_path: Path) -> None:
    with back.world(tmp_path) as root:
        let_them_apply(root)
        small = butler_world.on_butler(root)
        want, facts = small.want(*documents())
        assert small.plan(want, facts).empty
        seen = small.repository.observe(Scope(None, frozenset({"bias", "dark"})))
        butler_world.close(small)
    tickets = tuple(f"{PUBLIC}/{ticket}" for ticket in TICKETS)
    assert seen.collections[PUBLIC].children == (*tickets, f"{PUBLIC}/OLD")
    assert seen.record is not None
    assert set(seen.record.owned) == {
        *((PUBLIC, ticket) for ticket in tickets),
        *((t, f"{t}/trial/{product}.20250207a") for t in tickets for product in ("bias", "dark")),
    }
    runs = {run for run, _ in seen.contents if "Gen." in run}
    assert len(runs) == 2 * len(TICKETS)
    assert len(seen.certifications) == 2 * len(TICKETS)


def let_them_apply(root: Path) -> None:
    """Start an operator for each ticket, let them go at once, wait for all. What they import is imported once."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.crash.writer", "lsst.daf.butler"])
    start = processes.Barrier(len(TICKETS))
    operators = [processes.Process(target=write, args=(str(root), ticket, start)) for ticket in TICKETS]
    for operator in operators:
        operator.start()
    for operator in operators:
        operator.join()
    assert [operator.exitcode for operator in operators] == [0] * len(TICKETS)
