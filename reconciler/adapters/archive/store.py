"""The archive over any backing: objects by their sha256, manifests that name them, each written once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO, TypeVar

from ... import manifest_text
from ...archive import Item, Manifest, Part
from ...content import Content
from ...errors import ReconcileError, Unreachable
from ...parcel import Counted, Piece
from ...words import count
from ..chunk import CHUNK
from .backing import Backing
from .verified import verified

THREADS = 8
"""Files that are on their way at once; hashing lets other threads go on."""

_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z", re.ASCII)
_ROOT = re.compile(r"[0-9a-f]{64}\Z", re.ASCII)
_SCHEME = "sha256:"
"""What a content root begins with, where it is no name of a folder."""

T = TypeVar("T")
R = TypeVar("R")


class ArchiveStore:
    """A `Store` over a backing."""

    def __init__(self, backing: Backing) -> None:
        self._backing = backing
        self._known: dict[str, Manifest] = {}
        """Path -> manifest, as far as they were read: none ever changes."""
        self._manifest_of: dict[str, str] = {}
        """Content root of a part -> the path of a manifest that has it."""

    @property
    def address(self) -> str:
        """Return what people call it."""
        return self._backing.address

    def tickets(self) -> frozenset[str]:
        """Return the tickets that something was published of."""
        return frozenset(name for name in self._backing.folders("sets") if _FOLDER.match(name))

    def manifests(self, tickets: frozenset[str]) -> tuple[Manifest, ...]:
        """Return the manifests of these tickets, in order: a listing for each, and one look at each that is new."""
        found = [(ticket, root) for ticket in sorted(tickets) for root in self._roots(ticket)]
        read = side_by_side(lambda one: self._manifest(*one), found)
        return tuple(manifest for manifest in read if manifest is not None)

    def _roots(self, ticket: str) -> tuple[str, ...]:
        folder = self._folder(ticket)
        roots = self._backing.folders(folder)
        if strange := [name for name in roots if not _ROOT.match(name)]:
            raise ReconcileError(f"archive {self.address}: {folder}/{strange[0]} is not named by a content root")
        return roots

    def _manifest(self, ticket: str, root: str) -> Manifest | None:
        path = _manifest_path(ticket, root)
        if path in self._known:
            return self._known[path]
        text = self._text(path)
        if text is None:  # whoever was to write it died before
            return None
        manifest = self._known[path] = self._believed(text, ticket, root)
        self._manifest_of.update({part.root: path for part in manifest.parts.values()})
        return manifest

    def _believed(self, text: bytes, ticket: str, root: str) -> Manifest:
        name = f"archive {self.address}: {_manifest_path(ticket, root)}"
        return manifest_text.read(text, ticket=ticket, root=_SCHEME + root, name=name)

    def _text(self, path: str) -> bytes | None:
        """Return what a manifest's file holds, or more than any may hold; None if it is not there."""
        with self._backing.open(path) as stream:
            if stream is None:
                return None
            found = bytearray()
            try:
                while len(found) <= manifest_text.LIMIT and (chunk := stream.read(CHUNK)):
                    found += chunk
            except OSError as error:
                raise Unreachable(
                    f"archive {self.address}: {path} cannot be read: {error.strerror or error}"
                ) from error
            return bytes(found)

    def sizes(self, digests: frozenset[str]) -> dict[str, int]:
        """Return which of these objects are there, and how many bytes each has."""
        found = self._backing.sizes([_object_path(digest) for digest in digests])
        return {path.rpartition("/")[2]: size for path, size in found.items()}

    def keep(self, pieces: Iterable[Piece], progress: Counted) -> tuple[Content, ...]:
        """Copy the files of these pieces, and return what they hold (see `ports.Store.keep`).

        What is there already by what its piece says is not read again. An object whose size is wrong was damaged: the
        right bytes, which have been compared with its name, take its place.
        """
        offered = tuple(pieces)
        there = self.sizes(frozenset(one.content.sha256 for one in offered if one.content))
        copied: dict[Piece, Content] = {}
        for piece, content in side_by_side(lambda piece: (piece, self._copy(piece)), _lacking(offered, there)):
            copied[piece] = content
            progress(content)
        self._backing.settle("objects")
        return tuple(copied.get(piece) or _known(piece) for piece in offered)

    def _copy(self, piece: Piece) -> Content:
        with self._backing.unfinished() as part, piece.open() as stream:
            digest, size = hashlib.sha256(), 0
            while chunk := _read(stream, piece):
                digest.update(chunk)
                size += len(chunk)
                part.write(chunk)
            content = Content(piece.uuid, digest.hexdigest(), size)
            if piece.content not in (None, content):
                raise ReconcileError(
                    f"the file of {piece} does not hold what it must: expected {piece.content}, found {content}",
                    hint="It was not kept; what was copied before it stays.",
                )
            path = _object_path(content.sha256)
            if self._backing.sizes([path]).get(path) != size:
                part.keep(path)
        return content

    def publish(self, manifest: Manifest) -> None:
        """Write a manifest, whole or not at all; the same again is nothing (see `ports.Store.publish`)."""
        root = manifest.root.removeprefix(_SCHEME)
        folder, path = f"{self._folder(manifest.ticket)}/{root}", _manifest_path(manifest.ticket, root)
        text = manifest_text.write(manifest)
        self._believed(text, manifest.ticket, root)
        self._refuse_lacking(manifest)
        standing = self._text(path)
        if standing is None:
            with self._backing.unfinished() as part:
                part.write(text)
                part.keep(path)
            self._backing.settle(folder)
        elif standing != text:
            self._believed(standing, manifest.ticket, root)
            raise ReconcileError(
                f"archive {self.address}: {path} says something else of the same contents than is to be published",
                hint="Nothing was written. Recipes, paths or definitions differ; compare them before you move it away.",
            )

    def _refuse_lacking(self, manifest: Manifest) -> None:
        items = [item for part in manifest.parts.values() for item in part.items]
        there = self.sizes(frozenset(item.sha256 for item in items))
        if lacking := [item for item in items if there.get(item.sha256) != item.size]:
            first = f"{lacking[0].dataset_type} {lacking[0].data_id}"
            raise ReconcileError(
                f"archive {self.address}: {count(len(lacking), 'object')} that the manifest of {manifest.ticket} names "
                f"are not there, first {_object_path(lacking[0].sha256)} of {first}",
                hint="Nothing was written.",
            )

    def pieces(self, part: Part) -> tuple[Piece, ...]:
        """Return the datasets of a part; whoever reads one to its end has read what the manifest says, or an error."""
        manifest = self._manifest_of.get(part.root, f"the manifest of {part.seal.run}")
        return tuple(
            Piece(
                one.dataset_type,
                one.data_id,
                one.uuid,
                one.path,
                partial(self._open, one, manifest),
                Content(one.uuid, one.sha256, one.size),
                proven=True,
            )
            for one in part.items
        )

    @contextmanager
    def _open(self, item: Item, manifest: str) -> Iterator[BinaryIO]:
        path = _object_path(item.sha256)
        dataset = f"{item.dataset_type} {item.data_id} ({item.uuid})"
        name = f"archive {self.address}: {path}, which {manifest} names for {dataset},"
        with (
            self._backing.open(path) as stream,
            verified(stream, item.sha256, item.size, name) as checked,
        ):
            yield checked

    def _folder(self, ticket: str) -> str:
        if not _FOLDER.match(ticket):
            raise ReconcileError(f"{ticket!r} cannot name a folder of the archive; a ticket is like DM-48520")
        return f"sets/{ticket}"


def _lacking(pieces: Iterable[Piece], there: dict[str, int]) -> Iterator[Piece]:
    """Yield the pieces that are to be read: what they hold is not known, or nothing of that size is there yet."""
    for piece in pieces:
        known = piece.content
        if known is None or known.uuid != piece.uuid or there.get(known.sha256) != known.size:
            yield piece
        if known is not None:
            there[known.sha256] = known.size  # two datasets that hold the same come once


def _known(piece: Piece) -> Content:
    assert piece.content is not None  # or it would have been read
    return piece.content


def _manifest_path(ticket: str, root: str) -> str:
    return f"sets/{ticket}/{root}/manifest.json"


def _object_path(digest: str) -> str:
    return f"objects/{digest}"


def _read(stream: BinaryIO, piece: Piece) -> bytes:
    try:
        return stream.read(CHUNK)
    except OSError as error:
        raise Unreachable(f"the file of {piece} cannot be read: {error.strerror or error}") from error


def side_by_side(work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Yield what becomes of each item, in their order; after an error nothing more is begun."""
    with ThreadPoolExecutor(THREADS) as pool:
        under_way = [pool.submit(work, item) for item in items]
        try:
            for one in under_way:
                yield one.result()
        finally:
            for one in under_way:
                one.cancel()
