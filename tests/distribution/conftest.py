"""Worlds of two sites, made once and copied: before anything is published, and after."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.conftest import bucket, s3, server
from tests.distribution import two_sites
from tests.distribution.kept import Kept, kept
from tests.distribution.two_sites import PLACES, Made, TwoSites
from tests.servers.postgresql import Server

__all__ = ["bucket", "s3", "server"]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The origin has everything; nothing is published, and no other place has any of it."""
    return two_sites.make(tmp_path_factory.mktemp("built") / "world")


@pytest.fixture(scope="session")
def published(built: Made, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The first site has applied, and its other repository and the archive have everything."""
    with built.copy(tmp_path_factory.mktemp("published")) as world:
        world.done("usdf")
    return Made(world.root)


@pytest.fixture(scope="session")
def everywhere(published: Made, tmp_path_factory: pytest.TempPathFactory) -> TwoSites:
    """Both sites have applied, undisturbed; not to be changed."""
    with published.copy(tmp_path_factory.mktemp("everywhere")) as world:
        world.done("summit")
    return world


@pytest.fixture(scope="session")
def undisturbed(everywhere: TwoSites) -> dict[str, Kept]:
    """What each place holds after applies that nobody disturbed."""
    return {place: kept(everywhere, place) for place in PLACES}


@pytest.fixture
def before(built: Made, tmp_path: Path) -> Iterator[TwoSites]:
    """A world in which nothing is published yet."""
    with built.copy(tmp_path) as world:
        yield world


@pytest.fixture
def world(published: Made, tmp_path: Path) -> Iterator[TwoSites]:
    """A world in which everything is published, and the summit has nothing of it."""
    with published.copy(tmp_path) as world:
        yield world


@pytest.fixture(scope="session")
def on_postgresql(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """As `built`, with repositories that are schemas of one database."""
    return two_sites.make_on_postgresql(tmp_path_factory.mktemp("postgresql") / "world", server)
