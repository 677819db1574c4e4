"""One suite for every archive: in memory, in a directory, in a bucket of S3."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from reconciler.adapters.archive import ArchiveStore
from reconciler.archive import Manifest
from reconciler.content import Content
from reconciler.errors import ReconcileError
from reconciler.parcel import Piece
from reconciler.seals import Construction, Seal, digest
from tests.contract.shelves import (
    LEAF,
    RUN,
    TICKET,
    BucketShelf,
    DirectoryShelf,
    MemoryShelf,
    Shelf,
    Source,
    data_id,
    kept,
    manifest_of,
    path,
    published,
    two,
    uuid,
    where,
)

TICKETS = frozenset({TICKET})


@pytest.fixture(params=["memory", "directory", "s3"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    if request.param == "memory":
        return MemoryShelf()
    if request.param == "directory":
        return DirectoryShelf(tmp_path / "archive")
    return BucketShelf(request.getfixturevalue("bucket"))


@pytest.fixture
def store(shelf: Shelf) -> ArchiveStore:
    return shelf.store


def content(data_id: str, held: bytes) -> Content:
    return Content(uuid(data_id), sha256(held).hexdigest(), len(held))


def unheard(_: Content) -> None:
    """Listen to no progress."""


def read(piece: Piece) -> bytes:
    with piece.open() as stream:
        return b"".join(iter(lambda: stream.read(700), b""))


# Keeping files


def test_files_are_kept_by_what_they_hold_and_told_in_order(shelf: Shelf) -> None:
    source, told = two(), []
    found = shelf.store.keep(source.pieces(), told.append)
    assert found == tuple(told) == tuple(content(d, held) for d, held in source.contents.items())
    assert shelf.files() == {f"objects/{sha256(held).hexdigest()}": held for held in source.contents.values()}
    assert set(source.opened.values()) == {1}


def test_two_datasets_that_hold_the_same_are_one_object(shelf: Shelf) -> None:
    source = Source({data_id(0): b"same", data_id(1): b"same"})
    assert [one.uuid for one in kept(shelf.store, source).values()] == [uuid(data_id(0)), uuid(data_id(1))]
    assert len(shelf.files()) == 1


def test_nothing_is_copied_of_nothing(shelf: Shelf) -> None:
    assert shelf.store.keep((), unheard) == ()
    assert shelf.files() == {}


def test_an_empty_file_is_an_object_too(shelf: Shelf) -> None:
    (empty,) = kept(shelf.store, Source({data_id(0): b""})).values()
    assert shelf.store.sizes(frozenset({empty.sha256})) == {empty.sha256: 0}


def test_what_is_there_by_its_digest_is_not_read_again(shelf: Shelf) -> None:
    contents = kept(shelf.store, two())
    source, told = two(), []
    assert shelf.again().keep(source.pieces(contents), told.append) == tuple(contents.values())
    assert told == []
    assert set(source.opened.values()) == {0}


def test_a_file_that_is_not_what_its_piece_says_is_refused_by_name(shelf: Shelf) -> None:
    source = two()
    wrong = {data_id(1): content(data_id(1), b"something else")}
    with pytest.raises(ReconcileError, match=rf"bias {data_id(1)} .*does not hold what it must"):
        shelf.store.keep(source.pieces(wrong), unheard)
    assert set(shelf.files()) <= {f"objects/{content(data_id(0), source.contents[data_id(0)]).sha256}"}


def test_a_dataset_of_another_uuid_than_its_content_says_is_refused(shelf: Shelf) -> None:
    contents = kept(shelf.store, two())
    other = replace(contents[data_id(0)], uuid=uuid("another"))
    with pytest.raises(ReconcileError, match="does not hold what it must"):
        shelf.store.keep((two().piece(data_id(0), other),), unheard)


def test_what_was_copied_before_an_error_stays(shelf: Shelf) -> None:
    source = Source({data_id(n): str(n).encode() * 100 for n in range(20)})

    def gone() -> Any:
        raise ReconcileError("the file is gone")

    pieces = (*source.pieces(), replace(source.piece(data_id(0)), open=gone))
    with pytest.raises(ReconcileError, match="the file is gone"):
        shelf.store.keep(pieces, unheard)
    assert len(shelf.files()) == 20


def test_a_truncated_object_is_mended_by_the_bytes_that_it_is_named_by(shelf: Shelf) -> None:
    contents = kept(shelf.store, two())
    damaged = f"objects/{contents[data_id(0)].sha256}"
    whole = shelf.files()
    for how in (lambda source: source.pieces(), lambda source: source.pieces(contents)):
        shelf.write(damaged, b"zero")
        assert shelf.store.sizes(frozenset({contents[data_id(0)].sha256})) == {contents[data_id(0)].sha256: 4}
        shelf.again().keep(how(two()), unheard)
        assert shelf.files() == whole


def test_sizes_are_told_of_what_is_there(shelf: Shelf) -> None:
    contents = kept(shelf.store, two())
    asked = frozenset({*(one.sha256 for one in contents.values()), "0" * 64})
    assert shelf.again().sizes(asked) == {one.sha256: one.size for one in contents.values()}
    assert shelf.store.sizes(frozenset()) == {}


# Manifests


def test_a_manifest_comes_back_as_it_was_published(shelf: Shelf) -> None:
    manifest = published(shelf.store)
    assert shelf.again().manifests(TICKETS) == (manifest,)
    assert shelf.store.tickets() == TICKETS
    assert where(manifest) in shelf.files()


def test_a_manifest_keeps_how_its_generations_came_about(shelf: Shelf) -> None:
    manifest = manifest_of(kept(shelf.store, two()))
    part = manifest.parts[LEAF]
    how = Construction(
        "bps_bias.yaml", "CP_PIPE_DIR", {"TAG": "x"}, ("a", "b"), versions={"numpy": "2"}, failures=("",)
    )
    told = replace(manifest, parts={LEAF: replace(part, seal=replace(part.seal, construction=how))})
    shelf.store.publish(told)
    assert shelf.again().manifests(TICKETS) == (told,)


def test_nothing_was_published_of_other_tickets(shelf: Shelf) -> None:
    assert shelf.store.tickets() == frozenset()
    assert shelf.store.manifests(TICKETS) == ()
    published(shelf.store)
    assert shelf.store.manifests(frozenset({"DM-2"})) == ()


def test_the_same_manifest_again_is_nothing(shelf: Shelf) -> None:
    manifest = published(shelf.store)
    before = shelf.files()
    shelf.again().publish(manifest)
    assert shelf.files() == before


def test_the_bytes_of_a_manifest_do_not_depend_on_the_order_of_its_items(shelf: Shelf) -> None:
    manifest = published(shelf.store)
    part = manifest.parts[LEAF]
    shelf.store.publish(replace(manifest, parts={LEAF: replace(part, items=part.items[::-1])}))
    assert len(shelf.store.manifests(TICKETS)) == 1


def test_two_manifests_of_a_ticket_stand_side_by_side(shelf: Shelf) -> None:
    first = published(shelf.store)
    contents = kept(shelf.store, Source({data_id(2): b"two"}))
    second = manifest_of(contents)
    part, leaf = second.parts[LEAF], f"{LEAF[:-1]}b"
    seal = replace(part.seal, run=part.seal.run.replace(LEAF, leaf))
    second = replace(second, parts={leaf: replace(part, seal=seal)})
    shelf.store.publish(second)
    assert set(map(where, shelf.store.manifests(TICKETS))) == {where(first), where(second)}


def test_a_manifest_is_refused_while_an_object_is_lacking_or_short(shelf: Shelf) -> None:
    contents = kept(shelf.store, two())
    objects = [f"objects/{one.sha256}" for one in contents.values()]
    shelf.write(objects[0], b"short")
    shelf.remove(objects[1])
    with pytest.raises(
        ReconcileError, match=r"2 objects that the manifest of DM-1 names are not there, first objects/"
    ):
        shelf.store.publish(manifest_of(contents))
    assert shelf.store.manifests(TICKETS) == ()


def test_another_manifest_of_the_same_contents_is_refused(shelf: Shelf) -> None:
    manifest = published(shelf.store)
    part = manifest.parts[LEAF]
    other = replace(manifest, parts={LEAF: replace(part, seal=replace(part.seal, recipe="sha256:2"))})
    assert other.root == manifest.root
    with pytest.raises(ReconcileError, match="something else of the same contents"):
        shelf.store.publish(other)
    assert shelf.store.manifests(TICKETS) == (manifest,)


def test_a_ticket_that_is_no_name_of_a_folder_is_refused(store: ArchiveStore) -> None:
    for ticket in ("..", "a/b", "", ".hidden", "DM-1\n"):
        with pytest.raises(ReconcileError, match="cannot name a folder"):
            store.manifests(frozenset({ticket}))


# What nobody may believe


def edited(change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any], bytes], bytes]:
    """Return how a manifest's text is changed in one place, canonically written."""

    def edit(document: dict[str, Any], _: bytes) -> bytes:
        change(document)
        return (json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()

    return edit


def item(**changed: object) -> Callable[[dict[str, Any], bytes], bytes]:
    return edited(lambda document: document["parts"][LEAF]["items"][0].update(changed))


def field(*path: str, value: object) -> Callable[[dict[str, Any], bytes], bytes]:
    def change(document: dict[str, Any]) -> None:
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = value

    return edited(change)


OTHER = "00000000-0000-4000-8000-000000000000"
DAMAGES: dict[str, tuple[Callable[[dict[str, Any], bytes], bytes], str]] = {
    "half of it": (lambda _, text: text[: len(text) // 2], "it is no JSON"),
    "empty": (lambda _, text: b"", "it is no JSON"),
    "no text": (lambda _, text: b"\xff\xfe" + text, "it is no JSON"),
    "a list": (lambda _, text: b"[]\n", "valid dictionary"),
    "nested a million times": (lambda _, text: b"[" * 1_000_000, "nested too deeply|no JSON"),
    "a number of a million digits": (lambda _, text: b'{"format":' + b"1" * 1_000_000 + b"}", "4300"),
    "a flipped bit in a name": (lambda _, text: text.replace(b"biasGen", b"biasGeo"), "content root"),
    "a blank more": (lambda _, text: text.replace(b"{", b"{ ", 1), "not written as this program writes it"),
    "the same key twice": (lambda _, text: text.replace(b'"ticket"', b'"ticket": "DM-1",\n "ticket"'), "ticket twice"),
    "no number": (lambda _, text: text.replace(b'"size": 4000', b'"size": NaN'), "NaN is no number"),
    "a newer format": (field("format", value=2), r"format 2; this version reads 1"),
    "a format that is no number": (field("format", value=True), "valid integer|format True"),
    "no format": (edited(lambda document: document.pop("format")), "format: Field required"),
    "more than there should be": (field("comment", value="hello"), "comment: Extra inputs"),
    "another ticket": (field("ticket", value="DM-2"), "it is of ticket DM-2, and stands under DM-1"),
    "another instrument": (field("instrument", value="Other"), f"bias {data_id(0)} is not of Other"),
    "an undefined type": (field("definitions", value={}), "does not say how bias is defined"),
    "a wrong uuid": (item(uuid=OTHER), f"it lists bias {data_id(0)} {OTHER}, which its seal does not name"),
    "no uuid": (item(uuid="1"), "badly formed"),
    "a uuid in capitals": (item(uuid=OTHER.replace("8", "A")), "not how a UUID is written"),
    "a wrong data ID": (item(data_id=data_id(7)), f"it lists bias {data_id(7)} "),
    "a data ID out of order": (item(data_id="detector=0,instrument=Cam"), "not how a data ID is written"),
    "no data ID": (item(data_id="bias"), "no data ID"),
    "an item less": (edited(lambda d: d["parts"][LEAF]["items"].pop()), "it lacks bias"),
    "an item twice": (edited(lambda d: d["parts"][LEAF]["items"].append(d["parts"][LEAF]["items"][0])), "twice"),
    "another digest": (item(sha256="0" * 64), "its content root is"),
    "another size": (item(size=1), "its content root is"),
    "a size in words": (item(size="4000"), "valid integer"),
    "a size of a fraction": (item(size=4000.0), "valid integer"),
    "a size below zero": (item(size=-1), "greater than or equal to 0"),
    "a size beyond all disks": (item(size=1 << 60), "less than or equal to"),
    "no digest": (item(sha256="../../etc/passwd"), "should match pattern"),
    "a path that climbs out": (item(path="a/../../../etc/passwd"), "not a path below"),
    "an absolute path": (item(path="/etc/passwd"), "not a path below"),
    "the folder itself": (item(path="."), "not a path below"),
    "an empty path": (item(path=""), "not a path below"),
    "a backslash": (item(path="a\\b"), "holds what no path"),
    "a new line in a path": (item(path="a\nb"), "holds what no path"),
    "a zero in a path": (item(path="a\0b"), "holds what no path"),
    "no path": (item(path=None), "valid string"),
    "an endless path": (item(path="a/" * 2000 + "a"), "at most"),
    "another leaf": (
        edited(lambda d: d["parts"].update({"Cam/calib/DM-9/biasGen.20250207a": d["parts"].pop(LEAF)})),
        "is not a RUN of it",
    ),
    "a flipped bit in a path": (lambda _, text: text.replace(b"bias_0", b"bias_1"), "its digest is sha256:"),
    "another storage class": (
        field("definitions", "bias", "storage_class", value="StructuredDataList"),
        "its digest is sha256:",
    ),
    "no digest of the whole": (edited(lambda document: document.pop("digest")), "digest: Field required"),
    "a run that climbs out": (field("parts", LEAF, "seal", "run", value=f"{LEAF}/../x"), "is not a RUN of it"),
    "somebody's run": (field("parts", LEAF, "seal", "run", value="Cam/raw/all"), "Cam/raw/all is not a RUN of it"),
    "a run with a blank": (field("parts", LEAF, "seal", "run", value="a b"), "should match pattern"),
}


@pytest.mark.parametrize(
    ("shelf", "damage"),
    [("memory", damage) for damage in DAMAGES] + [("directory", "half of it"), ("s3", "half of it")],
    indirect=["shelf"],
)
def test_a_damaged_manifest_is_refused_by_name(shelf: Shelf, damage: str) -> None:
    manifest = published(shelf.store)
    text = shelf.files()[where(manifest)]
    change, reason = DAMAGES[damage]
    shelf.write(where(manifest), damaged := change(json.loads(text), text))
    before = shelf.files()
    assert damaged != text
    with pytest.raises(ReconcileError, match=rf"{where(manifest)} cannot be believed: [\s\S]*({reason})"):
        shelf.again().manifests(TICKETS)
    with pytest.raises(ReconcileError, match="cannot be believed"):
        shelf.again().publish(manifest)
    assert shelf.files() == before


def test_a_manifest_that_is_too_long_is_not_read_whole(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = published(shelf.store)
    monkeypatch.setattr("reconciler.manifest_text.LIMIT", 100)
    with pytest.raises(ReconcileError, match="longer than 100 bytes"):
        shelf.again().manifests(TICKETS)
    assert manifest.parts


def test_a_manifest_in_the_place_of_another_is_refused(shelf: Shelf) -> None:
    manifest = published(shelf.store)
    text = shelf.files()[where(manifest)]
    shelf.write(f"sets/{TICKET}/{'0' * 64}/manifest.json", text)
    with pytest.raises(ReconcileError, match=f"its content root is {manifest.root}, and it stands under sha256:0000"):
        shelf.again().manifests(TICKETS)


def test_a_folder_of_another_name_is_refused(shelf: Shelf) -> None:
    shelf.write(f"sets/{TICKET}/mine/manifest.json", b"{}")
    with pytest.raises(ReconcileError, match=r"sets/DM-1/mine is not named by a content root"):
        shelf.store.manifests(TICKETS)


def test_a_folder_without_its_manifest_is_nothing(shelf: Shelf) -> None:
    shelf.write(f"sets/{TICKET}/{'0' * 64}/other", b"{}")
    assert shelf.store.manifests(TICKETS) == ()


BAD = {
    "a path that climbs out": lambda m: item_of(m, path="../x"),
    "a wrong uuid": lambda m: item_of(m, uuid=OTHER),
    "another instrument": lambda m: replace(m, instrument="Other"),
    "a type without its definition": lambda m: replace(m, definitions={}),
}


def item_of(manifest: Manifest, **changed: str) -> Manifest:
    part = manifest.parts[LEAF]
    items = (replace(part.items[0], **changed), *part.items[1:])
    return replace(manifest, parts={LEAF: replace(part, items=items)})


@pytest.mark.parametrize("bad", BAD)
def test_what_would_not_be_read_is_not_written_either(shelf: Shelf, bad: str) -> None:
    manifest = manifest_of(kept(shelf.store, two()))
    before = shelf.files()
    with pytest.raises(ReconcileError, match="cannot be believed"):
        shelf.store.publish(BAD[bad](manifest))
    assert shelf.files() == before


# Reading files


def test_pieces_are_what_was_kept(shelf: Shelf) -> None:
    source = two()
    manifest = published(shelf.store, source)
    pieces = shelf.store.pieces(manifest.parts[LEAF])
    assert [(p.dataset_type, p.data_id, p.uuid, p.path) for p in pieces] == [
        ("bias", d, uuid(d), path(d)) for d in source.contents
    ]
    assert {p.data_id: read(p) for p in pieces} == source.contents
    assert {p.data_id: p.content for p in pieces} == {d: content(d, held) for d, held in source.contents.items()}
    assert all(p.proven for p in pieces)


def test_pieces_go_from_one_archive_into_another_and_only_once(shelf: Shelf) -> None:
    manifest = published(shelf.store)
    other = MemoryShelf()
    for expected in (2, 0):
        told: list[Content] = []
        other.store.keep(shelf.store.pieces(manifest.parts[LEAF]), told.append)
        other.store.publish(manifest)
        assert len(told) == expected
    assert other.files() == shelf.files()


HARMS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a flipped bit at its end": (lambda held: held[:-1] + bytes([held[-1] ^ 1]), "its sha256 is"),
    "a flipped bit at its beginning": (lambda held: bytes([held[0] ^ 1]) + held[1:], "its sha256 is"),
    "its end is lacking": (lambda held: held[:-1], "it has 3999 instead of 4000 bytes"),
    "it is empty": (lambda held: b"", "it has 0 instead of 4000 bytes"),
    "something follows": (lambda held: held + b"x", "it has more than 4000 bytes"),
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_damaged_object_is_refused_by_name_before_its_last_bytes_are_out(shelf: Shelf, harm: str) -> None:
    source = two()
    manifest = published(shelf.store, source)
    change, reason = HARMS[harm]
    held = source.contents[data_id(0)]
    name = f"objects/{sha256(held).hexdigest()}"
    shelf.write(name, change(held))
    store = shelf.again()
    (again,) = store.manifests(TICKETS)
    piece = next(p for p in store.pieces(again.parts[LEAF]) if p.data_id == data_id(0))
    expected = (
        rf"{name}, which {where(manifest)} names for bias {data_id(0)} \({uuid(data_id(0))}\), is damaged: {reason}"
    )
    with pytest.raises(ReconcileError, match=expected):
        read(piece)
    target = MemoryShelf()
    with pytest.raises(ReconcileError, match=expected):
        target.store.keep([piece], unheard)
    assert target.files() == {}


def test_an_object_that_is_gone_is_named(shelf: Shelf) -> None:
    source = two()
    manifest = published(shelf.store, source)
    shelf.remove(name := f"objects/{sha256(source.contents[data_id(1)]).hexdigest()}")
    pieces = shelf.store.pieces(manifest.parts[LEAF])
    with pytest.raises(ReconcileError, match=rf"{name}, which .* names for bias {data_id(1)} .* is not there"):
        read(pieces[1])


def test_a_piece_may_be_opened_twice_and_left_in_the_middle(shelf: Shelf) -> None:
    manifest = published(shelf.store)
    piece = shelf.store.pieces(manifest.parts[LEAF])[0]
    with piece.open() as stream:
        stream.read(10)
    assert read(piece) == b"zero" * 1000
    with piece.open() as stream:
        assert stream.read() == b"zero" * 1000


def test_the_content_root_is_what_approvals_sign(shelf: Shelf) -> None:
    manifest = published(shelf.store)
    (again,) = shelf.again().manifests(TICKETS)
    assert again.root == digest({LEAF: manifest.parts[LEAF].root})
    assert isinstance(again.parts[LEAF].seal, Seal)
    assert again.parts[LEAF].seal.run == RUN
