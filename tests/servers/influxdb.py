"""A private InfluxDB server for tests: on 127.0.0.1, on free ports, in a temporary directory, gone afterwards.

    with influxdb() as server:
        server.url                  # http://127.0.0.1:PORT

`python -m tests.servers.influxdb` runs one until it is interrupted. Debian's package (1.x, which is what Chronograf
reads) is installed if it is missing and we may (root, apt-get).
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from tests.servers.debian import Missing, require

PATIENCE = 60.0
"""Seconds until a server that does not answer is given up."""

SETTINGS = """
reporting-disabled = true
bind-address = "127.0.0.1:{backup}"
[meta]
  dir = "{root}/meta"
[data]
  dir = "{root}/data"
  wal-dir = "{root}/wal"
[http]
  bind-address = "127.0.0.1:{http}"
  log-enabled = false
  auth-enabled = {auth}
[monitor]
  store-enabled = false
"""


class NoServer(Exception):
    """There is no InfluxDB here and none can be installed."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    token: str | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def execute(self, statement: str) -> bytes:
        """Run a statement that changes something, such as `create database x`."""
        request = Request(f"{self.url}/query", data=urlencode({"q": statement}).encode())
        if self.token:
            request.add_header("Authorization", f"Basic {b64encode(self.token.encode()).decode()}")
        with urlopen(request, timeout=PATIENCE) as answer:
            return bytes(answer.read())


@contextmanager
def influxdb(*, token: str | None = None) -> Iterator[Server]:
    """Start a server, yield it, stop it and remove its files; with a token `USER:PASSWORD` it asks everybody for it."""
    binary = program()
    directory = Path(tempfile.mkdtemp(prefix="reconcile-influxdb-"))
    try:
        with _running(binary, directory, token) as server:
            yield server
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _running(binary: str, directory: Path, token: str | None) -> Iterator[Server]:
    http, backup = _free_ports(2)
    settings = directory / "influxdb.conf"
    auth = "true" if token else "false"
    settings.write_text(SETTINGS.format(root=directory, http=http, backup=backup, auth=auth))
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [*_dying_with_us(), binary, "-config", str(settings)], stdout=log, stderr=log, start_new_session=True
        )
    try:
        _wait_for(Server(http), process, directory / "log")
        if token:
            user, _, password = token.partition(":")
            Server(http).execute(f"create user \"{user}\" with password '{password}' with all privileges")
        yield Server(http, token)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)


def _dying_with_us() -> list[str]:
    return ["setpriv", "--pdeathsig", "INT"] if shutil.which("setpriv") else []


def _wait_for(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urlopen(f"{server.url}/ping", timeout=PATIENCE):
                return
        except (URLError, OSError):
            if process.poll() is not None or time.monotonic() > deadline:
                raise NoServer(f"InfluxDB did not start: {log.read_text()[-2000:]}") from None
            time.sleep(0.05)


def program() -> str:
    """Return the path of influxd, after installing it if need be."""
    return require(lambda: shutil.which("influxd"), "an InfluxDB server (influxd)", "influxdb")


def _free_ports(count: int) -> tuple[int, ...]:
    """Return ports that nobody listens on; held together, so that they differ."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return tuple(int(probe.getsockname()[1]) for probe in probes)


if __name__ == "__main__":
    if sys.argv[1:] == ["--install"]:  # before parallel tests ask for it all at once
        with suppress(Missing):  # the tests themselves say why they skip, or fail in CI
            program()
        sys.exit()
    with influxdb() as running:
        print(running.url, flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
