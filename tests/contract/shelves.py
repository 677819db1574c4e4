"""Archives for tests, and the hands of whoever damages them: in memory, in a directory, in a bucket.

What is published is the bias of two detectors and what else a test makes of it.
"""

from __future__ import annotations

import io
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from reconciler.adapters.archive import ArchiveStore, archive_at
from reconciler.adapters.memory_archive import MemoryArchive
from reconciler.archive import Item, Manifest, Part
from reconciler.content import Content
from reconciler.parcel import Definition, Piece
from reconciler.seals import Seal

TICKET = "DM-1"
LEAF = f"Cam/calib/{TICKET}/biasGen.20250207a"
RUN = f"{LEAF}/20250207T000000Z"
BIAS = {"bias": Definition(("instrument", "detector"), "StructuredDataDict")}


class Shelf(ABC):
    """One archive, ours and others' ways to it."""

    store: ArchiveStore

    @abstractmethod
    def again(self) -> ArchiveStore:
        """Return the same archive as another process has it."""

    @abstractmethod
    def files(self) -> dict[str, bytes]:
        """Return everything that is there, by its path."""

    @abstractmethod
    def write(self, path: str, content: bytes) -> None:
        """Put other bytes in a file's place, as nobody should."""

    @abstractmethod
    def remove(self, path: str) -> None:
        """Lose a file."""


@dataclass
class MemoryShelf(Shelf):
    store: MemoryArchive = field(default_factory=MemoryArchive)

    def again(self) -> ArchiveStore:
        return MemoryArchive(self.store.memory)

    def files(self) -> dict[str, bytes]:
        return dict(self.store.memory.files)

    def write(self, path: str, content: bytes) -> None:
        self.store.memory.files[path] = content

    def remove(self, path: str) -> None:
        del self.store.memory.files[path]


class DirectoryShelf(Shelf):
    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir()
        self.store = self.again()

    def again(self) -> ArchiveStore:
        return archive_at(str(self.root))

    def files(self) -> dict[str, bytes]:
        found = (path for path in self.root.rglob("*") if path.is_file())
        return {str(path.relative_to(self.root)): path.read_bytes() for path in found}

    def write(self, path: str, content: bytes) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_bytes(content)

    def remove(self, path: str) -> None:
        (self.root / path).unlink()


class BucketShelf(Shelf):
    """A prefix of a bucket; the environment says where it is."""

    def __init__(self, bucket: str) -> None:
        self.bucket = bucket
        self.store = self.again()

    def again(self) -> ArchiveStore:
        return archive_at(f"s3://{self.bucket}/below/here")

    def files(self) -> dict[str, bytes]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        keys = [one["Key"] for page in pages for one in page.get("Contents", ())]
        bodies = {key: self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read() for key in keys}
        return {key.removeprefix("below/here/"): body for key, body in bodies.items()}

    def write(self, path: str, content: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=f"below/here/{path}", Body=content)

    def remove(self, path: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=f"below/here/{path}")

    @cached_property
    def client(self) -> Any:
        import boto3

        return boto3.client("s3", endpoint_url=os.environ["S3_ENDPOINT_URL"])


class Source:
    """Files of a repository, in memory; counts how often each was opened."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self.contents, self.opened = dict(contents), dict.fromkeys(contents, 0)

    def pieces(self, contents: Mapping[str, Content] | None = None) -> tuple[Piece, ...]:
        """Return a piece for each; with what its file holds, if that is given."""
        return tuple(self.piece(one, (contents or {}).get(one)) for one in self.contents)

    def piece(self, data_id: str, content: Content | None = None) -> Piece:
        return Piece("bias", data_id, uuid(data_id), path(data_id), lambda: self._open(data_id), content)

    @contextmanager
    def _open(self, data_id: str) -> Iterator[BinaryIO]:
        self.opened[data_id] += 1
        yield io.BytesIO(self.contents[data_id])


def data_id(detector: int) -> str:
    return f"instrument=Cam,detector={detector}"


def uuid(data_id: str) -> str:
    digest = sha256(data_id.encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"


def path(data_id: str) -> str:
    return f"{RUN}/bias/bias_{data_id.rpartition('=')[2]}.yaml"


def two() -> Source:
    """Return a bias for two detectors."""
    return Source({data_id(0): b"zero" * 1000, data_id(1): b"one" * 1000})


def kept(store: ArchiveStore, source: Source) -> dict[str, Content]:
    """Keep all files of a source; return data ID -> what it holds."""
    contents = store.keep(source.pieces(), lambda content: None)
    return dict(zip(source.contents, contents, strict=True))


def manifest_of(contents: Mapping[str, Content], **changed: Any) -> Manifest:
    """Return the manifest of a bias."""
    items = tuple(Item("bias", d, c.uuid, path(d), c.sha256, c.size) for d, c in contents.items())
    seal = Seal("sha256:1", {"product": "bias"}, RUN, {"bias": {d: c.uuid for d, c in contents.items()}})
    return Manifest(
        **{"instrument": "Cam", "ticket": TICKET, "definitions": BIAS, "parts": {LEAF: Part(seal, items)}} | changed
    )


def published(store: ArchiveStore, source: Source | None = None) -> Manifest:
    """Publish a bias; return its manifest."""
    manifest = manifest_of(kept(store, source or two()))
    store.publish(manifest)
    return manifest


def where(manifest: Manifest) -> str:
    """Return where a manifest stands."""
    return f"sets/{manifest.ticket}/{manifest.root.removeprefix('sha256:')}/manifest.json"
