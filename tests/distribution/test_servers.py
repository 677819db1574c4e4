"""The back ends of observatories: repositories that are schemas of one PostgreSQL database, an archive in a bucket."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.shelves import BucketShelf
from tests.distribution.kept import identities, kept, promises
from tests.distribution.two_sites import DATASETS, EMBARGO, MAIN, SUMMIT, Made, TwoSites, keep_archive


@pytest.fixture
def shelf(bucket: str) -> BucketShelf:
    return BucketShelf(bucket)


@pytest.fixture
def world(on_postgresql: Made, shelf: BucketShelf, tmp_path: Path) -> Iterator[TwoSites]:
    """A world in which nothing is published yet, whose archive is a bucket."""
    with on_postgresql.copy(tmp_path) as found:
        keep_archive(found, shelf.store.address)
        found.commit("the archive is a bucket")
        yield found


def rows(world: TwoSites, place: str) -> dict[str, list[str]]:
    """Return every row of every table of a repository's schema."""
    from sqlalchemy import MetaData, create_engine, select

    root = world.butler_root(place)
    (url,) = re.findall(r"db: (\S+)", (root / "butler.yaml").read_text())
    engine, schema = create_engine(url), MetaData(schema=root.name)
    with engine.connect() as database:
        schema.reflect(database)
        found = {name: sorted(map(str, database.execute(select(one)))) for name, one in schema.tables.items()}
    engine.dispose()
    return found


def test_from_schema_to_bucket_to_schema_and_a_second_time_nothing_is_touched(
    world: TwoSites, shelf: BucketShelf
) -> None:
    for name in ("usdf", "summit"):
        world.done(name)
    manifests = promises(content for path, content in shelf.files().items() if path.endswith("manifest.json"))
    assert len(manifests) == DATASETS
    for place in (MAIN, EMBARGO, SUMMIT):
        there = kept(world, place)
        assert {uuid: there.files[there.datasets[uuid][-1]] for uuid in manifests} == manifests
    before = identities(world.butler_root(SUMMIT)), rows(world, SUMMIT), shelf.files()
    for name in ("usdf", "summit"):
        assert world.idle(name)
        assert "Nothing to do" in world.done(name).text
    assert (identities(world.butler_root(SUMMIT)), rows(world, SUMMIT), shelf.files()) == before


def test_what_is_damaged_in_a_bucket_is_refused_by_name(world: TwoSites, shelf: BucketShelf) -> None:
    world.done("usdf")
    damaged, content = next((path, held) for path, held in shelf.files().items() if path.startswith("objects/"))
    shelf.write(damaged, content[:-1] + bytes([content[-1] ^ 1]))
    said = world.apply("summit")
    assert said.code == 8, said.text
    assert damaged in said.text
    shelf.write(damaged, content)
    world.done("summit")
    assert world.idle("summit")
