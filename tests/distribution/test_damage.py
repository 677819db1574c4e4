"""What is damaged, or forged, in an archive is refused by name, and what it would be at the site is not there."""

from __future__ import annotations

import json
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.record import COLLECTION as RECORD
from tests.distribution.kept import Kept, kept, objects, rows
from tests.distribution.two_sites import CURATED, DETECTORS, EMBARGO, LEAVES, MAIN, SUMMIT, TAGGED, Said, TwoSites
from tests.several import deployment
from tests.worlds import INSTRUMENT, PUBLIC, TICKET, Ask, calibration_set, chain

BIAS = LEAVES[0]
CERTIFIED, DARK = f"{TICKET}/trial/bias.20250207a", f"{TICKET}/trial/dark.20250207a"
"""Where bias and dark are certified."""
DATA_ID = "instrument=TestCam,detector=17"
DAMAGED = f"bias {DATA_ID}"
"""The dataset to which it happens, between others."""


def manifest(world: TwoSites) -> Path:
    """Where the manifest of the set of bias and dark stands."""
    (found,) = (world.archive / "sets" / "DM-1").glob("*/manifest.json")
    return found


def damaged_object(world: TwoSites) -> Path:
    """Where the object of the dataset stands."""
    items = json.loads(manifest(world).read_text())["parts"][BIAS]["items"]
    (digest,) = (item["sha256"] for item in items if item["data_id"] == DATA_ID)
    return world.archive / "objects" / str(digest)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def link(path: Path) -> None:
    """Put a link to a file that holds the right bytes."""
    path.symlink_to(path.rename(path.parents[2] / "elsewhere"))


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def device(path: Path) -> None:
    """Put a device, or a socket where nobody may make one."""
    path.unlink()
    try:
        os.mknod(path, stat.S_IFCHR | 0o644, os.makedev(1, 3))
    except PermissionError:
        with socket.socket(socket.AF_UNIX) as other:
            here = Path.cwd()
            os.chdir(path.parent)  # the names of sockets are short
            try:
                other.bind(path.name)
            finally:
                os.chdir(here)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def refused(world: TwoSites) -> Said:
    """Let the summit apply; it is refused as people can understand."""
    said = world.apply("summit")
    assert said.code not in (0, 70), said.text
    assert "Traceback" not in said.text
    return said


def all_but_the_bias(there: Kept, before: Kept, whole: Kept) -> None:
    """What a site has besides what it had is what it would have of the other generations, and nothing else.

    Neither is the ticket tagged, nor does the public chain lead to it, before all of it is there.
    """
    lost = {uuid for uuid, (_, _, run, _) in whole.datasets.items() if run.startswith(BIAS)}
    assert there.datasets == {uuid: one for uuid, one in whole.datasets.items() if uuid not in lost}
    assert there.files == {path: digest for path, digest in whole.files.items() if not path.startswith(BIAS)}
    assert there.associations == {one for one in whole.associations if one[3] not in lost and one[0] != TAGGED}
    gone = {name for name in whole.collections if name.startswith(BIAS)} | {CERTIFIED, TAGGED}
    expected = {name: one for name, one in whole.collections.items() if name not in gone} | {
        TICKET: ("CHAINED", (DARK,), ""),
        PUBLIC: ("CHAINED", (CURATED, *before.collections[PUBLIC][1]), ""),
    }
    record = json.loads(there.collections[RECORD][2])["record"]
    assert record == {"place": SUMMIT, "applied": None, "owned": [[PUBLIC, CURATED, "chain"], [TICKET, DARK, "set"]]}
    assert there.collections == {**expected, RECORD: there.collections[RECORD]}


