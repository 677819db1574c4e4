"""kill -9 before everything that publishing does to an archive: what has a name is whole, and the next one finishes."""

from __future__ import annotations

import multiprocessing
import os
import stat
from hashlib import sha256
from pathlib import Path

from reconciler.adapters.archive import archive_at
from tests.contract.shelves import Source, data_id
from tests.crash.publisher import dies, publish

SOURCE = Source({data_id(n): f"bias {n}\n".encode() * 700 for n in range(3)})
TICKETS = frozenset({"DM-1"})


def whole(root: Path) -> None:
    """Every object is what its name says; a manifest is there only with all that it names."""
    objects = {path.name: path.read_bytes() for path in root.glob("objects/*")}
    assert all(sha256(content).hexdigest() == name for name, content in objects.items())
    for manifest in archive_at(str(root)).manifests(TICKETS):
        assert {item.sha256 for part in manifest.parts.values() for item in part.items} <= objects.keys()


def readable(path: Path) -> bool:
    """Return whether everybody may read a file, or enter a folder."""
    return stat.S_IMODE(path.stat().st_mode) == (0o755 if path.is_dir() else 0o644)


def test_a_kill_at_any_moment_leaves_only_what_is_whole(tmp_path: Path) -> None:
    (tmp_path / "undisturbed").mkdir()
    manifest = publish(str(tmp_path / "undisturbed"), SOURCE)
    expected = {path.relative_to(tmp_path / "undisturbed") for path in (tmp_path / "undisturbed").rglob("*")}
    for at in range(1000):
        root = tmp_path / str(at)
        root.mkdir()
        if not dies(str(root), SOURCE, at):
            break
        whole(root)
        for left in root.glob(".parts/*"):
            os.utime(left, (0, 0))  # as if it had been left long ago
        assert publish(str(root), SOURCE) == manifest
        assert archive_at(str(root)).manifests(TICKETS) == (manifest,)
        assert {path.relative_to(root) for path in root.rglob("*")} == expected
        assert not [path for path in root.rglob("*") if path.name != ".parts" and not readable(path)]
    assert at > 25  # folders, files, bytes, modes, names


def test_kills_one_after_the_other_are_survived(tmp_path: Path) -> None:
    for at in (2, 7, 11, 16, 3, 9, 20, 25):
        dies(str(tmp_path), SOURCE, at)
        whole(tmp_path)
    manifest = publish(str(tmp_path), SOURCE)
    assert archive_at(str(tmp_path)).manifests(TICKETS) == (manifest,)


def test_many_publish_the_same_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    together = [context.Process(target=publish, args=(str(tmp_path), SOURCE)) for _ in range(4)]
    for one in together:
        one.start()
    for one in together:
        one.join()
    assert [one.exitcode for one in together] == [0] * 4
    whole(tmp_path)
    assert len(archive_at(str(tmp_path)).manifests(TICKETS)) == 1
    assert not list(tmp_path.glob(".parts/*"))
