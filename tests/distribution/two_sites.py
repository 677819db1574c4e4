"""Two sites with real repositories and one archive, specs in git, and an operator at each who types commands.

    root/specs root/sites     a set of bias and dark for every detector, defects of a few, and the public chain
    root/main root/embargo    repositories of `usdf`; `main` makes everything
    root/cam                  the repository of `summit`
    root/archive              where `usdf` publishes, and `summit` receives from

What the origin holds is put there without pipelines: small files, each with a content of its own. Every repository has
a public chain, a calibration and a tag of somebody, which nobody may touch. Worlds are made once and copied.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import uuid4

import yaml

from reconciler.adapters.butler import ButlerRepository
from reconciler.cli import session
from reconciler.jobs import Job
from reconciler.seals import Datasets
from reconciler.site import Place, connect
from reconciler.spec.documents import Model, Site
from tests import butler_world
from tests.butler_world import CONTENT, ButlerExecutor
from tests.checkouts import Checkout, Said, begin
from tests.servers.postgresql import Server
from tests.several import EMBARGO, MAIN, SUMMIT, deployment, site
from tests.worlds import INSTRUMENT, PUBLIC, TICKET, Ask, calibration_set, catalog, chain, document

DETECTORS, BATCH = range(40), 32
"""More than operators who are killed register in one transaction."""
DEFECTIVE = range(3)
PLACES = (MAIN, EMBARGO, SUMMIT)
CURATED = f"{PUBLIC}/DM-2"
LEAVES = (f"{TICKET}/trial/biasGen.20250207a", f"{TICKET}/trial/darkGen.20250207a", f"{CURATED}/unbounded")
TAGGED = f"{INSTRUMENT}/calib_tagged/DM-1"
LOCAL, THEIRS, TAG = "local/run", f"{PUBLIC}/OLD", "local/tagged"
SIZE = 10_000
"""Bytes of a file of the set."""
TYPES = frozenset({"bias", "dark", "defects"})
DATASETS = 2 * len(DETECTORS) + len(DEFECTIVE)


@dataclass(frozen=True)
class TwoSites(Checkout):
    """One world, as it stands in a directory."""

    def apply(self, name: str) -> Said:
        """Apply at one site without being asked."""
        return self.reconcile("apply", "--site", name, "--auto-approve")

    def done(self, name: str) -> Said:
        """Apply at one site; everything is done."""
        said = self.apply(name)
        assert said.code == 0, said.text
        return said

    def idle(self, name: str) -> bool:
        """Return whether a plan for one site finds nothing to do."""
        said = self.reconcile("plan", "--site", name, "--detailed-exitcode")
        assert said.code in (0, 2), said.text
        return said.code == 0

    def butler_root(self, place: str) -> Path:
        """Where a repository stands."""
        return self.root / place.partition("/")[2]

    @property
    def archive(self) -> Path:
        """Where the archive stands."""
        return self.root / "archive"

    @contextmanager
    def butler(self, place: str) -> Iterator[Any]:
        """A person's own Butler."""
        from lsst.daf.butler import Butler

        with Butler.from_config(str(self.butler_root(place)), writeable=True) as butler:
            yield butler

    @contextmanager
    def repository(self, place: str) -> Iterator[ButlerRepository]:
        """A repository as our process has it."""
        with ButlerRepository(place, str(self.butler_root(place))) as found:
            yield found

    def write(self, name: str, content: Model | str) -> None:
        """Write a document, or a text."""
        if isinstance(content, Model):
            content = yaml.safe_dump(content.model_dump(mode="json", exclude_unset=True, by_alias=True))
        super().write(name, content)


@dataclass(frozen=True)
class Made:
    """A world to copy, and the server and the database in which its repositories are, if they are not files."""

    root: Path
    server: Server | None = None
    database: str = ""

    @contextmanager
    def copy(self, folder: Path) -> Iterator[TwoSites]:
        """Yield a world of its own with the same content; its database is dropped afterwards."""
        root = folder / "world"
        shutil.copytree(self.root, root, symlinks=True)
        if self.server is None:
            yield TwoSites(root)
            return
        database = f"world_{uuid4().hex}"
        self.server.execute(f"create database {database} template {self.database}")
        for place in PLACES:
            config = TwoSites(root).butler_root(place) / "butler.yaml"
            config.write_text(config.read_text().replace(self.database, database))
        try:
            yield TwoSites(root)
        finally:
            self.server.execute(f"drop database {database} with (force)")


def make(root: Path) -> Made:
    """Make a world on SQLite in which the origin has everything, and no other place any of it."""
    world = TwoSites(root)
    first = butler_world.make_template(world.butler_root(MAIN))
    for place in PLACES[1:]:
        shutil.copytree(first, world.butler_root(place))
    _begin(world)
    return Made(root)


def make_on_postgresql(root: Path, server: Server) -> Made:
    """Make the same with repositories that are schemas of one database."""
    world, database = TwoSites(root), f"sites_{uuid4().hex}"
    server.execute(f"create database {database}")
    for place in PLACES:
        here = world.butler_root(place)
        butler_world.make_template(here, server.url(database), here.name)
    _begin(world)
    return Made(root, server, database)


