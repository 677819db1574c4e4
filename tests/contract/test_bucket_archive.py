"""An archive in a bucket of S3: what only a service has, that is listings, large files, and ways to be away."""

from __future__ import annotations

import io
import socket

import pytest

from reconciler.adapters.archive import archive_at
from reconciler.adapters.archive import bucket as backing
from reconciler.errors import ReconcileError, Unreachable, UsageError
from tests.contract.shelves import BucketShelf, Source, data_id, kept, published, two
from tests.contract.test_store import TICKETS, read


@pytest.fixture
def shelf(bucket: str) -> BucketShelf:
    return BucketShelf(bucket)


@pytest.mark.parametrize("address", ["s3://{}", "s3://{}/", "s3://{}/a", "s3://{}/a/b/"])
def test_an_archive_may_stand_anywhere_in_a_bucket(bucket: str, address: str) -> None:
    store = archive_at(address.format(bucket))
    manifest = published(store)
    assert archive_at(address.format(bucket)).manifests(TICKETS) == (manifest,)
    (key, *_) = BucketShelf(bucket).files()
    assert key.startswith(address.format("").removeprefix("s3://").strip("/"))


def test_many_objects_are_told_by_one_listing(shelf: BucketShelf, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = kept(shelf.store, Source({data_id(n): str(n).encode() for n in range(5)}))
    asked = frozenset({*(one.sha256 for one in contents.values()), "0" * 64})
    one_by_one = shelf.store.sizes(asked)
    monkeypatch.setattr(backing, "ONE_BY_ONE", 0)
    assert shelf.again().sizes(asked) == one_by_one == {one.sha256: one.size for one in contents.values()}


def test_a_large_file_goes_in_parts_and_comes_back(shelf: BucketShelf) -> None:
    held = b"0123456789abcdef" * (20 << 16)  # 20 MB; parts are 8 MB
    manifest = published(shelf.store, Source({data_id(0): held}))
    assert read(shelf.store.pieces(next(iter(manifest.parts.values())))[0]) == held


def test_a_stream_that_breaks_off_is_told(shelf: BucketShelf, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = published(shelf.store)
    piece = shelf.store.pieces(next(iter(manifest.parts.values())))[0]

    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            from botocore.exceptions import ResponseStreamingError

            raise ResponseStreamingError(error="connection reset")

    real = backing.Bucket._body
    monkeypatch.setattr(backing.Bucket, "_body", lambda self, path: Broken() if real(self, path) else None)
    with pytest.raises(Unreachable, match=r"objects/.* names for bias .* cannot be read: .*connection reset"):
        read(piece)


def test_a_bucket_that_is_not_there_is_unreachable(shelf: BucketShelf) -> None:
    away = archive_at("s3://nobody-made-this/x")
    for act in (lambda: away.manifests(TICKETS), lambda: kept(away, two()), away.tickets):
        with pytest.raises(Unreachable, match=r"archive s3://nobody-made-this/x: .*NoSuchBucket[\s\S]*empty bucket"):
            act()


def test_a_service_that_does_not_answer_is_unreachable(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # its client tries ten times, ever later
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("S3_ENDPOINT_URL", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        with pytest.raises(Unreachable, match=r"cannot list sets/DM-1: Could not connect[\s\S]*S3_ENDPOINT_URL"):
            archive_at(f"s3://{bucket}/x").manifests(TICKETS)


def test_without_credentials_it_is_said_how_to_give_them(shelf: BucketShelf, monkeypatch: pytest.MonkeyPatch) -> None:
    from lsst.resources import s3utils

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    s3utils._get_s3_client.cache_clear()
    with pytest.raises(Unreachable, match=r"Unable to locate credentials[\s\S]*AWS_ACCESS_KEY_ID"):
        archive_at(f"s3://{shelf.bucket}/x").manifests(TICKETS)
    s3utils._get_s3_client.cache_clear()


@pytest.mark.parametrize("endpoint", ["nonsense", "http://only-a-key@127.0.0.1:1"])
def test_an_endpoint_that_makes_no_sense_is_told(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3_ENDPOINT_URL", endpoint)
    with pytest.raises(ReconcileError, match=r"archive s3://bucket/x: .*\n.*Check S3_ENDPOINT_URL"):
        archive_at("s3://bucket/x").manifests(TICKETS)


def test_an_archive_elsewhere_is_refused() -> None:
    with pytest.raises(UsageError, match="not in gs://"):
        archive_at("gs://bucket/x")


def test_without_its_client_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.adapters.archive.find_spec", lambda name: None)
    with pytest.raises(ReconcileError, match=r"boto3 is not installed\n.*pip install"):
        archive_at("s3://bucket/x")
