"""A private server of S3 for tests: on 127.0.0.1, on a free port, in the memory of a process, gone afterwards.

    with moto() as server:
        server.url                  # http://127.0.0.1:PORT
        server.environment          # what `lsst.resources` and boto3 need to find it

`python -m tests.servers.moto` runs one until it is interrupted. It comes with the extra `dev`.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

PATIENCE = 60.0
"""Seconds until a server that does not answer is given up."""


class NoServer(Exception):
    """The server did not start."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables by which it is found; it believes any credentials."""
        return {
            "S3_ENDPOINT_URL": self.url,
            "LSST_DISABLE_BUCKET_VALIDATION": "1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def make_bucket(self, name: str) -> None:
        """Make an empty bucket."""
        with urlopen(Request(f"{self.url}/{name}", method="PUT"), timeout=PATIENCE):
            pass


@contextmanager
def moto() -> Iterator[Server]:
    """Start a server, yield it, stop it."""
    directory = Path(tempfile.mkdtemp(prefix="reconcile-moto-"))
    try:
        with _running(directory / "log") as server:
            yield server
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _running(log: Path) -> Iterator[Server]:
    port = _free_port()
    with log.open("wb") as said:
        command = [*_dying_with_us(), sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        process = subprocess.Popen(command, stdout=said, stderr=said, start_new_session=True)
    try:
        _wait_for(Server(port), process, log)
        yield Server(port)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _dying_with_us() -> list[str]:
    return ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []


def _wait_for(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urlopen(f"{server.url}/moto-api/", timeout=PATIENCE):
                return
        except (URLError, OSError):
            if process.poll() is not None or time.monotonic() > deadline:
                raise NoServer(f"moto did not start: {log.read_text()[-2000:]}") from None
            time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    with moto() as running:
        print("\n".join(f"export {name}={value}" for name, value in running.environment.items()), flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
