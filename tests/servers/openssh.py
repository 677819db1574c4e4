"""OpenSSH's client for tests: installed if it is missing and we may, and keys that nobody keeps.

`python -m tests.servers.openssh --install` installs it before parallel tests ask for it all at once.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.servers.debian import Missing, require


@dataclass(frozen=True)
class Key:
    """A key pair: the file of its private half, and its public half as a policy has it."""

    file: Path
    public: str


def require_client() -> None:
    """Make sure that there is an ssh-keygen; raise `Missing` otherwise."""
    require(lambda: shutil.which("ssh-keygen"), "ssh-keygen", "openssh-client")


def new_key(file: Path, kind: str = "ed25519") -> Key:
    """Make a key pair without a passphrase."""
    require_client()
    command = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "", "-f", str(file)]
    subprocess.run(command, check=True, capture_output=True)
    words = file.with_name(f"{file.name}.pub").read_text().split()
    return Key(file, " ".join(words[:2]))


if __name__ == "__main__" and sys.argv[1:] == ["--install"]:
    with suppress(Missing):  # the tests themselves say why they skip, or fail in CI
        require_client()
