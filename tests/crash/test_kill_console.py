"""kill -9 of the installed command, as an operator or a batch system does it, with all the processes of its session."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.crash.wholeness import is_whole, left, lose_journal, reached
from tests.playground import Playground

KILLS = 3
SHARE = 0.3
"""Each attempt is killed within so much of the work of a whole apply, so that the next one finds some left."""


@contextmanager
def at_work(world: Playground) -> Iterator[subprocess.Popen[str]]:
    """Type `reconcile apply --auto-approve` in a session of its own; it has told its plan and begins to work."""
    command = [str(Path(sys.executable).with_name("reconcile")), "apply", "--auto-approve"]
    unbuffered = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=world.root, env=unbuffered, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert any("to do" in line for line in process.stdout)
        yield process


def whole_work(world: Playground) -> float:
    """Let an apply work to its end; return for how long, in seconds."""
    with at_work(world) as process:
        begin = time.monotonic()
        said, _ = process.communicate()
    assert process.returncode == 0, said
    return time.monotonic() - begin


def killed(before: Playground, folder: Path, seconds: float) -> Playground:
    """Return a copy of a world in which an apply was killed after so much work; sooner, if it had ended by then."""
    for attempt in range(10):
        world = before.copy(folder / f"world{attempt}")
        with at_work(world) as process:
            time.sleep(seconds * 0.7**attempt)
            os.killpg(process.pid, signal.SIGKILL)
        if process.returncode == -signal.SIGKILL:
            return world
    raise AssertionError("no apply lived long enough to be killed")


def test_after_kills_of_the_installed_command_the_next_one_finishes(locked_world: Playground, tmp_path: Path) -> None:
    draw = random.Random(seed := int(os.environ.get("KILL_SEED", random.randrange(2**32))))
    undisturbed = locked_world.copy(tmp_path / "undisturbed")
    seconds = whole_work(undisturbed)
    world = locked_world
    for number in range(KILLS):
        moment = draw.uniform(0, SHARE)
        print(f"KILL_SEED={seed}: kill {number} after {moment:.4f} of the work")
        world = killed(world, tmp_path / str(number), seconds * moment)
        if number % 2:
            lose_journal(world)
    before = reached(world)
    whole_work(world)
    is_whole(world, left(undisturbed), before)
