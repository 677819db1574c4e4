"""Taking datasets in under their own UUIDs: all files come into a spool and are compared, then they are registered.

Until all have come, the repository is only looked at. Then batches of them are transactions, so that a kill leaves
whole datasets only, and the next call goes on after them. What a kill leaves in the datastore belongs to no dataset;
Butler writes over it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from ...dataid import parse
from ...errors import ReconcileError
from ...parcel import Counted, Definition, Piece
from ...ports import Foreign
from ...record import COLLECTION
from ..identity import own
from .arrivals import Arrived, arrivals
from .connect import Connection
from .definitions import agreed, refuse_unknown_values
from .editing import editing, identify, parse_record, register
from .generations import find
from .rows import contents, data_id_of
from .spool import root_on_disk, spool
from .stored import lost
from .types import dataset_types

BATCH, UPLOADS = 256, 32
"""Datasets that are registered in one transaction: everything of one type that a camera has; fewer into a bucket, where
others wait for as long as their files take.
"""

_UMASK = threading.Lock()


class _Lacking(NamedTuple):
    """The pieces that a RUN lacks, and the UUIDs of those among them of which it lacks the file alone."""

    pieces: tuple[Piece, ...]
    lost: frozenset[str]


@dataclass(frozen=True)
class Arrivals:
    """Files in a spool that are what they should be (see `ports.Arrivals`)."""

    connection: Connection
    run: str
    types: Mapping[str, Any]
    arrived: Sequence[Arrived]

    def keep(self) -> None:
        """Register their datasets, and move the files to where Butler has them."""
        butler = identify(self.connection)
        butler.registry.refresh()
        register(butler, self.run, "RUN")
        for dataset_type in self.types.values():
            butler.registry.registerDatasetType(dataset_type)
        size = UPLOADS if root_on_disk(butler) is None else BATCH
        for first in range(0, len(self.arrived), size):
            _keep(self.connection, self.run, self.types, self.arrived[first : first + size])


@contextmanager
def receive(
    connection: Connection,
    run: str,
    definitions: Mapping[str, Definition],
    pieces: Iterable[Piece],
    progress: Counted,
) -> Iterator[Arrivals]:
    """Bring those of these datasets near that a RUN lacks or whose file is lost (see `ports.Repository.receive`)."""
    pieces = _each_once(pieces)
    wanted = {piece.dataset_type: _definition(definitions, piece) for piece in pieces}

    def lacking(butler: Any) -> tuple[dict[str, Any], tuple[Piece, ...]]:
        _recognise(butler, connection.place)
        # Another process may have added detectors or dataset types since this Butler was opened.
        butler.registry.refresh()
        types = agreed(butler, connection.place, wanted)
        named = ((piece.dataset_type, piece.data_id, piece) for piece in pieces)
        refuse_unknown_values(butler, connection.place, types, named)
        return types, _lacking(butler, run, pieces).pieces

    types, coming = connection.look(lacking)
    with spool(connection.reader, run) as folder:
        yield Arrivals(connection, run, types, arrivals(folder, coming, progress))


def _recognise(butler: Any, place: str) -> None:
    """Refuse a repository that bears the record of another place; whoever writes looks again."""
    if record := find(butler, COLLECTION):
        own(place, parse_record(record.doc))


def _each_once(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    found: dict[str, Piece] = {}
    for piece in pieces:
        if (other := found.setdefault(piece.uuid, piece)) is not piece:
            raise ReconcileError(f"{piece} comes twice, also as {other}")
    return tuple(found.values())


def _definition(definitions: Mapping[str, Definition], piece: Piece) -> Definition:
    if piece.dataset_type not in definitions:
        raise ReconcileError(f"nothing says how the dataset type of {piece} is defined")
    return definitions[piece.dataset_type]


def _lacking(butler: Any, run: str, pieces: Sequence[Piece]) -> _Lacking:
    """Return what is to come, by a query for each dataset type and one each for UUIDs and files."""
    info = find(butler, run)
    types = dataset_types(butler, {piece.dataset_type for piece in pieces}) if info and info.type.name == "RUN" else []
    held = {(t.name, data_id): uuid for t in types for _, data_id, uuid in contents(butler, t, [run])}
    for piece in pieces:
        found = held.get((piece.dataset_type, piece.data_id), piece.uuid)
        if found != piece.uuid:
            raise Foreign(f"{run} holds another dataset where {piece} would stand: {found}")
    there = {piece.uuid for piece in pieces if (piece.dataset_type, piece.data_id) in held}
    if elsewhere := butler.get_many_datasets({piece.uuid for piece in pieces} - there):
        other = elsewhere[0]
        raise Foreign(
            f"dataset {other.id}, which is to come into {run}, "
            f"stands in {other.run} as {other.datasetType.name} {data_id_of(other)}"
        )
    gone = lost(butler, there, {piece.uuid: piece.content.size for piece in pieces if piece.content})
    return _Lacking(tuple(piece for piece in pieces if piece.uuid not in there - gone), gone)


def _keep(connection: Connection, run: str, types: Mapping[str, Any], batch: Sequence[Arrived]) -> None:
    """Register a batch and move its files into the datastore, under the lock of all our writers.

    Without it, who comes second would write over the files of the first, and take them away when it is refused.
    """
    from lsst.daf.butler import FileDataset

    with editing(connection) as (butler, _), _everybody_may_enter():
        still = _lacking(butler, run, [one.piece for one in batch])
        refs = {piece.uuid: _ref(types, run, piece) for piece in still.pieces}
        if still.lost:  # certifications, tags and chains name the dataset, which stays
            butler.pruneDatasets([refs[uuid] for uuid in still.lost], disassociate=False, unstore=True)
        files = [FileDataset(str(one.path), [refs[one.piece.uuid]]) for one in batch if one.piece.uuid in refs]
        try:
            butler.ingest(*files, transfer="move")
        except ValueError as error:  # a formatter that does not read files of this kind
            raise ReconcileError(f"{connection.place}: the files for {run} cannot be put there: {error}") from error


def _ref(types: Mapping[str, Any], run: str, piece: Piece) -> Any:
    from lsst.daf.butler import DataCoordinate, DatasetRef

    kind = types[piece.dataset_type]
    where = DataCoordinate.standardize(parse(piece.data_id), dimensions=kind.dimensions)
    return DatasetRef(kind, where, run, id=UUID(piece.uuid))


@contextmanager
def _everybody_may_enter() -> Iterator[None]:
    """Let directories that Butler makes be readable for everybody, as the files in them are."""
    with _UMASK:
        before = os.umask(0o022)
        try:
            yield
        finally:
            os.umask(before)
