"""The laws of `test_convergence` over real repositories: few and short histories, Butler on SQLite and PostgreSQL."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests import butler_world
from tests.butler_world import Back
from tests.laws.test_convergence import Convergence
from tests.people import AtButler, People
from tests.servers.postgresql import Server

HISTORIES = settings.default.max_examples // 10 if settings.default else 10
STEPS = 5


@pytest.fixture(params=["sqlite", "postgresql"])
def back(request: pytest.FixtureRequest, tmp_path: Path) -> Back:
    if request.param == "sqlite":
        return butler_world.sqlite(tmp_path)
    server: Server = request.getfixturevalue("server")
    return butler_world.on_postgresql(tmp_path, server)


def test_whatever_happens_on_a_real_repository_the_next_passes_converge(back: Back, tmp_path: Path) -> None:
    class OnButler(Convergence):
        """The machine, each history on a fresh copy of the repository."""

        def __init__(self) -> None:
            super().__init__()
            self.worlds = ExitStack()

        def somebody(self) -> People:
            return AtButler(self.worlds.enter_context(back.world(tmp_path)))

        def teardown(self) -> None:
            with self.worlds:
                super().teardown()

    run_state_machine_as_test(OnButler, settings=settings(max_examples=HISTORIES, stateful_step_count=STEPS))
