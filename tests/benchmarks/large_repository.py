"""A large site for benchmarks: a repository as a year of applies leaves it, and the git repository that wants it so.

Twenty tickets of ten products are generated, sealed, certified and linked, each over 189 detectors, among the
collections of other people. What is wanted is computed from the specs, as `plan` does, and written through the port,
so that claims, seals, the record and its owned links are what they are in service; only the datasets are made here,
all on one small file.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from git import Repo

from reconciler import seals
from reconciler.adapters.butler import ButlerRepository
from reconciler.dataid import parse
from reconciler.desired import desired
from reconciler.diff import diff
from reconciler.facts import Facts
from reconciler.intent import Desired, Generation
from reconciler.look import look, whole_scope
from reconciler.observation import lower
from reconciler.overlay import overlay
from reconciler.seals import Claim, Datasets, Seal, digest
from reconciler.spec.load import load_tree

FORMAT = 1
"""Part of the name in the cache: to be raised with every change of how the repository is filled."""

PLACE = "usdf/main"
INSTRUMENT, BAND, FILTER = "LSSTCam", "r", "r_03"
DETECTORS = range(189)
RERUN = "20250207a"
RAWS = f"{INSTRUMENT}/raw/all"
OTHERS = f"{INSTRUMENT}/calib/DM-39000"
PRECURSORS: dict[str, list[str]] = {
    "crosstalk": [],
    "defects": ["crosstalk"],
    "linearizer": ["crosstalk", "defects"],
    "cti": ["linearizer", "defects"],
    "ptc": ["crosstalk", "cti", "linearizer", "defects"],
    "bfk": ["crosstalk", "cti", "linearizer", "defects"],
    "bias": ["crosstalk", "ptc", "linearizer", "cti"],
    "dark": ["crosstalk", "ptc", "linearizer", "cti", "bias", "defects"],
    "flat": ["crosstalk", "ptc", "linearizer", "cti", "bias", "dark"],
    "gain_correction": ["ptc", "flat"],
}
TYPES = tuple(PRECURSORS)


@dataclass(frozen=True)
class Size:
    """How much there is: `tickets` x 10 types x 189 detectors of ours are certified, and 10 x `tickets` of others."""

    collections: int = 10_000
    tickets: int = 20

    @property
    def certifications(self) -> int:
        """How many certifications the repository holds."""
        return self.tickets * len(TYPES) * (len(DETECTORS) + 1)

    def __str__(self) -> str:
        return f"{self.collections:,} collections, {self.certifications:,} certifications"


def large_site(root: Path, cache: Path, size: Size) -> None:
    """Make the git repository of such a site in `root`.

    Its Butler repository stays in `cache`, under a name that changes with what is wanted.
    """
    _write_specs(root, size)
    tree = load_tree(root)
    want = desired(tree, tree.sites[0].document)
    recipes = sorted((key.leaf, want.recipe(key)) for key in want.works)
    repo = cache / f"large-repository-{digest([FORMAT, seals.FORMAT, size.collections, recipes])[7:19]}"
    if not repo.exists():
        cache.mkdir(exist_ok=True)
        building = repo.with_name(f"{repo.name}-building")
        shutil.rmtree(building, ignore_errors=True)
        _fill(building, size, want)
        building.rename(repo)
    (root / "repo").symlink_to(repo.resolve())


def _write_specs(root: Path, size: Size) -> None:
    documents: dict[str, dict[str, Any]] = {"sites/usdf.yaml": _site(), "catalog": _catalog(), "chain": _chain(size)}
    for ticket in _tickets(size):
        documents[ticket] = _set(ticket)
        documents[f"{ticket}.lock"] = _lock(ticket)
    for name, content in documents.items():
        path = root / (name if "/" in name else f"specs/{INSTRUMENT}/{name}.yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content, sort_keys=False))
    with Repo.init(root, initial_branch="main") as git, git.config_writer() as config:
        config.set_value("user", "name", "benchmark")
        config.set_value("user", "email", "benchmark@example.org")
        (root / ".gitignore").write_text("repo\n")
        git.git.add("--all")
        git.git.commit("--quiet", "-m", "Everything that is wanted")


def _tickets(size: Size) -> list[str]:
    return [f"DM-{40000 + index}" for index in range(size.tickets)]


def _site() -> dict[str, Any]:
    return {
        "kind": "Site",
        "site": "usdf",
        "trust": "none",
        "repositories": {"main": {"butler": "repo", "instruments": [INSTRUMENT]}},
        "releases": {"embedded": {}},
    }


def _catalog() -> dict[str, Any]:
    return {
        "kind": "Catalog",
        "instrument": INSTRUMENT,
        "releases": ["*"],
        "detectors": f"{DETECTORS[0]}..{DETECTORS[-1]}",
        "bands": {BAND: FILTER},
        "products": {name: _product(name) for name in TYPES},
    }


def _product(name: str) -> dict[str, Any]:
    band, filters = ("-{band}", ["physical_filter"]) if name == "flat" else ("", [])
    return {
        "dataset_type": name,
        "generation": f"{name}Gen{band}",
        "certified": f"{name}{band}",
        "template": f"bps_{name}.yaml",
        "selection_variable": f"SELECTION_{name.upper()}",
        "dimensions": ["instrument", "detector", *filters],
        "precursors": PRECURSORS[name],
        "per_band": name == "flat",
    }


def _chain(size: Size) -> dict[str, Any]:
    return {
        "kind": "Chain",
        "instrument": INSTRUMENT,
        "name": f"{INSTRUMENT}/calib",
        "members": [*(f"{INSTRUMENT}/calib/{ticket}" for ticket in reversed(_tickets(size))), OTHERS],
        "external": [{"collection": OTHERS, "reason": "older than our specs"}],
    }


def _instance(name: str) -> str:
    return f"{name}-{BAND}" if name == "flat" else name


def _set(ticket: str) -> dict[str, Any]:
    return {
        "kind": "CalibrationSet",
        "instrument": INSTRUMENT,
        "ticket": ticket,
        "tag": "DP1",
        "purpose": "everything",
        "origin": PLACE,
        "raws": RAWS,
        "starting_calibs": [OTHERS],
        "release": "embedded",
        "rerun": RERUN,
        "selections": {_instance(name): _selection(name) for name in TYPES},
        "products": {name: {"bands": [BAND]} if name == "flat" else {} for name in TYPES},
    }


def _selection(name: str) -> str:
    return f"exposure.day_obs=20250101 and exposure.observation_type='{name}'"


def _lock(ticket: str) -> dict[str, Any]:
    starting = {"collection": OTHERS, "type": "CALIBRATION", "dataset_types": list(TYPES), "fingerprint": "0" * 64}
    return {
        "kind": "Lock",
        "instrument": INSTRUMENT,
        "ticket": ticket,
        "raws": RAWS,
        "repository": PLACE,
        "starting_calibs": [OTHERS],
        "starting": [starting],
        "products": {_instance(name): _locked(name, index) for index, name in enumerate(TYPES)},
    }


def _locked(name: str, index: int) -> dict[str, Any]:
    first = 2025010100000 + 100 * index
    return {
        "selection": _selection(name),
        "exposures": [f"{first}..{first + 19}"],
        "detectors": f"{DETECTORS[0]}..{DETECTORS[-1]}",
        **({"physical_filter": FILTER, "band": BAND} if name == "flat" else {}),
    }


def _fill(repo: Path, size: Size, want: Desired) -> None:
    from lsst.daf.butler import Butler

    Butler.makeRepo(repo)
    (repo / "dataset.yaml").write_text("{}\n")
    with Butler.from_config(str(repo), writeable=True) as butler, ButlerRepository(PLACE, str(repo)) as repository:
        _register(butler, want)
        _others(butler, size)
        for work in want.works.values():
            assert isinstance(work, Generation)
            _generate(butler, repository, work)
        _settle(repository, want)
        _scenery(butler, size)


def _register(butler: Any, want: Desired) -> None:
    """Register the camera, the dataset types, and every collection that a generation could have among its inputs."""
    from lsst.daf.butler import CollectionType, DatasetType

    cam, registry = {"instrument": INSTRUMENT}, butler.registry
    with butler.transaction():
        registry.insertDimensionData("instrument", {"name": INSTRUMENT, "class_name": "cam.Cam"})
        registry.insertDimensionData("detector", *({**cam, "id": d, "full_name": f"S{d}"} for d in DETECTORS))
        registry.insertDimensionData("physical_filter", {**cam, "name": FILTER, "band": BAND})
    for name in TYPES:
        dimensions = _product(name)["dimensions"]
        registry.registerDatasetType(
            DatasetType(name, dimensions, "StructuredDataDict", universe=butler.dimensions, isCalibration=True)
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


def _generate(butler: Any, repository: ButlerRepository, work: Generation) -> None:
    """Claim, make and seal one generation."""
    run, recipe = f"{work.key.leaf}/20250207T000000Z", work.recipe
    inputs = (*{p.collection: None for p in work.precursors if p.collection}, RAWS, OTHERS)
    repository.claim(work.key.leaf, Claim(recipe.digest, recipe.intent, run, inputs, 1, "host", "submission"))
    made: Datasets = {name: _made(butler, name, sorted(ids), run) for name, ids in work.expected.items()}
    repository.seal(work.key.leaf, Seal(recipe.digest, recipe.intent, run, made))


def _made(butler: Any, name: str, ids: list[str], run: str) -> dict[str, str]:
    refs = _datasets(butler, name, map(parse, ids), run)
    return dict(zip(ids, [str(ref.id) for ref in refs], strict=True))


def _datasets(butler: Any, name: str, ids: Iterable[dict[str, Any]], run: str) -> list[Any]:
    """Ingest datasets, all on the one small file."""
    from lsst.daf.butler import CollectionType, DataCoordinate, DatasetRef, FileDataset

    butler.collections.register(run, CollectionType.RUN)
    kind = butler.get_dataset_type(name)
    refs = [DatasetRef(kind, DataCoordinate.standardize(one, dimensions=kind.dimensions), run) for one in ids]
    (datastore,) = butler.get_datastore_roots().values()
    butler.ingest(FileDataset(datastore.join("dataset.yaml"), refs), transfer=None)
    return refs


def _settle(repository: ButlerRepository, want: Desired) -> None:
    """Certify and link everything that is wanted, in one commit."""
    facts = Facts(trust="none")
    seen = look([repository], whole_scope(want), want, facts)
    changes = diff(seen.state, overlay(seen.state, want.state))
    repository.commit(lower(changes, seen.facts.seals(PLACE)))


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
