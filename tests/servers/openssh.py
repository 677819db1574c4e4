"""OpenSSH's client for tests: installed if it is missing and we may, and keys that nobody keeps.

`python -m tests.servers.openssh --install` installs it before parallel tests ask for it all at once.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


class NoClient(Exception):
    """There is no ssh-keygen here and none can be installed."""


@dataclass(frozen=True)
class Key:
    """A key pair: the file of its private half, and its public half as a policy has it."""

    file: Path
    public: str


def require_client() -> None:
    """Make sure that there is an ssh-keygen; raise `NoClient` otherwise."""
    if shutil.which("ssh-keygen"):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise NoClient("ssh-keygen is missing, and only root could install it with apt-get")
    for command in (["apt-get", "update"], ["apt-get", "install", "--yes", "openssh-client"]):
        if subprocess.run(command, capture_output=True, check=False).returncode:
            raise NoClient("ssh-keygen is missing, and apt-get could not install openssh-client")


def new_key(file: Path, kind: str = "ed25519") -> Key:
    """Make a key pair without a passphrase."""
    require_client()
    command = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "", "-f", str(file)]
    subprocess.run(command, check=True, capture_output=True)
    words = file.with_name(f"{file.name}.pub").read_text().split()
    return Key(file, " ".join(words[:2]))


if __name__ == "__main__" and sys.argv[1:] == ["--install"]:
    with suppress(NoClient):  # the tests themselves say why they skip, or fail in CI
        require_client()
