"""The trees of `trees` in a real Butler repository: the same collections, datasets with the same UUIDs, exposures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

from reconciler.adapters.butler.validity_edits import timespan
from reconciler.dataid import parse
from reconciler.holdings import Exposure
from reconciler.validity import Validity
from tests.trees import Dataset, Held

CONTENT = "StructuredDataDict"


def make(root: Path, held: Held) -> Path:
    """Make a repository that holds this."""
    from lsst.daf.butler import Butler

    Butler.makeRepo(root)
    with Butler.from_config(str(root), writeable=True) as butler:
        _camera(butler, held)
        _exposures(butler, held.instrument, held.exposures)
        _collections(butler, held)
        refs = _datasets(butler, root, held)
        _certify(butler, held, refs)
        for name, tagged in held.tagged.items():
            butler.registry.associate(name, [refs[one] for one in tagged])
        for name, members in held.chains.items():
            butler.collections.redefine_chain(name, members)
    return root


def _camera(butler: Any, held: Held) -> None:
    cam, record = {"instrument": held.instrument}, butler.registry.insertDimensionData
    record("instrument", {"name": held.instrument, "class_name": "cam.Cam", "detector_max": 200})
    record("detector", *({**cam, "id": d, "full_name": f"S{d}"} for d in held.detectors))
    named = {str(name) for one in held.datasets if (name := parse(one.data_id).get("physical_filter"))}
    named |= {one.physical_filter for one in held.exposures}
    record("physical_filter", *({**cam, "name": name, "band": "r"} for name in sorted(named)))


def _exposures(butler: Any, instrument: str, exposures: Iterable[Exposure]) -> None:
    cam, record = {"instrument": instrument}, butler.registry.insertDimensionData
    for one in exposures:
        day, seq = divmod(one.id, 100_000)
        record("day_obs", {**cam, "id": day}, skip_existing=True)
        record("group", {**cam, "name": str(one.id)})
        named = {"id": one.id, "group": str(one.id), "obs_id": str(one.id), "day_obs": day, "seq_num": seq}
        taken = {"physical_filter": one.physical_filter, "observation_type": one.observation_type}
        record("exposure", {**cam, **named, **taken, "timespan": timespan(one.validity.begin, one.validity.end)})


def _collections(butler: Any, held: Held) -> None:
    from lsst.daf.butler import CollectionType

    for name, kind in held.collections.items():
        butler.collections.register(name, CollectionType.from_name(kind))


def _datasets(butler: Any, root: Path, held: Held) -> dict[Dataset, Any]:
    """Ingest an empty file for each dataset, which is how a dataset comes in with a UUID of its own."""
    from lsst.daf.butler import DatasetRef, DatasetType, FileDataset

    types: dict[str, Any] = {}
    for one in held.datasets:
        if one.dataset_type not in types:
            dimensions = tuple(parse(one.data_id))
            made = DatasetType(one.dataset_type, dimensions, CONTENT, universe=butler.dimensions, isCalibration=True)
            butler.registry.registerDatasetType(made)
            types[one.dataset_type] = made
    refs = {
        one: DatasetRef(types[one.dataset_type], coordinate(butler, one), one.run, id=UUID(one.uuid))
        for one in held.datasets
    }
    empty = root / "empty.yaml"
    empty.write_text("{}")
    butler.ingest(*(FileDataset(path=str(empty), refs=[ref]) for ref in refs.values()), transfer="direct")
    return refs


def coordinate(butler: Any, one: Dataset) -> Any:
    """Return a data ID as Butler has it."""
    from lsst.daf.butler import DataCoordinate

    return DataCoordinate.standardize(parse(one.data_id), universe=butler.dimensions)


def _certify(butler: Any, held: Held, refs: dict[Dataset, Any]) -> None:
    together: defaultdict[tuple[str, Validity], list[Any]] = defaultdict(list)
    for name, rows in held.certified.items():
        for dataset, when in rows:
            together[name, when].append(refs[dataset])
    for (name, when), found in together.items():
        butler.registry.certify(name, found, timespan(when.begin, when.end))
