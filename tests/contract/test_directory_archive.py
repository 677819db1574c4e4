"""An archive in a directory: what only files have, that is modes, links, devices, and the ways they are written."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from reconciler.adapters.archive import archive_at
from reconciler.adapters.archive.directory import Directory
from reconciler.errors import ReconcileError, Unreachable
from tests.contract.shelves import TICKET, DirectoryShelf, Source, data_id, kept, manifest_of, published, two, where
from tests.contract.test_store import TICKETS, read

ROOT = Path(__file__).parents[2]


@pytest.fixture
def shelf(tmp_path: Path) -> DirectoryShelf:
    return DirectoryShelf(tmp_path / "archive")


@pytest.fixture
def closed() -> Iterator[None]:
    """A umask that lets nobody else in."""
    before = os.umask(0o077)
    yield
    os.umask(before)


def modes(root: Path) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {"files": set(), "folders": set()}
    for path in (path for path in root.rglob("*") if path.name != ".parts"):
        found["files" if path.is_file() else "folders"].add(stat.S_IMODE(path.stat().st_mode))
    return found


@pytest.mark.usefixtures("closed")
def test_everybody_may_read_whatever_the_umask_says(shelf: DirectoryShelf) -> None:
    published(shelf.store)
    assert modes(shelf.root) == {"files": {0o644}, "folders": {0o755}}


def test_a_folder_keeps_what_its_parent_says_of_groups(shelf: DirectoryShelf) -> None:
    shelf.root.chmod(0o2755)
    published(shelf.store)
    assert modes(shelf.root)["folders"] == {0o2755}


def test_nothing_unfinished_is_left_beside(shelf: DirectoryShelf) -> None:
    published(shelf.store)
    assert list((shelf.root / ".parts").iterdir()) == []


def test_the_first_files_may_all_come_at_once(tmp_path: Path) -> None:
    """The folder that each makes for its file takes the place of the other's, which is empty yet."""
    together = 8
    for attempt in range(50):
        (root := tmp_path / str(attempt)).mkdir()
        directory, begun = Directory(root), Barrier(together)

        def keep(number: int, directory: Directory = directory, begun: Barrier = begun) -> None:
            with directory.unfinished() as part:
                begun.wait()
                part.keep(f"objects/{number}")

        with ThreadPoolExecutor(together) as pool:
            list(pool.map(keep, range(together)))
        assert len(list((root / "objects").iterdir())) == together


def test_an_object_that_is_mended_takes_a_new_place_and_harms_no_other_name_of_the_old_one(
    shelf: DirectoryShelf, tmp_path: Path
) -> None:
    contents = kept(shelf.store, two())
    path = shelf.root / "objects" / next(iter(contents.values())).sha256
    path.write_bytes(b"half")
    (tmp_path / "elsewhere").hardlink_to(path)
    kept(shelf.store, two())
    assert path.stat().st_size == 4000
    assert (tmp_path / "elsewhere").read_bytes() == b"half"


def test_what_was_begun_long_ago_is_removed_and_what_is_new_stays(shelf: DirectoryShelf) -> None:
    published(shelf.store)
    old, new = (shelf.root / ".parts" / name for name in ("old", "new"))
    for path in (old, new):
        path.write_bytes(b"half of")
    os.utime(old, (0, 0))
    kept(shelf.again(), two())
    assert not old.exists()
    assert new.exists()


def link(path: Path) -> None:
    target = path.with_name("target")
    path.rename(target)
    path.symlink_to(target)


def nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("/nowhere")


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def plugged(path: Path) -> None:
    path.unlink()
    here = Path.cwd()
    os.chdir(path.parent)  # the name of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as plug:
            plug.bind(path.name)
    finally:
        os.chdir(here)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def device(path: Path) -> None:
    path.unlink()
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))  # /dev/zero, which never ends
    except PermissionError:
        pytest.skip("only root makes devices")


STRANGE: list[tuple[Callable[[Path], None], str]] = [
    (link, "a symbolic link"),
    (nowhere, "a symbolic link"),
    (pipe, "a pipe"),
    (plugged, "a device or a socket"),
    (device, "a device or a socket"),
    (folder, "a folder"),
]
STRANGERS = pytest.mark.parametrize(("become", "kind"), STRANGE, ids=lambda one: getattr(one, "__name__", ""))


def picture(root: Path) -> dict[str, tuple[int, int]]:
    """Return how everything stands, without following or opening anything."""
    return {str(p): (p.lstat().st_mode, p.lstat().st_size) for p in root.rglob("*") if p.name != ".parts"}