def nothing_but_the_bias(world: TwoSites) -> None:
    """Let the specs ask for nothing else."""
    base = f"specs/{INSTRUMENT}"
    spec, lock = calibration_set([Ask("bias")], deployment=deployment(**{SUMMIT: {"protect": True}}))
    locked = lock.model_dump(mode="json", exclude_unset=True)
    locked["products"]["bias"]["detectors"] = f"0..{DETECTORS[-1]}"
    world.write(f"{base}/DM-1.yaml", spec)
    world.write(f"{base}/DM-1.lock.yaml", yaml.safe_dump(locked))
    world.write(f"{base}/chain.yaml", chain(TICKET))
    (world.root / base / "DM-2.yaml").unlink()
    world.commit("bias alone")


def comes_after_all(world: TwoSites, undisturbed: dict[str, Kept]) -> None:
    """The origin publishes it again, and the summit has everything."""
    world.done("usdf")
    world.done("summit")
    assert kept(world, SUMMIT) == undisturbed[SUMMIT]


def test_an_object_of_which_a_bit_has_flipped_is_refused_and_nothing_of_its_generation_is_written(
    world: TwoSites, undisturbed: dict[str, Kept]
) -> None:
    before, there = objects(world.archive), kept(world, SUMMIT)
    flip(path := damaged_object(world))
    said = refused(world)
    assert said.code == 8
    assert DAMAGED in said.text
    assert f"objects/{path.name}" in said.text
    all_but_the_bias(kept(world, SUMMIT), there, undisturbed[SUMMIT])
    path.unlink()
    comes_after_all(world, undisturbed)
    assert objects(world.archive) == before


def test_where_bits_have_flipped_in_all_objects_nothing_is_written_at_all(world: TwoSites) -> None:
    before = kept(world, SUMMIT)
    for path in (world.archive / "objects").iterdir():
        flip(path)
    said = refused(world)
    assert said.text.count("is damaged") > 1
    assert kept(world, SUMMIT) == before


@pytest.mark.parametrize("damage", [truncate, Path.unlink])
def test_an_object_that_is_not_whole_is_named_and_nothing_of_its_generation_is_fetched(
    world: TwoSites, undisturbed: dict[str, Kept], damage: Callable[[Path], None]
) -> None:
    before = kept(world, SUMMIT)
    damage(damaged_object(world))
    said = refused(world)
    assert said.code == 1
    assert DAMAGED in said.text
    all_but_the_bias(kept(world, SUMMIT), before, undisturbed[SUMMIT])
    comes_after_all(world, undisturbed)


@pytest.mark.parametrize("damage", [flip, truncate, Path.unlink])
def test_where_nothing_else_is_to_come_nothing_is_written_at_all(
    world: TwoSites, damage: Callable[[Path], None]
) -> None:
    nothing_but_the_bias(world)
    before, database = kept(world, SUMMIT), rows(world.butler_root(SUMMIT))
    damage(path := damaged_object(world))
    assert DAMAGED in refused(world).text
    assert kept(world, SUMMIT) == before
    assert rows(world.butler_root(SUMMIT)) == database
    path.unlink(missing_ok=True)
    world.done("usdf")
    world.done("summit")
    assert len(kept(world, SUMMIT).datasets) == len(before.datasets) + len(DETECTORS)


@pytest.mark.parametrize("damage", [flip, truncate, Path.unlink])
def test_where_all_else_has_come_nothing_more_is_written(
    world: TwoSites, undisturbed: dict[str, Kept], damage: Callable[[Path], None]
) -> None:
    first = kept(world, SUMMIT)
    damage(damaged_object(world))
    refused(world)
    before, database = kept(world, SUMMIT), rows(world.butler_root(SUMMIT))
    all_but_the_bias(before, first, undisturbed[SUMMIT])
    assert DAMAGED in refused(world).text
    assert kept(world, SUMMIT) == before
    assert rows(world.butler_root(SUMMIT)) == database


@pytest.mark.parametrize("damage", [link, pipe, device, folder])
def test_something_else_in_the_place_of_an_object_is_refused_and_nothing_is_written(
    world: TwoSites, damage: Callable[[Path], None]
) -> None:
    before = kept(world, SUMMIT)
    damage(path := damaged_object(world))
    said = refused(world)
    assert f"objects/{path.name}" in said.text
    assert kept(world, SUMMIT) == before


