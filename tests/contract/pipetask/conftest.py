"""A fresh real repository with raws for each test, copied from one that is made once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reconciler.adapters.pipetask import PipetaskExecutor
from tests.pipelines import repository
from tests.pipelines.jobs import PLACE, RELEASES


@pytest.fixture(scope="session")
def raws_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("raws_only") / "repository"
    repository.create(root)
    return root


@pytest.fixture
def address(raws_only: Path, tmp_path: Path) -> str:
    return str(shutil.copytree(raws_only, tmp_path / "repository"))


@pytest.fixture
def executor(address: str) -> PipetaskExecutor:
    return PipetaskExecutor({PLACE: address}, RELEASES)
