"""SQLite, and a process that died in the middle of writing: its half is rolled back by whoever looks next.

A reader that may not write cannot do that, and says that the database is read-only.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.adapters.butler import ButlerRepository
from tests.contract.hands import EVERYTHING, PLACE, copy
from tests.dead_writer import die_writing


@pytest.fixture
def root(sqlite_template: Path, tmp_path: Path) -> Path:
    return copy(sqlite_template, tmp_path / "repository")


def test_whoever_looks_first_sees_what_was_there_before(root: Path) -> None:
    with ButlerRepository(PLACE, str(root)) as repository:
        before = repository.observe(EVERYTHING)
    die_writing(root)
    with ButlerRepository(PLACE, str(root)) as repository:
        assert repository.observe(EVERYTHING) == before


def test_who_was_looking_already_goes_on_looking(root: Path) -> None:
    with ButlerRepository(PLACE, str(root)) as repository:
        before = repository.observe(EVERYTHING)
        die_writing(root)
        assert repository.observe(EVERYTHING) == before
        assert repository.existing_exposures("Cam", (1, 99)) == {1}