@pytest.mark.parametrize("damage", [flip, truncate, link, pipe, device, folder])
def test_something_else_in_the_place_of_a_manifest_is_refused_and_nothing_is_written(
    world: TwoSites, damage: Callable[[Path], None]
) -> None:
    before = kept(world, SUMMIT)
    damage(path := manifest(world))
    said = refused(world)
    assert str(path.relative_to(world.archive)) in said.text
    assert kept(world, SUMMIT) == before


OTHER = "01a218cb-0078-77c4-80cd-000000000000"


def _in_item(**changed: str) -> Callable[[Any], None]:
    def change(part: Any) -> None:
        (item,) = (item for item in part["items"] if item["data_id"] == DATA_ID)
        item.update(changed)

    return change


def _in_both(part: Any) -> None:
    """Name another UUID in the seal too, so that the manifest agrees with itself."""
    _in_item(uuid=OTHER)(part)
    part["seal"]["datasets"]["bias"][DATA_ID] = OTHER


def _another_run(part: Any) -> None:
    part["seal"]["run"] = f"{BIAS}/../../../../elsewhere"


@pytest.mark.parametrize(
    ("forgery", "told"),
    [
        pytest.param(_in_item(uuid=OTHER), OTHER, id="another UUID"),
        pytest.param(_in_both, "content root", id="another UUID in item and seal"),
        pytest.param(_in_item(uuid="no-uuid"), "uuid", id="no UUID"),
        pytest.param(_in_item(path="../../etc/passwd"), "../../etc/passwd", id="climbs out"),
        pytest.param(_in_item(path="a/../../b.yaml"), "a/../../b.yaml", id="climbs out of the middle"),
        pytest.param(_in_item(path="/etc/passwd"), "/etc/passwd", id="absolute"),
        pytest.param(_in_item(sha256="../../../etc/passwd"), "sha256", id="an object elsewhere"),
        pytest.param(_in_item(data_id="instrument=TestCam,detector=../1"), "'../1'", id="another data ID"),
        pytest.param(_another_run, "is not a RUN of it", id="a RUN elsewhere"),
    ],
)
def test_a_manifest_that_says_what_cannot_be_is_refused_and_nothing_is_written(
    world: TwoSites, forgery: Callable[[Any], None], told: str
) -> None:
    before = kept(world, SUMMIT)
    path = manifest(world)
    content = json.loads(path.read_text())
    forgery(content["parts"][BIAS])
    path.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    said = refused(world)
    assert said.code == 1
    assert str(path.relative_to(world.archive)) in said.text
    assert told in said.text
    assert kept(world, SUMMIT) == before


def test_an_archive_that_is_not_mounted_leaves_the_site_as_it_is(world: TwoSites) -> None:
    before = kept(world, SUMMIT)
    world.archive.rename(world.root / "unmounted")
    said = refused(world)
    assert said.code == 11
    assert "Is it mounted?" in said.text
    assert kept(world, SUMMIT) == before


def test_what_has_rotted_at_the_origin_since_it_was_published_does_not_go_to_its_neighbour(world: TwoSites) -> None:
    """A lost file is brought back from the repository that has it, under the digest that the manifest has."""
    before = kept(world, EMBARGO)
    uuid, (*_, path) = next((u, one) for u, one in before.datasets.items() if one[2].startswith(BIAS))
    (world.butler_root(EMBARGO) / path).unlink()
    without = kept(world, EMBARGO)
    flip(made := world.butler_root(MAIN) / kept(world, MAIN).datasets[uuid][-1])
    said = world.apply("usdf")
    assert said.code == 8, said.text
    assert uuid in said.text
    assert kept(world, EMBARGO) == without
    flip(made)
    world.done("usdf")
    assert kept(world, EMBARGO) == before
