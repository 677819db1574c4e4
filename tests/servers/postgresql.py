"""A private PostgreSQL server for tests: on 127.0.0.1, on a free port, in a temporary directory, gone afterwards.

    with postgresql() as server:
        server.url                  # postgresql+psycopg://...

`python -m tests.servers.postgresql` runs one until it is interrupted. Debian's packages are installed if they are
missing and we may (root, apt-get). initdb and postgres refuse root; then the user `postgres` runs them.
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
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.servers.debian import Missing, require

USER = "postgres"
PATIENCE = 60.0
"""Seconds until a server that does not answer is given up."""


class NoServer(Exception):
    """PostgreSQL is here and does not start."""


@dataclass(frozen=True)
class Server:
    """A running server: superuser `postgres`, no password, btree_gist in every database made from template1."""

    port: int

    def url(self, database: str = "postgres") -> str:
        """Return the SQLAlchemy URL of one of its databases."""
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement outside a transaction."""
        import psycopg

        with psycopg.connect(f"postgresql://{USER}@127.0.0.1:{self.port}/{database}", autocommit=True) as connection:
            connection.execute(statement.encode())

    def dump(self, database: str, file: Path) -> None:
        """Write all that a database holds into a file."""
        self._run("pg_dump", "--format=custom", f"--file={file}", database)

    def load(self, file: Path, database: str) -> None:
        """Make a database of what was written."""
        self.execute(f"create database {database} template template0")
        self._run("pg_restore", "--exit-on-error", f"--dbname={database}", str(file))
        self.execute("analyze", database)

    def _run(self, program: str, *arguments: str) -> None:
        to = ["--host=127.0.0.1", f"--port={self.port}", f"--username={USER}"]
        subprocess.run([str(_binaries() / program), *to, *arguments], check=True, capture_output=True)


@contextmanager
def postgresql() -> Iterator[Server]:
    """Start a server, yield it, stop it and remove its files."""
    binaries = _binaries()
    directory = Path(tempfile.mkdtemp(prefix="reconcile-postgresql-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(directory, USER)
        with _running(binaries, directory) as server:
            server.execute("create extension if not exists btree_gist", "template1")
            yield server
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _running(binaries: Path, directory: Path) -> Iterator[Server]:
    data, port = directory / "data", _free_port()
    initdb = [str(binaries / "initdb"), "-D", str(data), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "-N"]
    subprocess.run([*_as_user(), *initdb], check=True, capture_output=True, cwd=directory)
    settings = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"]
    options = [part for setting in settings for part in ("-c", setting)]
    command = [str(binaries / "postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", str(directory)]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [*_as_user(), *command, *options], stdout=log, stderr=log, cwd=directory, start_new_session=True
        )
    try:
        server = Server(port)
        _wait_for(server, process, directory / "log")
        yield server
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)


def _wait_for(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    import psycopg

    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return server.execute("select 1")
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise NoServer(f"PostgreSQL did not start: {log.read_text()[-2000:]}") from None
            time.sleep(0.05)


def _as_user() -> list[str]:
    """Return what goes in front of a command; the server dies with the process that started it."""
    if os.geteuid() == 0:
        return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--pdeathsig", "INT"]
    return []


def _binaries() -> Path:
    """Return the directory that holds initdb and postgres, after installing them if need be."""
    return require(_find, "a PostgreSQL server (initdb)", "postgresql", "postgresql-contrib")


def _find() -> Path | None:
    on_path = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    candidates = [*debian, *([Path(on_path).resolve()] if on_path else [])]
    return next((path.parent for path in reversed(candidates) if (path.parent / "postgres").exists()), None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    if sys.argv[1:] == ["--install"]:  # before parallel tests ask for it all at once
        with suppress(Missing):  # the tests themselves say why they skip, or fail in CI
            _binaries()
        sys.exit()
    with postgresql() as running:
        print(running.url(), flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
