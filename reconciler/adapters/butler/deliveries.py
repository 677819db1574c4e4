"""Handing datasets out: what each is, and how its file is read."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...errors import ReconcileError
from ...parcel import Piece
from ...seals import Datasets
from .reading import reading
from .rows import data_id_of
from .stored import lost
from .types import dataset_types


def pieces(butler: Any, place: str, run: str, datasets: Datasets) -> tuple[Piece, ...]:
    """Return these datasets of a RUN and how their files are read (see `ports.Repository.pieces`)."""
    dataset_types(butler, datasets)
    wanted = [(name, data_id, uuid) for name, ids in datasets.items() for data_id, uuid in ids.items()]
    refs = {str(ref.id): ref for ref in butler.get_many_datasets({uuid for *_, uuid in wanted})}
    for name, data_id, uuid in wanted:
        ref = refs.get(uuid)
        if ref is None or (ref.run, ref.datasetType.name, data_id_of(ref)) != (run, name, data_id):
            raise ReconcileError(f"{place}: {run} holds no {name} {data_id} ({uuid})")
    gone = lost(butler, refs)
    uris = butler.get_many_uris([ref for uuid, ref in refs.items() if uuid not in gone])
    roots = [root for root in butler.get_datastore_roots().values() if root is not None]
    found = []
    for name, data_id, uuid in wanted:
        if uuid in gone:
            raise ReconcileError(
                f"{place}: the file of {name} {data_id} ({uuid}) in {run} is gone",
                hint="Another repository that has it can give it back; the dataset and its certifications stand.",
            )
        uri = uris[refs[uuid]].primaryURI
        if uri is None or uri.fragment:
            raise ReconcileError(f"{place}: {name} {data_id} ({uuid}) in {run} is not one file, so it cannot be copied")
        found.append(Piece(name, data_id, uuid, _path(uri, roots), partial(reading, uri)))
    return tuple(found)


def _path(uri: Any, roots: list[Any]) -> str:
    """Return where a file stands below a root; what somebody ingested in place is called by its name."""
    return next((path for root in roots if (path := uri.relative_to(root))), uri.basename())
