"""A repository whose files are in a bucket of S3: taken in, handed out, looked for and healed as anywhere."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from reconciler.adapters.butler import ButlerRepository
from reconciler.errors import ReconcileError, Unreachable
from reconciler.observation import Scope
from reconciler.seals import Claim, Seal
from tests.contract.hands import LOSSES, PLACE, TYPES, ButlerHands, Loss, copy, data_id
from tests.contract.parcels import DEFINITIONS, RUN, offered, opened, read, receive

FILES = Scope(None, TYPES, files=True)


class BucketHands(ButlerHands):
    """As on a disk, but there is nothing to be called a file."""

    def lose(self, uuid: str, how: Loss) -> None:
        if how == "unstored":
            super().lose(uuid, how)
            return
        (ref,) = self.butler.get_many_datasets([uuid])
        uri = self.butler.getURI(ref)
        if how == "removed":
            uri.remove()
        else:
            uri.write(b"b")


@pytest.fixture
def hands(sqlite_template: Path, tmp_path: Path, bucket: str) -> Iterator[BucketHands]:
    root = copy(sqlite_template, tmp_path / "repository")
    config = yaml.safe_load((root / "butler.yaml").read_text())
    config["datastore"]["root"] = f"s3://{bucket}/some where/repository/"
    (root / "butler.yaml").write_text(yaml.safe_dump(config))
    hands = BucketHands(root)
    yield hands
    hands.close()


@contextmanager
def requests(repository: ButlerRepository) -> Iterator[list[str]]:
    """Collect what is asked of the bucket."""
    (root,) = repository._connection.reader.get_datastore_roots().values()
    asked: list[str] = []

    def note(event_name: str, **_: object) -> None:
        asked.append(event_name)

    root.client.meta.events.register("before-call.s3", note)
    try:
        yield asked
    finally:
        root.client.meta.events.unregister("before-call.s3", note)


def test_datasets_come_and_go_out_with_their_bytes(hands: BucketHands) -> None:
    pieces = [offered(3), offered(4), offered(3, "dark")]
    assert receive(hands, *pieces) == [piece.content for piece in pieces]
    assert receive(hands, *pieces) == []
    assert read(hands, *pieces) == [b"bias: 3\n", b"bias: 4\n", b"dark: 3\n"]
    (piece,) = hands.repository.pieces(RUN, {"dark": {data_id(3): pieces[2].uuid}})
    assert piece.path.startswith(f"{RUN}/dark/")
    assert hands.butler.get("bias", instrument="Cam", detector=3, collections=RUN) == {"bias": 3}
    assert list((hands.root).rglob("*.yaml")) == [hands.root / "butler.yaml"]


def test_where_one_differs_nothing_comes_into_the_bucket(hands: BucketHands) -> None:
    good, bad = offered(3), offered(4)
    with pytest.raises(ReconcileError, match=bad.uuid):
        receive(hands, good, replace(bad, open=lambda: opened(b"other")))
    (root,) = hands.butler.get_datastore_roots().values()
    assert [name for *_, names in root.walk() for name in names] == []


def test_what_had_come_before_the_source_went_away_waits_among_temporary_files_of_ones_own(
    hands: BucketHands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def away() -> None:
        raise Unreachable("the archive is gone")

    def never() -> None:
        raise AssertionError("what had come was read again")

    came, gone = offered(3), offered(4)
    with pytest.raises(Unreachable):
        receive(hands, came, replace(gone, open=away))
    (base,) = tmp_path.glob("reconcile-spool-*")
    assert base.stat().st_mode & 0o777 == 0o700
    assert receive(hands, replace(came, open=never), gone) == [came.content, gone.content]
    assert [path.name for path in base.iterdir()] == [".lock"]


def test_temporary_files_that_others_can_change_are_refused(
    hands: BucketHands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (base := tmp_path / f"reconcile-spool-{os.geteuid()}").mkdir()
    base.chmod(0o777)
    with pytest.raises(ReconcileError, match="is not a directory of yours alone"):
        receive(hands, offered(3))


@pytest.mark.parametrize("how", LOSSES)
def test_a_lost_object_is_seen_and_healed(hands: BucketHands, how: Loss) -> None:
    three, four = offered(3), offered(4)
    hands.repository.claim(RUN, Claim("sha256:1", {}, RUN, (), 1, "host", ""))
    receive(hands, three, four)
    hands.repository.seal(RUN, Seal("sha256:1", {}, RUN, {"bias": {p.data_id: p.uuid for p in (three, four)}}))
    assert hands.repository.observe(FILES).lost == frozenset()
    hands.lose(three.uuid, how)
    assert hands.repository.observe(FILES).lost == {three.uuid}
    assert receive(hands, three, four) == [three.content]
    assert hands.repository.observe(FILES).lost == frozenset()


def test_looking_for_one_and_for_ten_takes_the_same_requests(hands: BucketHands) -> None:
    from reconciler.adapters.butler.stored import lost

    counts = []
    pieces = [offered(detector) for detector in range(10)]
    with ButlerRepository(PLACE, str(hands.root)) as repository:
        for some in (pieces[:1], pieces):
            with repository.receive(RUN, DEFINITIONS, some, lambda content: None) as arrivals:
                arrivals.keep()
            with requests(repository) as asked:
                assert lost(repository._connection.reader, [piece.uuid for piece in some]) == frozenset()
            counts.append(len(asked))
    assert counts[0] == counts[1] > 0


def test_an_object_that_goes_while_it_is_read_is_named(hands: BucketHands) -> None:
    piece = offered(3)
    receive(hands, piece)
    (found,) = hands.repository.pieces(RUN, {"bias": {data_id(3): piece.uuid}})
    hands.lose(piece.uuid, "removed")
    with pytest.raises(ReconcileError, match=r"s3://.* cannot be read"), found.open():
        pass
    with pytest.raises(ReconcileError, match="cannot be read"):
        hands.repository.digests(RUN, ("bias",))


def test_a_bucket_that_is_not_there_makes_the_repository_unreachable(hands: BucketHands) -> None:
    config = yaml.safe_load((hands.root / "butler.yaml").read_text())
    config["datastore"]["root"] = "s3://nobody-made-this/x/"
    (hands.root / "butler.yaml").write_text(yaml.safe_dump(config))
    with pytest.raises(Unreachable, match=r"usdf/main cannot be read or written: .*NoSuchBucket"):
        receive(hands, offered(3))
    assert hands.repository.observe(Scope(None, TYPES)).contents.get((RUN, "bias"), {}) == {}
