"""Sets on a disk: to a site without a path to the archive, and to people who have plain Butler only."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lsst.daf.butler import Butler, CollectionType

from tests.e2e import desk as desks
from tests.e2e.desk import CHAIN, INSTRUMENT, PUBLIC, SITE, SPEC, TICKET, Desk, leaf

BUTLER = Path(sys.executable).with_name("butler")
WINTER = {"begin": "2024-12-01T00:00:00.000000001", "end": "2025-03-01T12:30:00"}
SKIPPED = ("-s", "instrument", "-s", "detector", "-s", "physical_filter")


@pytest.fixture(scope="module")
def published_desk(applied_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Everything built, and published into `archive`, and another site without anything."""
    desk = desks.copy(applied_desk, tmp_path_factory.mktemp("published") / "desk")
    desk.write(".gitignore", "repo/\narchive/\nelsewhere/\n.reconcile/\n")
    desk.edit(SITE, lambda site: site.update(archive="archive"))
    away = desks.site(
        site="away", archive="elsewhere", repositories={"cam": {"butler": "none", "instruments": [INSTRUMENT]}}
    )
    desk.write("sites/away.yaml", away)
    desk.edit(SPEC, lambda spec: spec.update(deployment={"ticket": "DM-9", "repositories": {"away/cam": {}}}))
    desk.edit(SPEC, lambda spec: spec["products"].update(dark={"certify": WINTER}))
    desk.commit("distribute")
    for name in ("archive", "elsewhere"):
        (desk.root / name).mkdir()
    said = desk.apply("--site", "here")
    assert said.code == 0, said.everything
    return desk


@pytest.fixture
def desk(published_desk: Desk, tmp_path: Path) -> Desk:
    return desks.copy(published_desk, tmp_path / "desk")


def tree(root: Path) -> dict[str, bytes]:
    found = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): path.read_bytes() for path in found}


def pack(desk: Desk, disk: Path) -> Any:
    return desk.done("courier", "pack", TICKET, "--into", disk, "--site", "here", "--json").json[TICKET]


def unpack(desk: Desk, disk: Path) -> Any:
    return desk.done("courier", "unpack", disk, "--site", "away", "--json").json[TICKET]


def test_a_set_goes_on_a_disk_to_another_site(desk: Desk, tmp_path: Path) -> None:
    disk = tmp_path / "below" / "disk"
    loaded = pack(desk, disk)
    assert loaded.pop("size") > 0
    assert loaded == {"manifests": 1, "files": 4, "copied": 2}  # both detectors have the same bytes
    assert tree(disk) == tree(desk.root / "archive")
    unpack(desk, disk)
    assert tree(desk.root / "elsewhere") == tree(desk.root / "archive")


def test_what_is_there_is_not_carried_again_and_what_is_lacking_is(desk: Desk, tmp_path: Path) -> None:
    pack(desk, tmp_path / "disk")
    whole = tree(tmp_path / "disk")
    assert pack(desk, tmp_path / "disk")["copied"] == 0
    next((tmp_path / "disk" / "objects").iterdir()).unlink()
    next((tmp_path / "disk" / "sets").rglob("manifest.json")).unlink()
    assert pack(desk, tmp_path / "disk")["copied"] == 1
    assert tree(tmp_path / "disk") == whole


def test_it_is_told_in_words_what_comes_next(desk: Desk, tmp_path: Path) -> None:
    said = desk.done("courier", "pack", TICKET, "--into", tmp_path / "disk", "--site", "here").out
    assert "DM-1: 1 manifest, 4 files (2 copied, 0.0 MB)" in said
    assert f"reconcile courier unpack {tmp_path / 'disk'}" in said
    said = desk.done("courier", "unpack", tmp_path / "disk", "--site", "away").out
    assert "reconcile plan" in said
    assert "all there already" in desk.done("courier", "unpack", tmp_path / "disk", "--site", "away").out


def test_a_damaged_disk_is_refused_by_name_and_nothing_counts(desk: Desk, tmp_path: Path) -> None:
    pack(desk, tmp_path / "disk")
    harmed = min((tmp_path / "disk" / "objects").iterdir())
    content = harmed.read_bytes()
    harmed.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    said = desk.run("courier", "unpack", tmp_path / "disk", "--site", "away")
    assert said.code == 1
    assert f"objects/{harmed.name}, which sets/DM-1/" in said.err
    assert "is damaged: its sha256 is" in said.err
    assert not [name for name in tree(desk.root / "elsewhere") if harmed.name in name or "manifest" in name]
    harmed.write_bytes(content)
    assert unpack(desk, tmp_path / "disk")["copied"] >= 1


