"""Places that refuse: other definitions, read-only directories, full disks, unwritable journals. Nothing is lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.desk import SITE, Desk, Said, leaf

PROJECT = Path(__file__).parents[2]
PLAN = "from reconciler.cli.main import main; main()"


def without_privileges(desk: Desk, *arguments: str) -> Said:
    """Type a command as somebody for whom permissions count: root gives up its capabilities first."""
    plainly = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*plainly, sys.executable, "-c", PLAN, *arguments],
        cwd=desk.root,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Said(done.returncode, done.stdout, done.stderr)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Forbid to write anywhere below a folder."""
    everything = [folder, *folder.rglob("*")]
    modes = {path: path.stat().st_mode for path in everything}
    for path in everything:
        path.chmod(modes[path] & ~0o222)
    try:
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def register(desk: Desk, name: str, dimensions: tuple[str, ...], storage_class: str, *, calibration: bool) -> None:
    """Define a dataset type as another pipeline would."""
    from lsst.daf.butler import DatasetType

    with desk.butler() as butler:
        butler.registry.registerDatasetType(
            DatasetType(name, dimensions, storage_class, universe=butler.dimensions, isCalibration=calibration)
        )


@pytest.mark.parametrize(
    ("dimensions", "storage_class", "calibration"),
    [
        (("instrument",), "StructuredDataDict", True),
        (("instrument", "detector"), "NumpyArray", True),
        (("instrument", "detector"), "StructuredDataDict", False),
    ],
)
def test_a_repository_whose_dataset_types_are_defined_otherwise_is_refused_before_anything_is_made(
    locked: Desk, dimensions: tuple[str, ...], storage_class: str, calibration: bool
) -> None:
    register(locked, "bias", dimensions, storage_class, calibration=calibration)
    said = locked.apply()
    assert said.code == 8
    assert "bias" in said.out
    assert [name for name in locked.collections() if name.startswith(f"{leaf('biasGen')}/")] == []


def test_a_read_only_repository_can_be_planned_and_says_why_it_cannot_be_written(locked: Desk) -> None:
    with read_only(locked.butler_root):
        assert without_privileges(locked, "plan").code == 0
        said = without_privileges(locked, "apply", "--auto-approve")
    assert said.code == 11
    assert "cannot be read or written" in said.out
    assert locked.apply().code == 0


def test_a_lock_in_a_read_only_directory_is_an_error_that_names_the_file(unlocked: Desk) -> None:
    with read_only(unlocked.root / "specs"):
        said = without_privileges(unlocked, "lock")
    assert said.code == 1
    assert "DM-1.lock.yaml" in said.err
    assert "Permission denied" in said.err


def test_a_work_directory_that_cannot_be_written_is_named_and_apply_resumes(locked: Desk) -> None:
    (locked.root / ".reconcile").write_text("a file in the way")
    said = locked.apply()
    assert said.code in (1, 8)
    assert ".reconcile" in said.everything
    (locked.root / ".reconcile").unlink()
    assert locked.apply().code == 0


def test_an_unwritable_journal_is_named_and_nothing_is_lost(locked: Desk) -> None:
    work = locked.root / ".reconcile"
    work.mkdir()
    (work / "journal").write_text("a file in the way")
    said = locked.apply()
    assert said.code == 1
    assert f"the journal in {work / 'journal'} cannot be written" in said.err
    before = {name for name in locked.collections() if name.startswith(f"{leaf('biasGen')}/")}
    (work / "journal").unlink()
    assert locked.apply().code == 0
    after = {name for name in locked.collections() if name.startswith(f"{leaf('biasGen')}/")}
    assert before <= after
    assert len(after) == 1


def test_a_journal_may_be_deleted_at_any_time(applied: Desk) -> None:
    shutil.rmtree(applied.root / ".reconcile")
    assert "Nothing to do" in applied.run("plan").out
    assert applied.apply().code == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB; only root may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)]
    mounted = subprocess.run(command, capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def fill(disk: Path, *, leave: int) -> Path:
    """Fill a disk but for some bytes."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        file.write(bytes(shutil.disk_usage(disk).free - leave))
    return filler


@pytest.mark.parametrize("leave", [4096, 200_000])
def test_a_full_disk_is_told_and_apply_goes_on_when_there_is_room(locked: Desk, small_disk: Path, leave: int) -> None:
    shutil.copytree(locked.butler_root, small_disk / "repo")
    here = {"main": {"butler": str(small_disk / "repo"), "instruments": ["TestCam"]}}
    locked.edit(SITE, lambda site: site.update(repositories=here, work=str(small_disk / "work")))
    locked.commit("disk")
    filler = fill(small_disk, leave=leave)
    said = without_privileges(locked, "apply", "--auto-approve")
    assert said.code in (1, 8, 11)
    assert any(word in said.everything for word in ("full", "No space left"))
    filler.unlink()
    assert locked.apply().code == 0
    assert _runs(small_disk / "repo", leaf("biasGen")) == 1
    assert "Nothing to do" in locked.run("plan").out


def _runs(address: Path, below: str) -> int:
    from lsst.daf.butler import Butler

    butler: Any = Butler.from_config(str(address))
    try:
        return len(butler.collections.query(f"{below}/*"))
    finally:
        butler.close()
