"""One suite for every repository there is: in memory, Butler on SQLite, Butler on PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from reconciler.ports import Repository
from tests.contract.hands import ButlerHands, Hands, MemoryHands, copy, make_template
from tests.servers import moto
from tests.servers.debian import Missing
from tests.servers.postgresql import Server, postgresql


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A private PostgreSQL server; where none can be had, the tests are skipped, but never in CI."""
    try:
        running = postgresql()
        started = running.__enter__()
    except Missing as reason:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(reason))
    try:
        yield started
    finally:
        running.__exit__(None, None, None)


@pytest.fixture(scope="session")
def s3() -> Iterator[moto.Server]:
    """A private server of S3."""
    with moto.moto() as running:
        yield running


@pytest.fixture
def bucket(s3: moto.Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty bucket, which this process finds."""
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    s3.make_bucket(name := f"archive-{uuid4().hex}")
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sqlite") / "template"
    make_template(root)
    return root


@pytest.fixture(scope="session")
def postgresql_template(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("postgresql") / "template"
    server.execute("create database template_repository")
    make_template(root, server.url("template_repository"))
    return root


@contextmanager
def hands_on(kind: str, root: Path, request: pytest.FixtureRequest) -> Iterator[Hands]:
    """Yield a fresh repository of a kind."""
    if kind == "memory":
        yield MemoryHands()
        return
    template = request.getfixturevalue(f"{kind}_template")
    database = f"repository_{uuid4().hex}"
    if kind == "postgresql":
        server: Server = request.getfixturevalue("server")
        server.execute(f"create database {database} template template_repository")
        copy(template, root, "template_repository", database)
    else:
        copy(template, root)
    hands = ButlerHands(root)
    try:
        yield hands
    finally:
        hands.close()
        if kind == "postgresql":
            server.execute(f"drop database {database} with (force)")


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def hands(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hands]:
    with hands_on(request.param, tmp_path / "repository", request) as found:
        yield found


@pytest.fixture(params=["sqlite", "postgresql"])
def butler_hands(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ButlerHands]:
    """Only the real ones, for what no memory can show."""
    with hands_on(request.param, tmp_path / "repository", request) as found:
        assert isinstance(found, ButlerHands)
        yield found


@pytest.fixture
def sqlite_hands(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ButlerHands]:
    """For what costs much and does not depend on the database."""
    with hands_on("sqlite", tmp_path / "repository", request) as found:
        assert isinstance(found, ButlerHands)
        yield found


@pytest.fixture
def repository(hands: Hands) -> Repository:
    return hands.repository
