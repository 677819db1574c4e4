"""Datasets on their way out of a repository in memory and into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from io import BytesIO
from typing import BinaryIO

from ..content import Content
from ..dataid import parse
from ..errors import ReconcileError
from ..parcel import Counted, Definition, Piece
from ..ports import Foreign
from ..seals import Datasets
from .identity import own
from .memory_store import Store

STORAGE_CLASS = "StructuredDataDict"


def definitions(store: Store, dataset_types: frozenset[str]) -> dict[str, Definition]:
    """Return how these dataset types are defined, as far as the store holds any."""
    looks = {
        dataset_type: Definition(tuple(parse(data_id)), STORAGE_CLASS)
        for (_, dataset_type), ids in store.contents.items()
        for data_id in ids
    }
    return {name: one for name, one in {**looks, **store.definitions}.items() if name in dataset_types}


def pieces(store: Store, place: str, run: str, datasets: Datasets) -> tuple[Piece, ...]:
    """Return these datasets of a RUN."""
    wanted = [(name, data_id, uuid) for name, ids in datasets.items() for data_id, uuid in ids.items()]
    for name, data_id, uuid in wanted:
        if store.contents.get((run, name), {}).get(data_id) != uuid:
            raise ReconcileError(f"{place}: {run} holds no {name} {data_id} ({uuid})")
        if uuid in store.lost:
            raise ReconcileError(f"{place}: the file of {name} {data_id} ({uuid}) in {run} is gone")
    return tuple(
        Piece(name, data_id, uuid, f"{run}/{uuid}.yaml", partial(_opened, store.file(uuid)))
        for name, data_id, uuid in wanted
    )


def _opened(content: bytes) -> nullcontext[BinaryIO]:
    return nullcontext(BytesIO(content))


def receive(
    store: Store,
    place: str,
    run: str,
    wanted: Mapping[str, Definition],
    pieces: Iterable[Piece],
    progress: Counted,
) -> MemoryArrivals:
    """Read what a RUN lacks."""
    coming = tuple(pieces)
    types = {piece.dataset_type: wanted[piece.dataset_type] for piece in coming}
    _refuse_other_definitions(store, place, types)
    for piece in coming:
        _refuse_foreign(store, run, piece)
    read = {piece: _read(piece, progress) for piece in coming if _lacks(store, run, piece)}
    return MemoryArrivals(store, place, run, types, read)


@dataclass(frozen=True)
class MemoryArrivals:
    """What the files hold that have come."""

    store: Store
    place: str
    run: str
    types: Mapping[str, Definition]
    read: Mapping[Piece, bytes]

    def keep(self) -> None:
        """Put them into the RUN."""
        with self.store.guard:
            self.store.record = own(self.place, self.store.record)
            self.store.register(self.run, "RUN")
            self.store.definitions.update(self.types)
            for piece, content in self.read.items():
                _refuse_foreign(self.store, self.run, piece)
                self.store.contents.setdefault((self.run, piece.dataset_type), {})[piece.data_id] = piece.uuid
                self.store.files[piece.uuid] = content
                self.store.lost.discard(piece.uuid)


def _lacks(store: Store, run: str, piece: Piece) -> bool:
    return piece.data_id not in store.contents.get((run, piece.dataset_type), {}) or piece.uuid in store.lost


def _read(piece: Piece, progress: Counted) -> bytes:
    with piece.open() as file:
        content = file.read()
    found = Content(piece.uuid, sha256(content).hexdigest(), len(content))
    if piece.content not in (None, found):
        raise ReconcileError(f"the file of {piece} is not what it should be: expected {piece.content}, found {found}")
    progress(found)
    return content


def _refuse_other_definitions(store: Store, place: str, wanted: Mapping[str, Definition]) -> None:
    for name, found in definitions(store, frozenset(wanted)).items():
        one = wanted[name]
        if (set(found.dimensions), found.storage_class) != (set(one.dimensions), one.storage_class):
            raise ReconcileError(f"{place} defines dataset type {name} as {found}, the files need {one}")


def _refuse_foreign(store: Store, run: str, piece: Piece) -> None:
    for (collection, dataset_type), ids in store.contents.items():
        if store.types[collection] != "RUN":
            continue
        here = (collection, dataset_type) == (run, piece.dataset_type)
        if here and ids.get(piece.data_id, piece.uuid) != piece.uuid:
            raise Foreign(f"{run} holds another dataset where {piece} would stand: {ids[piece.data_id]}")
        if not here and piece.uuid in ids.values():
            raise Foreign(f"dataset {piece.uuid}, which is to come into {run}, stands in {collection}")
