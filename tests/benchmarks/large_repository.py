"""A large site for benchmarks: a repository as a year of applies leaves it, and the git repository that wants it so.

What `large_specs` ask for is sealed, certified, linked and, where it is deployed to, tagged, among the collections of
other people. It is computed from the specs, as `plan` does, and written through the port, so that claims, seals, the
record and its owned links are what they are in service; only the datasets are made here. Where sets are made, all are
on one small file; where they are deployed to, each has one of its own, and the archive has them all.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from reconciler import record, seals
from reconciler.adapters.archive import archive_at
from reconciler.adapters.butler import ButlerRepository
from reconciler.archive import Item, Manifest, Part
from reconciler.dataid import parse
from reconciler.desired import desired
from reconciler.diff import diff
from reconciler.facts import Facts
from reconciler.intent import Desired
from reconciler.look import look, whole_scope
from reconciler.observation import lower
from reconciler.overlay import overlay
from reconciler.parcel import Definition
from reconciler.seals import Claim, Seal, digest
from reconciler.site import choose
from reconciler.spec.load import Tree, load_tree
from reconciler.work import Generation
from tests.benchmarks.large_specs import (
    ARCHIVE,
    BAND,
    DETECTORS,
    FILTER,
    INSTRUMENT,
    OTHERS,
    PLACE,
    RAWS,
    TYPES,
    Size,
    folder,
    product,
    write_specs,
)
from tests.servers.postgresql import Server

FORMAT = 2
"""Part of the name in the cache: to be raised with every change of how the repository is filled."""

STORAGE_CLASS = "StructuredDataDict"
DATABASE, DUMP = "large_repository", "registry.dump"


@dataclass
class _Building:
    """A place as it is filled.

    Attributes
    ----------
    published
        Ticket -> leaf -> what the archive is to say of it; nothing where sets are made.
    """

    place: str
    butler: Any
    repository: ButlerRepository
    archive: Path | None
    published: dict[str, dict[str, Part]] = field(default_factory=dict)


def large_site(root: Path, cache: Path, size: Size, server: Server | None = None) -> None:
    """Make the git repository of such a site in `root`.

    What its repositories hold stays in `cache`, under a name that changes with what is wanted. Sets that are deployed
    are looked at where they go: the first of these places is filled, and the others are copies of it. With a server,
    which must be new, there is but that one, in a database.
    """
    write_specs(root, size)
    tree = load_tree(root)
    place = size.places[0] if size.places else PLACE
    made = _wanted(tree, PLACE)
    recipes = sorted((key.leaf, made.recipe(key)) for key in made.works if key.place == PLACE)
    name = digest([FORMAT, seals.FORMAT, size.collections, place, server is not None, recipes])[7:19]
    kept = cache / f"large-repository-{name}"
    if not kept.exists():
        building = kept.with_name(f"{kept.name}-building")
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        _fill(building, size, tree, place, server)
        building.rename(kept)
    elif server is not None:
        server.load(kept / DUMP, DATABASE)
    _open(root, kept, size, place, server)


def _wanted(tree: Tree, place: str) -> Desired:
    return desired(tree, choose(tree, place.partition("/")[0]))


def _open(root: Path, kept: Path, size: Size, place: str, server: Server | None) -> None:
    """Let the git repository find what is kept."""
    if size.places:
        (root / ARCHIVE).symlink_to((kept / ARCHIVE).resolve())
    (root / folder(place)).symlink_to((kept / "repo").resolve())
    if server is not None:
        config = kept / "repo" / "butler.yaml"
        content = yaml.safe_load(config.read_text())
        content["registry"]["db"] = server.url(DATABASE)
        config.write_text(yaml.safe_dump(content))
        return
    for other in (PLACE, *size.places) if size.places else ():
        if other != place:
            _copy(kept / "repo", root / folder(other), other)


def _copy(repo: Path, to: Path, place: str) -> None:
    """Make another place that holds the same, its files by links."""
    from lsst.daf.butler import Butler

    to.mkdir()
    for path in repo.resolve().iterdir():
        if path.is_dir():
            (to / path.name).symlink_to(path)
        else:
            shutil.copy(path, to)
    with Butler.from_config(str(to), writeable=True) as butler:
        text = butler.registry.getCollectionDocumentation(record.COLLECTION)
        standing = record.read(text)
        renamed = record.write(record.Record(place, standing.owned, standing.applied))
        butler.registry.setCollectionDocumentation(record.COLLECTION, renamed)


def _fill(folder: Path, size: Size, tree: Tree, place: str, server: Server | None) -> None:
    from lsst.daf.butler import Butler, Config

    repo, config = folder / "repo", Config()
    if server is not None:
        server.execute(f"create database {DATABASE}")
        config["registry", "db"] = server.url(DATABASE)
        config["registry", "namespace"] = "main"
    Butler.makeRepo(repo, config=config)
    archive = folder / ARCHIVE if size.places else None
    (repo / "dataset.yaml").write_text("{}\n")
    made = _wanted(tree, PLACE)
    with Butler.from_config(str(repo), writeable=True) as butler, ButlerRepository(place, str(repo)) as repository:
        building = _Building(place, butler, repository, archive)
        _register(butler, made)
        _others(butler, size)
        for work in made.works.values():
            if isinstance(work, Generation):
                _generate(building, work)
        _settle(repository, _wanted(tree, place))
        _scenery(butler, size)
    if archive is not None:
        _publish(archive, building.published)
    if server is not None:
        server.dump(DATABASE, folder / DUMP)


def _register(butler: Any, want: Desired) -> None:
    """Register the camera, the dataset types, and every collection that a generation could have among its inputs."""
    from lsst.daf.butler import CollectionType, DatasetType

    cam, registry = {"instrument": INSTRUMENT}, butler.registry
    with butler.transaction():
        registry.insertDimensionData("instrument", {"name": INSTRUMENT, "class_name": "cam.Cam"})
        registry.insertDimensionData("detector", *({**cam, "id": d, "full_name": f"S{d}"} for d in DETECTORS))
        registry.insertDimensionData("physical_filter", {**cam, "name": FILTER, "band": BAND})
    for name in TYPES:
        dimensions = product(name)["dimensions"]
        registry.registerDatasetType(
            DatasetType(name, dimensions, STORAGE_CLASS, universe=butler.dimensions, isCalibration=True)
        )
    butler.collections.register(RAWS, CollectionType.RUN)
    butler.collections.register(OTHERS, CollectionType.CALIBRATION)
    for chain in want.public:
        butler.collections.register(chain.name, CollectionType.CHAINED)
        butler.collections.redefine_chain(chain.name, [OTHERS])
    for work in want.works.values():
        for precursor in work.precursors if isinstance(work, Generation) else ():
            assert precursor.collection is not None
            butler.collections.register(precursor.collection, CollectionType.CALIBRATION)


def _others(butler: Any, size: Size) -> None:
    """Certify what other people made long ago."""
    from lsst.daf.butler import Timespan

    run = f"{OTHERS}/run"
    for name in TYPES:
        ids = [{"instrument": INSTRUMENT, "detector": d, "physical_filter": FILTER} for d in DETECTORS[: size.tickets]]
        butler.registry.certify(OTHERS, _datasets(butler, name, ids, run), Timespan(None, None))


def _generate(building: _Building, work: Generation) -> None:
    """Claim, make and seal one generation; where it is deployed to, remember what the archive is to say of it."""
    run, recipe, leaf = f"{work.key.leaf}/20250207T000000Z", work.recipe, work.key.leaf
    inputs = () if building.archive else (*{p.collection: None for p in work.precursors if p.collection}, RAWS, OTHERS)
    building.repository.claim(leaf, Claim(recipe.digest, recipe.intent, run, inputs, 1, "host", "submission"))
    made: dict[str, dict[str, str]] = {}
    items: list[Item] = []
    for name, ids in work.expected.items():
        if building.archive is None:
            refs = _datasets(building.butler, name, map(parse, sorted(ids)), run)
            made[name] = dict(zip(sorted(ids), [str(ref.id) for ref in refs], strict=True))
        else:
            found = _filed(building.butler, building.archive, name, sorted(ids), run)
            made[name] = {item.data_id: item.uuid for item in found}
            items += found
    seal = Seal(recipe.digest, recipe.intent, run, made)
    building.repository.seal(leaf, seal)
    building.published.setdefault(work.lock_name, {})[leaf] = Part(seal, tuple(items))


def _filed(butler: Any, archive: Path, name: str, ids: list[str], run: str) -> list[Item]:
    """Ingest datasets, each with a file of its own; put their files into the archive, too."""
    (root,) = butler.get_datastore_roots().values()
    objects = archive / "objects"
    objects.mkdir(parents=True, exist_ok=True)
    paths = [
        f"{run}/{name}/{name}_{'_'.join(map(str, parse(one).values()))}_{run.replace('/', '_')}.yaml" for one in ids
    ]
    contents = [f"{path}\n".encode() for path in paths]
    Path(root.ospath, paths[0]).parent.mkdir(parents=True)
    for path, content in zip(paths, contents, strict=True):
        Path(root.ospath, path).write_bytes(content)
        (objects / hashlib.sha256(content).hexdigest()).write_bytes(content)
    refs = _refs(butler, name, map(parse, ids), run)
    _ingest(butler, [(path, [ref]) for path, ref in zip(paths, refs, strict=True)])
    return [
        Item(name, one, str(ref.id), path, hashlib.sha256(content).hexdigest(), len(content))
        for one, ref, path, content in zip(ids, refs, paths, contents, strict=True)
    ]


def _publish(archive: Path, published: dict[str, dict[str, Part]]) -> None:
    """Write a manifest for each ticket."""
    store = archive_at(str(archive))
    definitions = {name: Definition(tuple(product(name)["dimensions"]), STORAGE_CLASS) for name in TYPES}
    for ticket, parts in published.items():
        store.publish(Manifest(INSTRUMENT, ticket, definitions, parts))


def _datasets(butler: Any, name: str, ids: Iterable[dict[str, Any]], run: str) -> list[Any]:
    """Ingest datasets, all on the one small file."""
    refs = _refs(butler, name, ids, run)
    _ingest(butler, [("dataset.yaml", refs)])
    return refs


def _refs(butler: Any, name: str, ids: Iterable[dict[str, Any]], run: str) -> list[Any]:
    from lsst.daf.butler import CollectionType, DataCoordinate, DatasetRef

    butler.collections.register(run, CollectionType.RUN)
    kind = butler.get_dataset_type(name)
    return [DatasetRef(kind, DataCoordinate.standardize(one, dimensions=kind.dimensions), run) for one in ids]


def _ingest(butler: Any, files: Iterable[tuple[str, list[Any]]]) -> None:
    """Ingest what stands in the datastore already."""
    from lsst.daf.butler import FileDataset

    (root,) = butler.get_datastore_roots().values()
    butler.ingest(*(FileDataset(root.join(path), refs) for path, refs in files), transfer=None)


def _settle(repository: ButlerRepository, want: Desired) -> None:
    """Certify and link everything that is wanted, in one commit."""
    facts = Facts(trust="none")
    seen = look([repository], whole_scope(want), want, facts)
    changes = diff(seen.state, overlay(seen.state, want.state))
    repository.commit(lower(changes, seen.facts.seals(repository.place)))


def _scenery(butler: Any, size: Size) -> None:
    """Fill up with collections of other people: chains of nine RUNs, as pipetask leaves them."""
    from lsst.daf.butler import CollectionType

    lacking = size.collections - len(butler.collections.query("*", include_chains=True))
    with butler.transaction():
        for first in range(0, lacking, 10):
            name = f"u/person{first % 50}/DM-{first}"
            runs = [f"{name}/20250101T{hour:02}0000Z" for hour in range(min(9, lacking - first - 1))]
            for run in runs:
                butler.collections.register(run, CollectionType.RUN)
            butler.collections.register(name, CollectionType.CHAINED)
            butler.collections.redefine_chain(name, runs)
