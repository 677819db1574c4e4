"""A hundred thousand inputs, guided by what the program did, for everything that anybody can write."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from .targets import ROOT, TARGETS

INPUTS = dict.fromkeys(TARGETS, 50_000) | {"spec": 100_000}
SEED = "20261126"


@pytest.mark.long
@pytest.mark.skipif(not find_spec("atheris"), reason="there is no wheel of atheris for this Python or this machine")
@pytest.mark.parametrize("target", TARGETS)
def test_no_input_of_a_hundred_thousand_is_left_without_an_answer(target: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.hostile.guided", target, str(INPUTS[target]), SEED, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    found = [path.read_bytes() for path in tmp_path.glob("*-*") if path.is_file()]
    assert (done.returncode, found) == (0, []), done.stderr[-4000:]
    ran = re.search(r"stat::number_of_executed_units: (\d+)", done.stderr)
    assert ran is not None
    assert int(ran[1]) >= INPUTS[target]
