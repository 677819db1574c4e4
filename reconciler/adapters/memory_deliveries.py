"""Datasets on their way out of a repository in memory and into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
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
) -> None:
    """Put what is lacking into a RUN; the caller lets nobody else in."""
    coming = tuple(pieces)
    _refuse_other_definitions(store, place, {piece.dataset_type: wanted[piece.dataset_type] for piece in coming})
    for piece in coming:
        _refuse_foreign(store, run, piece)
    store.register(run, "RUN")
    for piece in coming:
        ids = store.contents.get((run, piece.dataset_type), {})
        if piece.data_id not in ids or piece.uuid in store.lost:
            progress(_keep(store, run, piece))
        store.definitions[piece.dataset_type] = wanted[piece.dataset_type]


def _keep(store: Store, run: str, piece: Piece) -> Content:
    with piece.open() as file:
        content = file.read()
    found = Content(piece.uuid, sha256(content).hexdigest(), len(content))
    if piece.content not in (None, found):
        raise ReconcileError(f"the file of {piece} is not what it should be: expected {piece.content}, found {found}")
    store.contents.setdefault((run, piece.dataset_type), {})[piece.data_id] = piece.uuid
    store.files[piece.uuid] = content
    store.lost.discard(piece.uuid)
    return found


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
