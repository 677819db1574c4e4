"""The laws of `test_convergence` over real repositories: few and short histories, each on a fresh copy."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.butler_world import Back
from tests.laws.test_convergence import Convergence
from tests.people import AtButler, People

HISTORIES = settings.default.max_examples // 10 if settings.default else 10
STEPS = 5


def converge(back: Back, tmp_path: Path) -> None:
    """Whatever happens on a real repository, the next passes converge."""

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