def _begin(world: TwoSites) -> None:
    """Make what belongs to somebody, let the origin build, then ask for everything everywhere."""
    for place in PLACES:
        with world.butler(place) as butler:
            _detectors(butler)
            _somebodys(butler, place)
    world.archive.mkdir(mode=0o755)
    _documents(world)
    with mock.patch.object(session, "connect", _with_small_files):
        world.done("usdf")
    _deployed(world)


def _documents(world: TwoSites) -> None:
    begin(world.root).close()
    world.write(".gitignore", "/main/\n/embargo/\n/cam/\n/archive/\n.reconcile/\n")
    base = f"specs/{INSTRUMENT}"
    everywhere = f"0..{DETECTORS[-1]}"
    entries = catalog().model_dump(mode="json", exclude_unset=True) | {"detectors": everywhere}
    world.write(f"{base}/catalog.yaml", yaml.safe_dump(entries))
    spec, lock = calibration_set([Ask("bias"), Ask("dark")])
    locked = lock.model_dump(mode="json", exclude_unset=True)
    for product in locked["products"].values():
        product["detectors"] = everywhere
    world.write(f"{base}/DM-1.yaml", spec)
    world.write(f"{base}/DM-1.lock.yaml", yaml.safe_dump(locked))
    world.write(f"{base}/DM-2.yaml", curated())
    for detector in DEFECTIVE:
        world.write(f"{base}/curated/defects-{detector}.yaml", f"rows: [{detector}]\n")
    world.write(f"{base}/chain.yaml", chain(TICKET, CURATED))
    world.write("sites/usdf.yaml", site("usdf", {"main": {}, "embargo": {}}))
    world.write("sites/summit.yaml", site("summit", {"cam": {}}))
    world.commit("bias, dark and defects")


def curated(**more: Any) -> Model:
    """Return the set of defects."""
    files = [{"file": f"curated/defects-{detector}.yaml", "detector": detector} for detector in DEFECTIVE]
    defects = {"storage_class": CONTENT, "dimensions": ["instrument", "detector"], "files": files}
    common = {"kind": "CuratedSet", "instrument": INSTRUMENT, "ticket": "DM-2", "origin": MAIN}
    return document(**common, datasets={"defects": defects}, **more)


def _deployed(world: TwoSites) -> None:
    """Ask for everything everywhere, protected at the summit."""
    base = f"specs/{INSTRUMENT}"
    there = deployment(EMBARGO, **{SUMMIT: {"protect": True}})
    world.write(f"{base}/DM-1.yaml", calibration_set([Ask("bias"), Ask("dark")], deployment=there)[0])
    world.write(f"{base}/DM-2.yaml", curated(deployment=there))
    keep_archive(world, "archive")
    world.commit("deployed")


def keep_archive(world: TwoSites, address: str) -> None:
    """Say where both sites have their archive; it is not committed."""
    world.write("sites/usdf.yaml", site("usdf", {"main": {}, "embargo": {}}, archive=address))
    world.write("sites/summit.yaml", site("summit", {"cam": {}}, archive=address))


def _with_small_files(one: Site, root: Path) -> Place:
    """Connect to a site whose engine puts small files, where others reduce frames."""
    place = connect(one, root)
    executor = ButlerExecutor(str(TwoSites(root).butler_root(MAIN)), outputs, content)
    place.stack.callback(executor.close)
    return replace(place, executor=executor)


def outputs(job: Job) -> Datasets:
    """Return what a job makes: a dataset of every detector."""
    product = job.leaf.rsplit("/", 1)[1].split("Gen.")[0]
    return {product: {f"instrument={INSTRUMENT},detector={detector}": "" for detector in DETECTORS}}


def content(leaf: str, identity: str) -> dict[str, str]:
    """Return what the file of a dataset holds; no two hold the same."""
    return {"leaf": leaf, "data ID": identity, "pixels": random.Random(leaf + identity).randbytes(SIZE // 2).hex()}


def _detectors(butler: Any) -> None:
    rows = [{"instrument": INSTRUMENT, "id": d, "full_name": f"S{d}"} for d in DETECTORS]
    butler.registry.insertDimensionData("detector", *rows, skip_existing=True)


def _somebodys(butler: Any, place: str) -> None:
    """Make what belongs to somebody: certified in the public chain, tagged, and in a chain of their own."""
    from lsst.daf.butler import CollectionType, Timespan

    butler.collections.register(LOCAL, CollectionType.RUN)
    refs = [
        butler.put({"of": place}, "bias", {"instrument": INSTRUMENT, "detector": d}, run=LOCAL) for d in DETECTORS[:3]
    ]
    butler.registry.certify(THEIRS, refs, Timespan(None, None))
    butler.collections.register(TAG, CollectionType.TAGGED)
    butler.registry.associate(TAG, refs)
    butler.collections.register("u/somebody/mine", CollectionType.CHAINED)
    butler.collections.redefine_chain("u/somebody/mine", [LOCAL, THEIRS])
