"""Runs `reconcile validate` in processes of their own that are ended when they take too much, and tells what they took.

    python -m tests.hostile.measured SECONDS

reads directories from standard input, one a line, and answers each with a line of JSON. The process imports everything
once and forks for each directory, so what is measured is above the bare start of the command; memory is all of it.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).parents[2]
_ADDRESSES = 4 << 30
"""Bytes of address space: no more than keeps the machine from swapping before the test fails."""


@dataclass(frozen=True)
class Taken:
    """What one run said and took: exit code (or the signal that ended it, negative), CPU seconds, bytes."""

    code: int
    seconds: float
    memory: int
    said: str


class Validation:
    """The process that forks; a context."""

    def __init__(self, seconds: int) -> None:
        command = [sys.executable, "-m", "tests.hostile.measured", str(seconds)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Validation:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.communicate()

    def of(self, directory: Path) -> Taken:
        """Return what validating this directory took."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{directory}\n")
        self._process.stdin.flush()
        return Taken(**json.loads(self._process.stdout.readline()))


def _measured(directory: Path, seconds: int) -> Taken:
    said = directory / "said.txt"
    child = os.fork()
    if not child:
        _validate(directory, said, seconds)
    _, status, used = os.wait4(child, 0)
    text = said.read_text(errors="replace")
    code = os.waitstatus_to_exitcode(status)
    return Taken(code, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, text)


def _validate(directory: Path, said: Path, seconds: int) -> None:
    """Become the command; never return."""
    from reconciler.cli.main import run

    code = 255
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES, _ADDRESSES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        out = os.open(said, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        code = run(["validate", "--directory", str(directory)])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def main() -> None:
    from reconciler.cli import validate  # noqa: F401  # so that no fork pays for imports
    from reconciler.verification import tests  # noqa: F401

    for line in sys.stdin:
        sys.stdout.write(json.dumps(asdict(_measured(Path(line.rstrip("\n")), int(sys.argv[1])))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
