"""Desks for every test: made once in a session, copied for each test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e import desk as desks
from tests.e2e.desk import Desk
from tests.pipelines import repository


@pytest.fixture(scope="session")
def raws_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Butler repository with raws of six exposures."""
    root = tmp_path_factory.mktemp("raws") / "repo"
    repository.create(root)
    return root


@pytest.fixture(scope="session")
def unlocked_desk(raws_only: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = desks.lay_out(tmp_path_factory.mktemp("unlocked") / "desk", "bias", "dark")
    shutil.copytree(raws_only, desk.butler_root)
    return desk


@pytest.fixture(scope="session")
def locked_desk(unlocked_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = desks.copy(unlocked_desk, tmp_path_factory.mktemp("locked") / "desk")
    desk.lock()
    return desk


@pytest.fixture(scope="session")
def applied_desk(locked_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = desks.copy(locked_desk, tmp_path_factory.mktemp("applied") / "desk")
    said = desk.apply()
    assert said.code == 0, said.everything
    return desk


@pytest.fixture
def unlocked(unlocked_desk: Desk, tmp_path: Path) -> Desk:
    """Committed specs of bias and dark, not locked yet."""
    return desks.copy(unlocked_desk, tmp_path / "desk")


@pytest.fixture
def locked(locked_desk: Desk, tmp_path: Path) -> Desk:
    """The same with a lock, nothing built."""
    return desks.copy(locked_desk, tmp_path / "desk")


@pytest.fixture
def applied(applied_desk: Desk, tmp_path: Path) -> Desk:
    """The same with everything built, certified and linked."""
    return desks.copy(applied_desk, tmp_path / "desk")
