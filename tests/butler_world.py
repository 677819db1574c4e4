"""The small world of `worlds` over a real Butler, with an executor that puts small datasets instead of reducing frames.

As `worlds.store`: camera `TestCam`, two detectors, three exposures of each kind with raws, a public chain that holds an
older ticket of somebody.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from reconciler.adapters.butler import ButlerRepository
from reconciler.adapters.butler.validity_edits import timespan
from reconciler.dataid import data_id, parse
from reconciler.errors import ReconcileError
from reconciler.holdings import Exposure
from reconciler.jobs import Graph, Job, Progress, Status
from reconciler.seals import Datasets
from tests.servers.postgresql import Server
from tests.worlds import DETECTORS, EXPOSURES, INSTRUMENT, PLACE, PUBLIC, Small, clock, outputs

CONTENT = "StructuredDataDict"
RAWS = f"{INSTRUMENT}/raw/all"
DAY = 20241206


def _same(leaf: str, identity: str) -> dict[str, str]:
    return {"leaf": leaf}


@dataclass
class ButlerExecutor:
    """Puts what a job lacks into its RUN, in this process; counts what it put."""

    address: str
    outputs: Callable[[Job], Datasets] = outputs
    content: Callable[[str, str], dict[str, str]] = _same
    """What the dataset of a leaf and a data ID holds."""
    built: list[str] = field(default_factory=list)
    pending: set[str] = field(default_factory=set)

    @cached_property
    def butler(self) -> Any:
        from lsst.daf.butler import Butler

        return Butler.from_config(self.address, writeable=True)

    def build(self, job: Job) -> Graph:
        if unknown := [name for name in job.inputs if not self._exists(name)]:
            raise ReconcileError(f"input collection {unknown[0]} does not exist")
        self.pending.add(job.leaf)
        return Graph(job, len(self._lacking(job)), ())

    def submit(self, graphs: Sequence[Graph], progress: Progress) -> tuple[ReconcileError | None, ...]:
        for graph in graphs:
            self._make(graph, progress)
        return (None,) * len(graphs)

    def _make(self, graph: Graph, progress: Progress) -> None:
        from lsst.daf.butler import CollectionType

        job, lacking = graph.job, self._lacking(graph.job)
        self.pending.discard(job.leaf)
        self.butler.collections.register(job.run, CollectionType.RUN)
        for done, (dataset_type, identity) in enumerate(lacking):
            self.butler.put(self.content(job.leaf, identity), dataset_type, parse(identity), run=job.run)
            self.built.append(f"{job.leaf} {dataset_type} {identity}")
            progress(job, done + 1, graph.quanta)

    def poll(self, job: Job) -> Status:
        return Status("ended" if self._there(job) is not None else "absent")

    def cancel(self, job: Job) -> None:
        """Forget a graph that was built and not submitted; nothing runs in the background."""
        if job.leaf not in self.pending:
            raise ReconcileError(f"{job.leaf} is not running")
        self.pending.discard(job.leaf)

    def close(self) -> None:
        if "butler" in self.__dict__:
            self.butler.close()

    def _lacking(self, job: Job) -> list[tuple[str, str]]:
        there = self._there(job) or set()
        return [(t, d) for t, ids in self.outputs(job).items() for d in ids if (t, d) not in there]

    def _exists(self, collection: str) -> bool:
        """Ask by name: a question for all collections fails while somebody else makes a chain."""
        from lsst.daf.butler import MissingCollectionError

        try:
            return bool(self.butler.collections.query([collection], include_chains=True))
        except MissingCollectionError:
            return False

    def _there(self, job: Job) -> set[tuple[str, str]] | None:
        """Return (dataset type, data ID) of what the RUN holds; None if there is no RUN."""
        if not self._exists(job.run):
            return None
        return {
            (t, data_id(dict(ref.dataId.required)))
            for t in self.outputs(job)
            for ref in self.butler.registry.queryDatasets(t, collections=[job.run])
        }


def make_template(root: Path, database: str | None = None, schema: str | None = None) -> Path:
    """Make the repository that every world gets a copy of."""
    from lsst.daf.butler import Butler, Config

    config = Config()
    if database:
        config["registry", "db"] = database
    if schema:
        config["registry", "namespace"] = schema
    Butler.makeRepo(root, config=config)
    with Butler.from_config(str(root), writeable=True) as butler:
        _camera(butler)
        _dataset_types(butler)
        _raws(butler, [exposure for kind in EXPOSURES.values() for exposure in kind])
        _somebodys_chain(butler)
    return root


@dataclass(frozen=True)
class Back:
    """A back end with a template repository, of which worlds are copies."""

    template: Path
    server: Server | None = None

    @contextmanager
    def world(self, folder: Path) -> Iterator[Path]:
        """Yield the root of a fresh copy; its database is dropped afterwards."""
        root, database = folder / uuid4().hex, f"world_{uuid4().hex}"
        shutil.copytree(self.template, root)
        if self.server is None:
            yield root
            return
        config = root / "butler.yaml"
        config.write_text(config.read_text().replace("world_template", database))
        self.server.execute(f"create database {database} template world_template")
        try:
            yield root
        finally:
            self.server.execute(f"drop database {database} with (force)")


def sqlite(folder: Path) -> Back:
    """Return worlds on SQLite."""
    return Back(make_template(folder / "template"))


def on_postgresql(folder: Path, server: Server) -> Back:
    """Return worlds on PostgreSQL, a database for each."""
    server.execute("create database world_template")
    return Back(make_template(folder / "template", server.url("world_template")), server)


def on_butler(root: Path) -> Small:
    """Return the small world over a repository; close both of its ports in the end."""
    return Small(ButlerRepository(PLACE, str(root)), ButlerExecutor(str(root)), clock())


def close(small: Small) -> None:
    """Close what a small world over Butler has opened."""
    for port in (small.repository, small.executor):
        assert isinstance(port, ButlerRepository | ButlerExecutor)
        port.close()


def _camera(butler: Any) -> None:
    cam = {"instrument": INSTRUMENT}
    registry = butler.registry
    registry.insertDimensionData("instrument", {"name": INSTRUMENT, "class_name": "cam.Cam", "detector_max": 10})
    registry.insertDimensionData("detector", *({**cam, "id": d, "full_name": f"S{d}"} for d in DETECTORS))
    registry.insertDimensionData("physical_filter", {**cam, "name": "r_03", "band": "r"})
    registry.insertDimensionData("day_obs", {**cam, "id": DAY})


def _dataset_types(butler: Any) -> None:
    from lsst.daf.butler import DatasetType

    detector = ("instrument", "detector")
    for name, dimensions in (
        ("bias", detector),
        ("dark", detector),
        ("flat", (*detector, "physical_filter")),
        ("raw", (*detector, "exposure")),
        ("verifyBiasResults", ("instrument",)),
        ("verifyDarkResults", ("instrument",)),
        ("verifyFlatResults", ("instrument", "physical_filter")),
    ):
        is_calibration = name in ("bias", "dark", "flat")
        butler.registry.registerDatasetType(
            DatasetType(name, dimensions, CONTENT, universe=butler.dimensions, isCalibration=is_calibration)
        )


def _raws(butler: Any, exposures: Iterable[Exposure]) -> None:
    from lsst.daf.butler import CollectionType

    butler.collections.register(RAWS, CollectionType.RUN)
    for one in exposures:
        cam = {"instrument": INSTRUMENT, "group": str(one.id), "day_obs": DAY, "physical_filter": one.physical_filter}
        span = timespan(one.validity.begin, one.validity.end)
        butler.registry.insertDimensionData("group", {"instrument": INSTRUMENT, "name": str(one.id)})
        record = {**cam, "id": one.id, "obs_id": str(one.id), "seq_num": one.id % 100000, "timespan": span}
        butler.registry.insertDimensionData("exposure", {**record, "observation_type": one.observation_type})
        ids = [{"instrument": INSTRUMENT, "detector": d, "exposure": one.id} for d in DETECTORS]
        butler.registry.insertDatasets("raw", ids, RAWS)


def _somebodys_chain(butler: Any) -> None:
    from lsst.daf.butler import CollectionType

    butler.collections.register(f"{PUBLIC}/OLD", CollectionType.CALIBRATION)
    butler.collections.register(PUBLIC, CollectionType.CHAINED)
    butler.collections.redefine_chain(PUBLIC, [f"{PUBLIC}/OLD"])