def test_a_disk_that_says_something_else_of_a_generation_is_refused(desk: Desk, tmp_path: Path) -> None:
    from reconciler.adapters.archive import archive_at
    from reconciler.archive import Item, Manifest, Part
    from tests.contract.shelves import Source, kept

    (mine,) = archive_at(str(desk.root / "archive")).manifests(frozenset({TICKET}))
    name, part = next(iter(mine.parts.items()))
    (tmp_path / "disk").mkdir()
    disk = archive_at(str(tmp_path / "disk"))
    (content,) = kept(disk, Source({"instrument=TestCam,detector=0": b"forged"})).values()
    forged = tuple(Item(i.dataset_type, i.data_id, i.uuid, i.path, content.sha256, content.size) for i in part.items)
    disk.publish(Manifest(mine.instrument, TICKET, mine.definitions, {name: Part(part.seal, forged)}))
    before = tree(desk.root / "archive")
    said = desk.run("courier", "unpack", tmp_path / "disk", "--site", "here")
    assert said.code == 1
    assert f"two manifests name different contents of {name}" in said.err
    assert tree(desk.root / "archive") == before


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (("pack", "DM-7", "--into", "{}/x", "--site", "here"), 1, "nothing was published of DM-7"),
        (("pack", "../x", "--into", "{}/x", "--site", "here"), 1, "cannot name a folder"),
        (("unpack", "{}/nowhere", "--site", "here"), 11, "there is no such directory"),
        (("unpack", "{}", "--site", "here"), 1, "nothing was packed into"),
        (("export", "DM-7", "--into", "{}/x", "--site", "here"), 64, "no spec of DM-7; there are DM-1"),
        (("export", TICKET, "--into", "{}/x", "--site", "away"), 1, "is not in the archive"),
        (("export", TICKET, "--into", "/proc/x", "--site", "here"), 11, "/proc/x: cannot make it"),
    ],
)
def test_what_cannot_be_done_is_told(
    desk: Desk, tmp_path: Path, arguments: tuple[str, ...], code: int, expected: str
) -> None:
    (tmp_path / "empty").mkdir()
    said = desk.run("courier", *(one.format(tmp_path / "empty") for one in arguments))
    assert said.code == code, said.everything
    assert expected in said.err


def test_a_site_without_an_archive_says_so(applied: Desk, tmp_path: Path) -> None:
    said = applied.run("courier", "pack", TICKET, "--into", tmp_path / "disk")
    assert said.code == 64
    assert "site here has no archive" in said.err


# For people without this tool


def butler(*arguments: str | Path) -> str:
    done = subprocess.run([BUTLER, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def empty(desk: Desk, tmp_path: Path) -> Path:
    """Somebody's repository that has the instrument, and a top-level chain of their own."""
    root = tmp_path / "theirs"
    Butler.makeRepo(str(root))
    with Butler.from_config(str(root), writeable=True) as theirs, desk.butler() as ours:
        for element in ("instrument", "detector", "physical_filter"):
            theirs.registry.insertDimensionData(element, *ours.query_dimension_records(element))
        theirs.collections.register(f"{PUBLIC}/LOCAL", CollectionType.CALIBRATION)
        theirs.collections.register(PUBLIC, CollectionType.CHAINED)
        theirs.collections.redefine_chain(PUBLIC, [f"{PUBLIC}/LOCAL"])
    return root


def exported(desk: Desk, into: Path) -> Path:
    desk.done("courier", "export", TICKET, "--into", into, "--site", "here")
    return into


def certified(repository: Any) -> dict[str, list[tuple[str, str, str]]]:
    """Return collection -> (data ID, validity, UUID) of everything that is certified."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    types = {CollectionType.CALIBRATION}
    for name in ("bias", "dark"):
        for one in repository.registry.queryDatasetAssociations(name, collections=..., collectionTypes=types):
            row = (str(one.ref.dataId), str(one.timespan.nsec), str(one.ref.id))
            found.setdefault(one.collection, []).append(row)
    return {name: sorted(rows) for name, rows in found.items()}


def test_plain_butler_takes_an_export_into_an_empty_repository(desk: Desk, empty: Path, tmp_path: Path) -> None:
    into = exported(desk, tmp_path / "export")
    butler("import", empty, into, "--transfer", "copy", *SKIPPED)
    with Butler.from_config(str(empty)) as theirs, desk.butler() as ours:
        assert certified(theirs) == certified(ours)
        assert len(certified(theirs)[leaf("bias")]) == len(certified(theirs)[leaf("dark")]) == 2
        children = {name: theirs.collections.get_info(name).children for name in (PUBLIC, CHAIN)}
        assert children == {PUBLIC: (f"{PUBLIC}/LOCAL",), CHAIN: ours.collections.get_info(CHAIN).children}
        for dataset_type in ("bias", "dark"):
            for one in theirs.registry.queryDatasetAssociations(dataset_type, collections=leaf(dataset_type)):
                assert theirs.get(one.ref) == ours.get(ours.get_dataset(one.ref.id))


def test_an_export_holds_nothing_that_others_share(desk: Desk, tmp_path: Path) -> None:
    into = exported(desk, tmp_path / "export")
    text = (into / "export.yaml").read_text()
    assert f"name: {PUBLIC}\n" not in text
    assert "type: dimension\n" not in text


def test_everybody_may_read_an_export(desk: Desk, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        into = exported(desk, tmp_path / "export")
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (into, *into.rglob("*"))}
    assert modes == {0o755, 0o644}
    assert len([path for path in into.rglob("*") if path.is_file()]) == 5


def test_an_export_may_be_made_again_but_not_among_other_things(desk: Desk, tmp_path: Path) -> None:
    first = tree(exported(desk, tmp_path / "export"))
    assert tree(exported(desk, tmp_path / "export")) == first
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter").write_text("dear")
    said = desk.run("courier", "export", TICKET, "--into", tmp_path / "home", "--site", "here")
    assert said.code == 1
    assert "is not empty" in said.err
    assert tree(tmp_path / "home") == {"letter": b"dear"}
