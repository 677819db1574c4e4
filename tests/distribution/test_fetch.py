"""Fetching for real: into repositories that hold nothing of it, half of it, or all; what is anybody's own stays."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.distribution.kept import Kept, identities, kept, objects, ours, promised, rows
from tests.distribution.two_sites import (
    DATASETS,
    EMBARGO,
    LEAVES,
    LOCAL,
    MAIN,
    PUBLIC,
    SUMMIT,
    TAG,
    THEIRS,
    TYPES,
    TwoSites,
)


def test_every_place_holds_the_same_datasets_with_the_bytes_that_the_manifests_promise(everywhere: TwoSites) -> None:
    manifests = promised(everywhere.archive)
    assert len(manifests) == DATASETS
    for place in (MAIN, EMBARGO, SUMMIT):
        there = kept(everywhere, place)
        carried = {uuid: path for uuid, (_, _, run, path) in there.datasets.items() if ours(run)}
        assert {uuid: there.files[path] for uuid, path in carried.items()} == manifests
        assert set(there.files) == {*carried.values(), *_others(there).files}
    assert set(objects(everywhere.archive)) == {
        *(f"objects/{digest}" for digest in manifests.values()),
        *(str(path.relative_to(everywhere.archive)) for path in everywhere.archive.glob("sets/*/*/manifest.json")),
    }


def test_science_reads_what_came_through_the_public_chain(everywhere: TwoSites) -> None:
    for place in (EMBARGO, SUMMIT):
        with everywhere.butler(MAIN) as made, everywhere.butler(place) as there:
            for name in TYPES:
                for ref in there.query_datasets(name, collections=PUBLIC, find_first=False):
                    if ours(ref.run):
                        assert there.get(ref) == made.get(ref)


def test_what_belongs_to_others_is_as_it_was(world: TwoSites) -> None:
    before = _others(kept(world, SUMMIT))
    assert {LOCAL, THEIRS, TAG, "u/somebody/mine"} <= before.collections.keys()
    world.done("summit")
    assert _others(kept(world, SUMMIT)) == before


def _others(there: Kept) -> Kept:
    """Return what stood there before anything came: by name, so that nothing is forgotten."""
    names = {LOCAL, THEIRS, TAG, "u/somebody/mine", "TestCam/raw/all"}
    datasets = {uuid: one for uuid, one in there.datasets.items() if not ours(one[2])}
    own = {path: digest for path, digest in there.files.items() if not any(path.startswith(leaf) for leaf in LEAVES)}
    return Kept(
        {name: one for name, one in there.collections.items() if name in names},
        datasets,
        frozenset(row for row in there.associations if row[0] in names),
        own,
    )


@pytest.mark.parametrize(("name", "place"), [("summit", SUMMIT), ("usdf", EMBARGO)])
def test_half_of_the_datasets_are_there_already(before: TwoSites, everywhere: TwoSites, name: str, place: str) -> None:
    """Somebody has carried them over by Butler itself: no leaf, no seal, half of the datasets by UUID."""
    if place == SUMMIT:
        before.done("usdf")
    with before.butler(MAIN) as origin, before.butler(place) as there:
        refs = [ref for name in sorted(TYPES) for ref in sorted(_carried(origin, name))][::2]
        there.transfer_from(origin, refs, transfer="copy", register_dataset_types=True, transfer_dimensions=True)
    held = identities(before.butler_root(place))
    before.done(name)
    now = identities(before.butler_root(place))
    assert {path: now[path] for path in held} == held
    assert _same(kept(before, place), kept(everywhere, place))
    assert before.idle(name)


def _carried(butler: Any, dataset_type: str) -> list[Any]:
    found = butler.registry.queryDatasets(dataset_type, collections=..., findFirst=False)
    return [ref for ref in set(found) if ours(ref.run)]


def _same(one: Kept, other: Kept) -> bool:
    """Return whether both hold the same; somebody's own datasets have other UUIDs in other worlds."""
    return one == other


def test_a_second_time_nothing_is_touched(world: TwoSites) -> None:
    world.done("summit")
    root = world.butler_root(SUMMIT)
    before = identities(root), rows(root), identities(world.archive)
    for name in ("summit", "usdf"):
        assert world.idle(name)
        said = world.done(name)
        assert "Nothing to do" in said.text
    assert (identities(root), rows(root), identities(world.archive)) == before


def test_whoever_publishes_and_copies_leaves_the_files_of_the_origin_as_they_are(
    before: TwoSites, tmp_path: Path
) -> None:
    sources = [path for leaf in LEAVES for path in (before.butler_root(MAIN) / leaf).rglob("*.*")]
    assert len(sources) == DATASETS
    for number, path in enumerate(sources[::2]):
        path.chmod(0o600)
        (tmp_path / f"{number}-of-somebody").hardlink_to(path)
    standing = {path: _inode(path) for path in sources}
    before.done("usdf")
    assert {path: _inode(path) for path in sources} == standing
    carried = {path.stat().st_ino for path in (before.archive / "objects").iterdir()}
    assert len(carried) == DATASETS
    assert carried.isdisjoint(inode for _, inode, _, _ in standing.values())
    assert {path.stat().st_mode & 0o777 for path in (before.archive / "objects").iterdir()} == {0o644}


def _inode(path: Path) -> tuple[int, int, int, int]:
    """Mode, inode, number of names and time of change of a file."""
    found = path.stat()
    return found.st_mode, found.st_ino, found.st_nlink, found.st_mtime_ns


def test_files_of_an_archive_are_named_by_what_they_hold(everywhere: TwoSites) -> None:
    for path in (everywhere.archive / "objects").iterdir():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
        assert path.stat().st_mode & 0o777 == 0o644
