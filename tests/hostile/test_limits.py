"""Whatever a file holds, `validate` answers at once: at most 2 s and 250 MB, and never with a traceback.

The seconds are of the processor, a bound that the system keeps: a run that takes more is ended.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.errors import ExitCode

from .files import AT_ONCE, CATALOG, HOSTILE, SITE, tree
from .measured import Taken, Validation

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is measured as Linux tells it")

SECONDS = 2
MEMORY = 250_000_000
_LINE = re.compile(r"[^:]+:\d+:\d+: (error|warning)\[[a-z-]+\]: .+")


@pytest.fixture(scope="module")
def validation() -> Iterator[Validation]:
    with Validation(SECONDS) as found:
        yield found


def put(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


@pytest.mark.parametrize("name", HOSTILE)
def test_no_file_takes_more_than_2_seconds_and_250_megabytes(name: str, validation: Validation, tmp_path: Path) -> None:
    taken = validation.of(put(tmp_path, dict(HOSTILE[name]())))
    assert taken.code in (ExitCode.OK, ExitCode.INVALID_SPEC), f"{name}: {_ended(taken)}"
    assert taken.memory <= MEMORY, f"{name} took {taken.memory:,} bytes"
    assert not [line for line in _told(taken) if not _LINE.fullmatch(line)]


@pytest.mark.parametrize("name", AT_ONCE)
def test_what_is_too_large_is_refused_at_once_and_alone(name: str, validation: Validation, tmp_path: Path) -> None:
    """A valid tree needs more than the refusal: nothing of the file is looked at beyond the limit."""
    usual = validation.of(put(tmp_path / "usual", dict(tree())))
    taken = validation.of(put(tmp_path / "large", {**tree(), **AT_ONCE[name]()}))
    assert (usual.code, taken.code) == (ExitCode.OK, ExitCode.INVALID_SPEC), _ended(taken)
    assert [line for line in _told(taken) if "DM-1.yaml" in line] == _told(taken)
    assert len(_told(taken)) == 1
    assert taken.memory <= usual.memory + 30_000_000


def test_a_gigabyte_is_not_even_opened(validation: Validation, tmp_path: Path) -> None:
    put(tmp_path, dict(tree(spec="")))
    os.truncate(tmp_path / "specs/Cam/DM-1.yaml", 1 << 30)
    taken = validation.of(tmp_path)
    assert taken.code == ExitCode.INVALID_SPEC
    assert "1,073,741,824 bytes" in taken.said
    assert taken.memory <= 100_000_000


def test_the_measure_sees_what_it_is_for(validation: Validation, tmp_path: Path) -> None:
    """A thousand ordinary specs are no single file, and take longer than any may: the bound ends it."""
    put(tmp_path, {"specs/Cam/catalog.yaml": CATALOG, "sites/usdf.yaml": SITE})
    worst = str(HOSTILE["a_hundred_problems_of_every_rule"]()["specs/Cam/DM-1.yaml"])
    put(tmp_path, {f"specs/Cam/DM-{n}.yaml": worst.replace("DM-1", f"DM-{n}") for n in range(2, 20)})
    assert validation.of(tmp_path).code < 0


def _told(taken: Taken) -> list[str]:
    """Return the lines with problems: all but the last, which counts them."""
    return taken.said.splitlines()[:-1]


def _ended(taken: Taken) -> str:
    return f"ended with {taken.code} after {taken.seconds:.2f} s and {taken.memory:,} bytes: {taken.said[-2000:]}"
