"""Worlds to crash in: one in which everything is locked and nothing built, made once; a PostgreSQL server."""

from __future__ import annotations

import pytest

from tests import playground
from tests.contract.conftest import server
from tests.playground import Playground

__all__ = ["locked_world", "server"]


@pytest.fixture(scope="session")
def locked_world(tmp_path_factory: pytest.TempPathFactory) -> Playground:
    return playground.locked(tmp_path_factory.mktemp("locked") / "world")
