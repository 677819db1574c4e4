"""A large repository for benchmarks: sealed generations of many tickets, among the collections of many people.

Built through the port where that is what is measured, and in bulk through Butler where it is only scenery.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.adapters.butler import ButlerRepository
from reconciler.dataid import data_id
from reconciler.names import Naming
from reconciler.observation import Scope, lift
from reconciler.seals import Claim, Recipe, Seal
from reconciler.state import Cert, Chain, Change, Owned
from reconciler.timeline import constant, uuid
from reconciler.validity import ALWAYS

PLACE = "usdf/main"
INSTRUMENT = "LSSTCam"
TYPES = ("bias", "dark", "flat", "ptc", "bfk", "defects", "crosstalk", "linearizer", "cti", "gain_correction")
DETECTORS = range(189)
RERUN = "20250207a"


@dataclass(frozen=True)
class Size:
    """How much the repository holds: `tickets` x 10 types x 189 detectors are certified."""

    collections: int = 10_000
    tickets: int = 20

    @property
    def certifications(self) -> int:
        return self.tickets * len(TYPES) * len(DETECTORS)

    def __str__(self) -> str:
        return f"{self.collections} collections, {self.certifications} certifications"


def large_repository(cache: Path, size: Size) -> Path:
    """Return a repository of this size; it is built once and kept below `cache`."""
    root = cache / f"plan_{size.collections}_{size.tickets}"
    if not root.exists():
        building = root.with_name(f"{root.name}_building")
        shutil.rmtree(building, ignore_errors=True)
        building.parent.mkdir(parents=True, exist_ok=True)
        _build(building, size)
        building.rename(root)
    return root


def _build(root: Path, size: Size) -> None:
    from lsst.daf.butler import Butler

    Butler.makeRepo(root)
    with Butler.from_config(str(root), writeable=True) as butler, ButlerRepository(PLACE, str(root)) as repository:
        _register(butler)
        for index in range(size.tickets):
            _ticket(butler, repository, Naming("", INSTRUMENT, f"DM-{40000 + index}", "DP1"))
        _scenery(butler, size)


def _register(butler: Any) -> None:
    from lsst.daf.butler import DatasetType

    cam = {"instrument": INSTRUMENT}
    with butler.transaction():
        butler.registry.insertDimensionData("instrument", {"name": INSTRUMENT, "class_name": "cam.Cam"})
        butler.registry.insertDimensionData("detector", *({**cam, "id": d, "full_name": f"S{d}"} for d in DETECTORS))
    for name in TYPES:
        dimensions = ("instrument", "detector")
        butler.registry.registerDatasetType(
            DatasetType(name, dimensions, "StructuredDataDict", universe=butler.dimensions, isCalibration=True)
        )


def _ticket(butler: Any, repository: ButlerRepository, naming: Naming) -> None:
    """Make, seal, certify and link the ten products of one ticket; link the ticket into the chain of all."""
    leaves = {name: naming.leaf(name, RERUN) for name in TYPES}
    changes: list[Change] = []
    for name, leaf in leaves.items():
        changes += _certifications(leaf, name, _generation(butler, repository, naming.leaf(f"{name}Gen", RERUN), name))
    changes += _links(repository, naming.ticket_chain, tuple(leaves.values()), "set")
    repository.commit(tuple(changes))
    repository.commit(tuple(_links(repository, naming.top_chain, (naming.ticket_chain,), "chain")))


def _generation(butler: Any, repository: ButlerRepository, leaf: str, name: str) -> dict[str, str]:
    """Make one sealed generation; return data ID -> UUID."""
    from lsst.daf.butler import CollectionType

    recipe, run = Recipe({"product": name, "leaf": leaf}), f"{leaf}/20250207T000000Z"
    repository.claim(leaf, Claim(recipe.digest, recipe.intent, run, (), 1, "host", ""))
    butler.collections.register(run, CollectionType.RUN)
    ids = [{"instrument": INSTRUMENT, "detector": detector} for detector in DETECTORS]
    refs = butler.registry.insertDatasets(name, ids, run, expand=False)
    datasets = {data_id(dict(ref.dataId.required)): str(ref.id) for ref in refs}
    repository.seal(leaf, Seal(recipe.digest, recipe.intent, run, {name: datasets}))
    return datasets


def _certifications(collection: str, name: str, datasets: dict[str, str]) -> Iterator[Change]:
    for identity, dataset in datasets.items():
        yield Change(Cert(PLACE, collection, name, identity), None, constant(ALWAYS, uuid(dataset)))


def _links(repository: ButlerRepository, name: str, members: tuple[str, ...], by: str) -> Iterator[Change]:
    chain = Chain(PLACE, name)
    before = lift(repository.observe(Scope(frozenset({name})))).members(chain)
    yield Change(chain, before or None, (*members, *before))
    for member in members:
        yield Change(Owned(PLACE, name, member), None, "chain" if by == "chain" else "set")


def _scenery(butler: Any, size: Size) -> None:
    """Fill up with collections of other people: for each RUN with its chain, as pipetask leaves them."""
    from lsst.daf.butler import CollectionType

    lacking = size.collections - len(butler.collections.query("*", include_chains=True))
    with butler.transaction():
        for index in range(lacking // 2):
            name = f"u/person{index % 50}/DM-{index}"
            butler.collections.register(f"{name}/20250101T000000Z", CollectionType.RUN)
            butler.collections.register(name, CollectionType.CHAINED)
            butler.collections.redefine_chain(name, [f"{name}/20250101T000000Z"])
