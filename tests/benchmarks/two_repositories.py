"""Two sites for benchmarks: the origin has made 189 calibrations, and the other one has none of them.

root/specs root/sites     one product of one ticket, deployed to the other site, and the public chain
root/main                 the repository of `usdf`, in which it is sealed, certified and linked
root/cam                  the repository of `summit`, which knows the camera
root/archive              where `usdf` publishes, and `summit` receives from
"""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from reconciler.adapters.butler import ButlerRepository
from reconciler.cli.main import run
from reconciler.dataid import parse
from reconciler.desired import desired
from reconciler.seals import Claim, Seal
from reconciler.site import choose
from reconciler.spec.documents import Model
from reconciler.spec.load import load_tree
from reconciler.work import Generation
from tests import butler_world
from tests.checkouts import begin
from tests.several import MAIN, SUMMIT, deployment, site
from tests.worlds import INSTRUMENT, TICKET, Ask, calibration_set, catalog, chain

DETECTORS = range(189)
SIZE = 4_000_000
"""Bytes of each file."""
PRODUCT = "bias"
ORIGIN, OTHER, ARCHIVE = "main", "cam", "archive"
TICKET_CHAIN = TICKET


@dataclass(frozen=True)
class TwoRepositories:
    """One world, as it stands in a directory."""

    root: Path

    def forget(self) -> None:
        """Make the archive and the other repository what they were before anything travelled."""
        for path in (self.root / ARCHIVE, self.root / OTHER):
            shutil.rmtree(path, ignore_errors=True)
        (self.root / ARCHIVE).mkdir(mode=0o755)
        shutil.copytree(self.root / f"{OTHER}-before", self.root / OTHER)


def make(root: Path) -> TwoRepositories:
    """Make such a world: everything at the origin is done, and nothing is published."""
    world = TwoRepositories(root)
    butler_world.make_template(root / ORIGIN)
    _detectors(root / ORIGIN)
    for name in (OTHER, f"{OTHER}-before"):
        shutil.copytree(root / ORIGIN, root / name)
    world.forget()
    _commit(root, {})
    _generate(root)
    assert run(["apply", "--site", "usdf", "--auto-approve", "--directory", str(root)]) == 0
    there = {"smoke_waived": "a benchmark has no raws"}
    _commit(root, {"deployment": deployment(**{SUMMIT: there})})
    return world


def _detectors(root: Path) -> None:
    from lsst.daf.butler import Butler

    rows = [{"instrument": INSTRUMENT, "id": d, "full_name": f"S{d}"} for d in DETECTORS]
    with Butler.from_config(str(root), writeable=True) as butler:
        butler.registry.insertDimensionData("detector", *rows, skip_existing=True)


def _commit(root: Path, more: dict[str, Any]) -> None:
    """Commit the specs, with more said of the set."""
    spec, lock = calibration_set([Ask(PRODUCT)], **more)
    detectors = f"{DETECTORS[0]}..{DETECTORS[-1]}"
    locked = _plain(lock)
    locked["products"][PRODUCT]["detectors"] = detectors
    documents = {
        f"specs/{INSTRUMENT}/catalog": _plain(catalog()) | {"detectors": detectors},
        f"specs/{INSTRUMENT}/DM-1": _plain(spec),
        f"specs/{INSTRUMENT}/DM-1.lock": locked,
        f"specs/{INSTRUMENT}/chain": _plain(chain(TICKET)),
        "sites/usdf": _plain(site("usdf", {ORIGIN: {}}, archive=ARCHIVE)),
        "sites/summit": _plain(site("summit", {OTHER: {}}, archive=ARCHIVE)),
    }
    for name, content in documents.items():
        path = root / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content, sort_keys=False))
    with begin(root) as git:
        ignored = [f"/{name}/" for name in (ORIGIN, OTHER, f"{OTHER}-before", ARCHIVE, "export", ".reconcile")]
        (root / ".gitignore").write_text("\n".join(ignored))
        git.git.add("--all")
        git.git.commit("--quiet", "-m", "What is wanted")


def _plain(document: Model) -> dict[str, Any]:
    found: dict[str, Any] = document.model_dump(mode="json", exclude_unset=True, by_alias=True)
    return found


def _generate(root: Path) -> None:
    """Claim, make and seal what the specs want of the origin."""
    from lsst.daf.butler import Butler

    tree = load_tree(root)
    want = desired(tree, choose(tree, "usdf"))
    with (
        Butler.from_config(str(root / ORIGIN), writeable=True) as butler,
        ButlerRepository(MAIN, str(root / ORIGIN)) as repository,
    ):
        for work in want.works.values():
            assert isinstance(work, Generation)
            run, recipe = f"{work.key.leaf}/20250207T000000Z", work.recipe
            repository.claim(work.key.leaf, Claim(recipe.digest, recipe.intent, run, (), 1, "host", "submission"))
            made = {name: _made(butler, root, name, sorted(ids), run) for name, ids in work.expected.items()}
            repository.seal(work.key.leaf, Seal(recipe.digest, recipe.intent, run, made))


def _made(butler: Any, root: Path, name: str, ids: list[str], run: str) -> dict[str, str]:
    """Ingest a file for each data ID; return their UUIDs."""
    from lsst.daf.butler import CollectionType, DataCoordinate, DatasetRef, FileDataset

    butler.collections.register(run, CollectionType.RUN)
    kind = butler.get_dataset_type(name)
    files = []
    for one in ids:
        path = root / f"{one}.yaml"
        path.write_bytes(fits_like(one))
        where = DataCoordinate.standardize(parse(one), dimensions=kind.dimensions)
        files.append(FileDataset(str(path), [DatasetRef(kind, where, run)]))
    butler.ingest(*files, transfer="move")
    return {one: str(file.refs[0].id) for one, file in zip(ids, files, strict=True)}


def fits_like(name: str) -> bytes:
    """Return a header's block and pixels, of which no two files have the same; nobody here reads them as FITS."""
    header = f"SIMPLE  =                    T / {name}".ljust(2880).encode()
    return header + random.Random(name).randbytes(SIZE - len(header))
