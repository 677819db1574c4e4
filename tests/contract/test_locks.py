"""Named locks, and disks that refuse: shown with processes that really live, die and lack permissions."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.adapters.butler import ButlerRepository
from reconciler.errors import Locked, Unreachable
from reconciler.ports import Repository
from tests.contract.hands import EVERYTHING, PLACE, ButlerHands, Hands, copy

HOLD = """
import sys
from reconciler.adapters.butler import ButlerRepository
with ButlerRepository("usdf/main", sys.argv[1]).lock("usdf/main DM-1"):
    print("held", flush=True)
    sys.stdin.read()
"""
NAME = "usdf/main DM-1"


@contextmanager
def holder(hands: ButlerHands) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its standard input closes."""
    command = [sys.executable, "-c", HOLD, str(hands.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_lock_that_is_held_is_refused_at_once_by_name(hands: Hands) -> None:
    with hands.repository.lock(NAME), pytest.raises(Locked, match=NAME), hands.again().lock(NAME):
        pass


def test_a_lock_is_free_again_after_use_and_after_an_error(repository: Repository) -> None:
    with pytest.raises(ZeroDivisionError), repository.lock(NAME):
        raise ZeroDivisionError
    with repository.lock(NAME):
        pass


def test_locks_of_other_names_are_other_locks(repository: Repository) -> None:
    with repository.lock(NAME), repository.lock("usdf/main DM-2"):
        pass


def test_a_refusal_names_the_process_that_holds_the_lock(butler_hands: ButlerHands) -> None:
    with (
        holder(butler_hands) as process,
        pytest.raises(Locked, match=f"{process.pid}@"),
        butler_hands.repository.lock(NAME),
    ):
        pass


def test_whoever_may_write_into_the_repository_may_lock(sqlite_hands: ButlerHands) -> None:
    sqlite_hands.root.chmod(0o2775)
    with sqlite_hands.repository.lock(NAME):
        locks = sqlite_hands.root / "reconcile-locks"
        (lock,) = locks.iterdir()
    assert (locks.stat().st_mode & 0o7777, lock.stat().st_mode & 0o777) == (0o3775, 0o664)


def test_a_lock_that_was_left_for_one_alone_is_opened_for_all_by_its_owner(sqlite_hands: ButlerHands) -> None:
    """As who died while making it has left it, or whoever had another umask."""
    sqlite_hands.root.chmod(0o775)
    group = sqlite_hands.root.stat().st_gid
    with sqlite_hands.repository.lock(NAME):
        (lock,) = (sqlite_hands.root / "reconcile-locks").iterdir()
    lock.chmod(0o600)
    with sqlite_hands.repository.lock(NAME):
        assert (lock.stat().st_mode & 0o777, lock.stat().st_gid) == (0o664, group)


def test_a_lock_is_never_taken_through_a_link(sqlite_hands: ButlerHands, tmp_path: Path) -> None:
    with sqlite_hands.repository.lock(NAME):
        (lock,) = (sqlite_hands.root / "reconcile-locks").iterdir()
    (precious := tmp_path / "precious").write_text("mine")
    lock.unlink()
    lock.symlink_to(precious)
    with pytest.raises(Unreachable, match="Too many levels of symbolic links"), sqlite_hands.repository.lock(NAME):
        pass
    assert precious.read_text() == "mine"


def test_death_releases_a_lock(butler_hands: ButlerHands) -> None:
    with holder(butler_hands) as process:
        process.kill()
        process.wait()
        _eventually_locks(butler_hands)


def _eventually_locks(hands: ButlerHands) -> None:
    """A database notices the death of its client a moment later."""
    for _ in range(200):
        try:
            with hands.repository.lock(NAME):
                return
        except Locked:
            pass
    pytest.fail("the lock of a dead process was never released")


LOOK_AND_WRITE = """
import sys
from reconciler.adapters.butler import ButlerRepository
from reconciler.errors import ReconcileError
from reconciler.observation import Scope
repository = ButlerRepository("usdf/main", sys.argv[1])
print("seen", len(repository.observe(Scope(None)).collections))
for act in (lambda: repository.remember("x" * 4_000_000), lambda: repository.lock("a").__enter__()):
    try:
        act()
    except ReconcileError as error:
        print(type(error).__name__, error)
"""


def test_a_read_only_repository_can_be_seen_and_refuses_to_be_written(sqlite_hands: ButlerHands) -> None:
    hands = sqlite_hands
    hands.root.joinpath("gen3.sqlite3").chmod(0o444)
    hands.root.chmod(0o555)
    try:
        said = _without_privileges(hands.root)
    finally:
        hands.root.chmod(0o755)
    assert said[0] == "seen 1"
    assert [line for line in said if line.startswith("Unreachable usdf/main cannot be read or written")] == [
        "Unreachable usdf/main cannot be read or written: attempt to write a readonly database",
        "Unreachable usdf/main cannot be read or written: [Errno 13] Permission denied: "
        f"'{hands.root / 'reconcile-locks'}'",
    ]


def _without_privileges(root: Path) -> list[str]:
    """Run the script; root may write what nobody may, so it gives up its capabilities first."""
    as_nobody_special = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] if os.geteuid() == 0 else []
    command = [*as_nobody_special, sys.executable, "-c", LOOK_AND_WRITE, str(root)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def test_a_full_disk_is_told_and_loses_nothing(sqlite_hands: ButlerHands, small_disk: Path) -> None:
    sqlite_hands.repository.remember("before")
    root = copy(sqlite_hands.root, small_disk / "repository")
    filler = small_disk / "filler"
    with filler.open("wb") as file:
        while _write(file.fileno()):
            pass
    with ButlerRepository(PLACE, str(root)) as full:
        with pytest.raises(Unreachable, match="full"):
            full.remember("x" * 1_000_000)
        filler.unlink()
        record = full.observe(EVERYTHING).record
    assert record is not None
    assert record.applied == "before"


def _write(file: int) -> bool:
    try:
        return os.write(file, bytes(4096)) > 0
    except OSError:
        return False


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB; only root may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)
