"""kill -9 in the middle of `reconcile lock`: the old lock stands or the new one, never half of one."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.demo import specs
from tests.crash import child
from tests.playground import BASE, Playground

LOCK = f"{BASE}/{specs.TICKET}.lock.yaml"
DIES = """
import os, sys
from pathlib import Path
from reconciler.cli import main
write, replace = Path.write_bytes, Path.replace
def write_half(path, content):
    write(path, content[: len(content) // 2])
    os.kill(os.getpid(), 9)
def die(path, target):
    os.kill(os.getpid(), 9)
def replace_and_die(path, target):
    replace(path, target)
    os.kill(os.getpid(), 9)
moment, root = sys.argv[1:]
if moment == "half written":
    Path.write_bytes = write_half
elif moment == "written":
    Path.replace = die
else:
    Path.replace = replace_and_die
main.run(["lock", "--directory", root])
"""


@pytest.fixture
def to_lock(locked_world: Playground, tmp_path: Path) -> tuple[Playground, str, str]:
    """A world whose selection has changed, its old lock and the one to come."""
    world = locked_world.copy(tmp_path / "world")
    spec = f"{BASE}/{specs.TICKET}.yaml"
    old = (world.root / LOCK).read_text()
    text = (world.root / spec).read_text()
    world.write(spec, text.replace("observation_type='bias'", "observation_type='bias' and exposure.seq_num > 0"))
    world.commit("Another selection")
    other = world.copy(tmp_path / "other")
    assert other.reconcile("lock").code == 0
    new = (other.root / LOCK).read_text()
    assert old != new
    return world, old, new


@pytest.mark.parametrize("moment", ["half written", "written", "replaced"])
def test_a_kill_around_the_writing_leaves_one_whole_lock(to_lock: tuple[Playground, str, str], moment: str) -> None:
    world, old, new = to_lock
    killed = subprocess.run([sys.executable, "-c", DIES, moment, str(world.root)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (world.root / LOCK).read_text() == (new if moment == "replaced" else old)
    _locks_again(world, new)


def test_a_kill_at_any_moment_leaves_one_whole_lock(to_lock: tuple[Playground, str, str], tmp_path: Path) -> None:
    world, old, new = to_lock
    seconds = child.duration(world.copy(tmp_path / "whole").root, "lock")
    for number in range(4):
        one = world.copy(tmp_path / str(number))
        child.kill(one.root, seconds * (number + 0.5) / 4, "lock")
        assert (one.root / LOCK).read_text() in (old, new)
    _locks_again(one, new)


def _locks_again(world: Playground, new: str) -> None:
    """The next `lock` finishes, and nothing that the killed one left keeps apply from being clean."""
    assert (said := world.reconcile("lock")).code == 0, said.text
    assert (world.root / LOCK).read_text() == new
    with world.git as git:
        assert git.git.status("--porcelain").split() in ([], ["M", LOCK])
