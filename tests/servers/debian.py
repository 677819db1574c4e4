"""Programs of Debian's that tests need: installed where they are missing, if we may (root, apt-get)."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


class Missing(Exception):
    """A program is not here and cannot be installed."""


def require(look: Callable[[], Found | None], what: str, *packages: str) -> Found:
    """Return what `look` finds, after installing the packages if need be; raise `Missing` otherwise."""
    found = look()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _install(packages)
        found = look()
    if found is None:
        raise Missing(f"{what} is not installed; on Debian: apt-get install {' '.join(packages)}")
    return found


def _install(packages: tuple[str, ...]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "-q", "update"], ["apt-get", "-qy", "install", *packages]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Missing(f"{' '.join(command)} failed: {(done.stderr or done.stdout).strip()[-500:]}")