@STRANGERS
def test_an_object_that_is_no_plain_file_is_refused_by_name(
    shelf: DirectoryShelf, become: Callable[[Path], None], kind: str
) -> None:
    source = two()
    manifest = published(shelf.store, source)
    piece = shelf.store.pieces(next(iter(manifest.parts.values())))[0]
    assert piece.content is not None
    name = f"objects/{piece.content.sha256}"
    become(shelf.root / name)
    before = picture(shelf.root)
    for act in (
        lambda: read(piece),
        lambda: shelf.store.sizes(frozenset({name.removeprefix("objects/")})),
        lambda: kept(shelf.store, source),
        lambda: shelf.store.publish(manifest),
    ):
        with pytest.raises(ReconcileError, match=rf"{name} is {kind} and ought to be a plain file"):
            act()
    assert picture(shelf.root) == before


@STRANGERS
def test_a_manifest_that_is_no_plain_file_is_refused_by_name(
    shelf: DirectoryShelf, become: Callable[[Path], None], kind: str
) -> None:
    manifest = published(shelf.store)
    become(shelf.root / where(manifest))
    before = picture(shelf.root)
    for act in (lambda: shelf.store.manifests(TICKETS), lambda: shelf.store.publish(manifest)):
        with pytest.raises(ReconcileError, match=rf"{where(manifest)} is {kind} and ought to be a plain file"):
            act()
    assert picture(shelf.root) == before


@pytest.mark.parametrize("name", ["objects", "sets", f"sets/{TICKET}"])
def test_a_folder_that_is_a_link_is_refused_by_name(shelf: DirectoryShelf, name: str) -> None:
    manifest = published(shelf.store)
    link(shelf.root / name)
    pieces = shelf.store.pieces(next(iter(manifest.parts.values())))
    acts = [lambda: read(pieces[0])] if name == "objects" else [lambda: shelf.store.manifests(TICKETS)]
    for act in (*acts, lambda: shelf.store.publish(manifest)):
        with pytest.raises(ReconcileError, match=rf"{name} is a symbolic link and ought to be a folder"):
            act()


def test_the_directory_itself_may_stand_elsewhere(shelf: DirectoryShelf, tmp_path: Path) -> None:
    manifest = published(shelf.store)
    (tmp_path / "link").symlink_to(shelf.root)
    assert archive_at(str(tmp_path / "link")).manifests(TICKETS) == (manifest,)


def test_a_directory_that_is_not_there_is_unreachable_and_is_not_made(tmp_path: Path) -> None:
    away = archive_at(str(tmp_path / "away"))
    for act in (
        lambda: away.manifests(TICKETS),
        lambda: away.sizes(frozenset({"0" * 64})),
        lambda: kept(away, two()),
        lambda: away.publish(manifest_of({})),
        away.tickets,
    ):
        with pytest.raises(Unreachable, match=r"there is no such directory\n.*Is it mounted\?"):
            act()
    assert not (tmp_path / "away").exists()


LOOKS = """
import sys
from reconciler.adapters.archive import archive_at
from reconciler.errors import Unreachable
from tests.contract.shelves import kept, two
store = archive_at(sys.argv[1])
for act in (lambda: store.manifests(frozenset({"DM-1"})), lambda: kept(store, two())):
    try:
        act()
    except Unreachable as error:
        print(error.message)
"""


def test_what_may_not_be_read_or_written_is_told(shelf: DirectoryShelf) -> None:
    published(shelf.store)
    (shelf.root / f"sets/{TICKET}").chmod(0)
    (shelf.root / ".parts").chmod(0o500)
    # Permissions count for root, too, without its capabilities.
    plainly = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*plainly, sys.executable, "-c", LOOKS, str(shelf.root)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    (shelf.root / f"sets/{TICKET}").chmod(0o755)
    assert done.stdout.splitlines() == [
        f"archive {shelf.root}: cannot list sets/{TICKET}: Permission denied",
        f"archive {shelf.root}: cannot write: Permission denied",
    ]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB; only root may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    mounted = subprocess.run(command, capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_told_and_it_goes_on_when_there_is_room(small_disk: Path) -> None:
    filler, source = small_disk / "filler", Source({data_id(n): bytes([n]) * 300_000 for n in range(4)})
    filler.write_bytes(bytes(1_200_000))
    store = archive_at(str(small_disk))
    with pytest.raises(Unreachable, match=rf"archive {small_disk}: cannot write: No space left on device\n.*goes on"):
        kept(store, source)
    assert list(small_disk.glob(".parts/*")) == []
    filler.unlink()
    assert store.manifests(TICKETS) == ()
    published(store, source)
    assert len(list(small_disk.glob("objects/*"))) == 4
