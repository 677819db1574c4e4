"""A small real world: specs in git, an embedded repository with raws, real pipelines, and an operator who types.

LSSTComCam with two detectors of tiny amplifiers, two exposures of each kind. Worlds are made once and copied.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from git import Repo

from reconciler import seals
from reconciler.demo import camera as cameras
from reconciler.demo import frames, specs
from reconciler.demo.story import ALWAYS
from tests.checkouts import Checkout, Said, begin

CAMERA = replace(cameras.find("LSSTComCam"), detectors="0..1")
BASE = f"specs/{CAMERA.name}"
PUBLIC = f"{CAMERA.name}/calib"
TICKET = f"{PUBLIC}/{specs.TICKET}"
PRODUCTS = {"bias": "bias", "dark": "dark", "flat-r": "flat"}
"""Name in collections -> dataset type."""
FOUND = specs.Found(tuple(PRODUCTS.values()), ("r",), "2024-12-06T00:00:00")
COUNTED = (*PRODUCTS.values(), "camera")


@dataclass(frozen=True)
class Playground(Checkout):
    """One world: a git repository with `repo/` (Butler) and `raws/` beside its specs."""

    def plan(self) -> str:
        """Return what `plan` says."""
        said = self.reconcile("plan")
        assert said.code in (0, 11), said.text
        return said.text

    def apply(self, *options: str) -> Said:
        """Apply without being asked."""
        return self.reconcile("apply", "--auto-approve", *options)

    @property
    def git(self) -> Repo:
        """The git repository."""
        return Repo(self.root)

    @contextmanager
    def butler(self) -> Iterator[Any]:
        """A person's own Butler."""
        from lsst.daf.butler import Butler

        with Butler.from_config(str(self.root / "repo"), writeable=True) as butler:
            yield butler

    def copy(self, root: Path) -> Playground:
        """Return a world of its own with the same content."""
        shutil.copytree(self.root, root, symlinks=True)
        return Playground(root)


def leaf(product: str, rerun: str = "20250207a") -> str:
    """Return the leaf that the generation of a product has."""
    stem, _, band = product.partition("-")
    return f"{TICKET}/demo/{stem}Gen{f'-{band}' if band else ''}.{rerun}"


def take(folder: Path, night: int, *options: str, size: str = "16x16") -> None:
    """Simulate frames of one night for the two detectors of amplifiers of this size."""
    small = ("--night", str(night), "--amp-size", size, "--detectors", "0,1")
    frames.processing("simulate", folder, "--camera", CAMERA.name, *small, *options)


def locked(root: Path, *, size: str = "16x16", count: int = 2) -> Playground:
    """Make a world in which everything is ingested, locked and committed, and nothing is built."""
    of_each = ("--bias", str(count), "--dark", str(count), "--exptime", "30", "--flat", f"r:{count}")
    take(root / "raws", 20241206, *of_each, size=size)
    frames.ingest(root, CAMERA, root / "raws")
    begin(root).close()
    world = Playground(root)
    for name, text in specs.files(CAMERA, FOUND, "", ALWAYS).items():
        world.write(name, text)
    world.commit(f"{specs.TICKET}: bias, dark and flats")
    assert (said := world.reconcile("lock")).code == 0, said.text
    world.commit(f"{specs.TICKET}: lock")
    return world


def datasets(butler: Any) -> Counter[str]:
    """Count every dataset of the repository by type: UUIDs, wherever they are."""
    types = butler.registry.queryDatasetTypes()
    return Counter({t.name: len({ref.id for ref in butler.registry.queryDatasets(t, collections=...)}) for t in types})


def runs_of(butler: Any, product: str) -> list[str]:
    """Return the RUNs below the leaf of a product."""
    from lsst.daf.butler import CollectionType

    return sorted(butler.collections.query(f"{leaf(product)}/*", collection_types=CollectionType.RUN))


def certifications(butler: Any) -> dict[str, list[tuple[str, str, str]]]:
    """Return (data ID, UUID, validity) of everything that is certified, by collection."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for name in COUNTED:
        if not butler.registry.queryDatasetTypes([name], missing=[]):
            continue
        for one in butler.registry.queryDatasetAssociations(name, collections=..., collectionTypes=_calibration()):
            row = (str(one.ref.dataId), str(one.ref.id), str(one.timespan))
            found.setdefault(one.collection, []).append(row)
    return {name: sorted(rows) for name, rows in sorted(found.items())}


def sealed(butler: Any) -> dict[str, str]:
    """Return the text of every seal: which datasets each complete generation consists of."""
    return {name: doc for name, (_, doc) in kinds(butler).items() if isinstance(seals.read(doc), seals.Seal)}


def everything_readable(butler: Any) -> None:
    """Get every certified dataset, as science would: a certification whose dataset is gone fails here."""
    for rows in certifications(butler).values():
        for _, uuid, _ in rows:
            butler.get(butler.get_dataset(uuid))


def chains(butler: Any) -> dict[str, tuple[str, ...]]:
    """Return every chain with its members."""
    infos = butler.collections.query_info("*", include_chains=True)
    return {info.name: tuple(info.children) for info in infos if info.type.name == "CHAINED"}


def kinds(butler: Any) -> dict[str, tuple[str, str]]:
    """Return every collection with its type and documentation."""
    infos = butler.collections.query_info("*", include_chains=True, include_doc=True)
    return {info.name: (info.type.name, info.doc) for info in infos}


def _calibration() -> Any:
    from lsst.daf.butler import CollectionType

    return CollectionType.CALIBRATION
