"""Worlds to crash in: one in which everything is locked and nothing built, made once."""

from __future__ import annotations

import pytest

from tests import playground
from tests.playground import Playground


@pytest.fixture(scope="session")
def locked_world(tmp_path_factory: pytest.TempPathFactory) -> Playground:
    return playground.locked(tmp_path_factory.mktemp("locked") / "world")
