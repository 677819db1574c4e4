"""Nothing is kept for good where a process goes on; where it runs one command, what was seen is left alone."""

from __future__ import annotations

import gc
import subprocess
import sys

from reconciler.cli.collector import many_objects

ONE_COMMAND = """
import gc
from reconciler.cli.collector import many_objects, one_command
with one_command():
    with many_objects():
        print(gc.isenabled())
    print(gc.isenabled(), gc.get_freeze_count() > 0)
"""


def test_a_process_in_which_commands_follow_each_other_keeps_no_garbage_for_good() -> None:
    kept = gc.get_freeze_count()
    with many_objects():
        assert not gc.isenabled()
    assert (gc.isenabled(), gc.get_freeze_count()) == (True, kept)


def test_a_process_of_one_command_looks_no_more_through_what_was_seen() -> None:
    said = subprocess.run([sys.executable, "-c", ONE_COMMAND], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["False", "True", "True"]
