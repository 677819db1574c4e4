"""Repositories for tests, and the hands of a person who uses plain Butler on them.

Every repository begins with camera `Cam` (detectors 0 to 9, filters r_03 and g_01), the calibration types `bias`,
`dark` and `flat`, the type `raw`, and exposures 1 to 4 with raws of two detectors each in `Cam/raw`.
"""

from __future__ import annotations

import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from reconciler.adapters.butler import ButlerRepository
from reconciler.adapters.memory import MemoryRepository, Store
from reconciler.holdings import Exposure
from reconciler.observation import Scope
from reconciler.ports import Repository
from reconciler.validity import ALWAYS, NANOSECOND, Validity

PLACE = "usdf/main"
Loss: TypeAlias = Literal["removed", "unstored", "truncated"]
"""What may happen to a file: `rm`, `butler prune-datasets --unstore`, a full disk."""
TYPES = frozenset({"bias", "dark", "flat"})
EVERYTHING = Scope(None, TYPES)
DETECTORS = range(10)
RAW_DETECTORS = (3, 4)
LOSSES: tuple[Loss, ...] = ("removed", "unstored", "truncated")
NIGHT = 1_733_529_600 * NANOSECOND
"""2024-12-07T00:00:00 TAI."""


def exposure_validity(number: int) -> Validity:
    return Validity(NIGHT + number * 60 * NANOSECOND, NIGHT + (number * 60 + 30) * NANOSECOND)


EXPOSURES = tuple(
    Exposure(
        number, "bias" if number < 3 else "flat", "r_03" if number < 4 else "g_01", band, exposure_validity(number)
    )
    for number, band in ((1, "r"), (2, "r"), (3, "r"), (4, "g"))
)


def data_id(detector: int) -> str:
    return f"instrument=Cam,detector={detector}"


class Hands(ABC):
    """One repository, ours and a person's ways to it."""

    repository: Repository

    @abstractmethod
    def again(self, place: str = PLACE) -> Repository:
        """Return the same repository as another process would open it, perhaps under a wrong name."""

    @abstractmethod
    def dataset(self, run: str, detector: int, dataset_type: str = "bias") -> str:
        """Put a new dataset into a RUN; return its UUID."""

    @abstractmethod
    def collection(self, name: str, kind: str, doc: str | None = None) -> None:
        """Register a collection."""

    @abstractmethod
    def chain(self, name: str, members: Iterable[str]) -> None:
        """Define a chain, as `butler collection-chain` does."""

    @abstractmethod
    def certify(self, collection: str, uuid: str, detector: int, when: Validity = ALWAYS) -> None:
        """Certify one bias."""

    @abstractmethod
    def tag(self, name: str, uuid: str, detector: int) -> None:
        """Put one bias into a TAGGED collection."""

    @abstractmethod
    def table(self, run: str, dataset_type: str, columns: Mapping[str, Sequence[object]]) -> None:
        """Put a result table of the camera as a whole into a RUN."""

    @abstractmethod
    def lose(self, uuid: str, how: Loss) -> None:
        """Do something to the file of a dataset."""

    @abstractmethod
    def record_versions(self, run: str, versions: Mapping[str, str]) -> None:
        """Record versions of packages in a RUN, as the middleware does."""

    def kind(self, name: str) -> str | None:
        """Return the type of a collection, None if it does not exist."""
        seen = self.repository.observe(Scope(frozenset({name}))).collections
        return seen[name].type if name in seen else None

    def children(self, name: str) -> tuple[str, ...]:
        """Return the members of a chain."""
        return self.repository.observe(Scope(frozenset({name}))).collections[name].children

    def certified(self, collection: str, detector: int) -> tuple[tuple[int, int, str], ...]:
        """Return what is certified for one bias."""
        rows = self.repository.observe(Scope(frozenset({collection}), TYPES)).certifications
        return rows.get((collection, "bias"), {}).get(data_id(detector), ())


class MemoryHands(Hands):
    def __init__(self) -> None:
        self.store = Store(detectors=frozenset(RAW_DETECTORS))
        self.store.exposures = {("Cam", exposure.id): exposure for exposure in EXPOSURES}
        self.store.register("Cam/raw", "RUN")
        self.repository = self.again()

    def again(self, place: str = PLACE) -> Repository:
        return MemoryRepository(place, self.store)

    def dataset(self, run: str, detector: int, dataset_type: str = "bias") -> str:
        return self.store.add(run, dataset_type, data_id(detector))

    def table(self, run: str, dataset_type: str, columns: Mapping[str, Sequence[object]]) -> None:
        name = self.store.add(run, dataset_type, "instrument=Cam")
        self.store.tables[name] = {column: np.array(values) for column, values in columns.items()}

    def record_versions(self, run: str, versions: Mapping[str, str]) -> None:
        self.store.register(run, "RUN")
        self.store.versions[run] = dict(versions)

    def collection(self, name: str, kind: str, doc: str | None = None) -> None:
        self.store.register(name, kind)

    def chain(self, name: str, members: Iterable[str]) -> None:
        self.store.register(name, "CHAINED")
        self.store.children[name] = tuple(members)

    def certify(self, collection: str, uuid: str, detector: int, when: Validity = ALWAYS) -> None:
        self.store.register(collection, "CALIBRATION")
        rows = self.store.certifications.setdefault((collection, "bias"), {})
        rows.setdefault(data_id(detector), []).append((when.begin, when.end, uuid))

    def tag(self, name: str, uuid: str, detector: int) -> None:
        self.store.register(name, "TAGGED")
        self.store.contents.setdefault((name, "bias"), {})[data_id(detector)] = uuid

    def lose(self, uuid: str, how: Loss) -> None:
        self.store.lost.add(uuid)


class ButlerHands(Hands):
    def __init__(self, root: Path) -> None:
        self.root = root
        self.opened: list[ButlerRepository] = []
        self.repository: ButlerRepository = self.again()

    @cached_property
    def butler(self) -> Any:
        """A person's own Butler."""
        from lsst.daf.butler import Butler

        return Butler.from_config(str(self.root), writeable=True)

    def again(self, place: str = PLACE) -> ButlerRepository:
        self.opened.append(ButlerRepository(place, str(self.root)))
        return self.opened[-1]

    def close(self) -> None:
        for repository in self.opened:
            repository.close()
        if "butler" in self.__dict__:
            self.butler.close()

    def dataset(self, run: str, detector: int, dataset_type: str = "bias") -> str:
        self.collection(run, "RUN")
        (ref,) = self.butler.registry.insertDatasets(dataset_type, [{"instrument": "Cam", "detector": detector}], run)
        return str(ref.id)

    def table(self, run: str, dataset_type: str, columns: Mapping[str, Sequence[object]]) -> None:
        from astropy.table import Table
        from lsst.daf.butler import DatasetType

        self.collection(run, "RUN")
        dimensions = self.butler.dimensions.conform(["instrument"])
        self.butler.registry.registerDatasetType(DatasetType(dataset_type, dimensions, "ArrowAstropy"))
        self.butler.put(Table(dict(columns)), dataset_type, instrument="Cam", run=run)

    def record_versions(self, run: str, versions: Mapping[str, str]) -> None:
        from lsst.daf.butler import DatasetType
        from lsst.utils.packages import Packages

        self.collection(run, "RUN")
        self.butler.registry.registerDatasetType(DatasetType("packages", self.butler.dimensions.empty, "Packages"))
        self.butler.put(Packages(dict(versions)), "packages", run=run)

    def collection(self, name: str, kind: str, doc: str | None = None) -> None:
        from lsst.daf.butler import CollectionType

        self.butler.collections.register(name, CollectionType.from_name(kind), doc)

    def chain(self, name: str, members: Iterable[str]) -> None:
        self.collection(name, "CHAINED")
        self.butler.collections.redefine_chain(name, list(members))

    def certify(self, collection: str, uuid: str, detector: int, when: Validity = ALWAYS) -> None:
        from reconciler.adapters.butler.validity_edits import timespan

        self.collection(collection, "CALIBRATION")
        self.butler.registry.certify(collection, self.butler.get_many_datasets([uuid]), timespan(when.begin, when.end))

    def tag(self, name: str, uuid: str, detector: int) -> None:
        self.collection(name, "TAGGED")
        self.butler.registry.associate(name, self.butler.get_many_datasets([uuid]))

    def file(self, uuid: str) -> Path:
        """Return where the file of a dataset is."""
        (ref,) = self.butler.get_many_datasets([uuid])
        return Path(self.butler.getURI(ref).ospath)

    def lose(self, uuid: str, how: Loss) -> None:
        if how == "unstored":
            self.butler.pruneDatasets(self.butler.get_many_datasets([uuid]), disassociate=False, unstore=True)
        elif how == "removed":
            self.file(uuid).unlink()
        else:
            os.truncate(self.file(uuid), 1)


def make_template(root: Path, database: str | None = None) -> None:
    """Make the repository that every test gets a copy of."""
    from lsst.daf.butler import Butler, Config

    config = Config()
    if database:
        config["registry", "db"] = database
    Butler.makeRepo(root, config=config)
    with Butler.from_config(str(root), writeable=True) as butler:
        _fill(butler)


def _fill(butler: Any) -> None:
    from lsst.daf.butler import DatasetType

    registry, universe = butler.registry, butler.dimensions
    with registry.transaction():
        cam = {"instrument": "Cam"}
        registry.insertDimensionData("instrument", {"name": "Cam", "class_name": "cam.Cam", "detector_max": 10})
        registry.insertDimensionData("detector", *({**cam, "id": i, "full_name": f"S{i}"} for i in DETECTORS))
        filters = ({**cam, "name": name, "band": name[0]} for name in ("r_03", "g_01"))
        registry.insertDimensionData("physical_filter", *filters)
    for name, dimensions, certifiable in (
        ("bias", ("instrument", "detector"), True),
        ("dark", ("instrument", "detector"), True),
        ("flat", ("instrument", "detector", "physical_filter"), True),
        ("raw", ("instrument", "detector", "exposure"), False),
    ):
        registry.registerDatasetType(
            DatasetType(name, dimensions, "StructuredDataDict", universe=universe, isCalibration=certifiable)
        )
    add_exposures(butler, EXPOSURES, RAW_DETECTORS)


def add_exposures(butler: Any, exposures: Iterable[Exposure], detectors: Iterable[int]) -> None:
    """Register exposures of 20241207 with a raw for each detector in `Cam/raw`."""
    from lsst.daf.butler import CollectionType

    from reconciler.adapters.butler.validity_edits import timespan

    exposures = list(exposures)
    registry = butler.registry
    butler.collections.register("Cam/raw", CollectionType.RUN)
    cam = {"instrument": "Cam", "day_obs": 20241207}
    with registry.transaction():
        registry.insertDimensionData("day_obs", {"instrument": "Cam", "id": 20241207}, skip_existing=True)
        groups = ({"instrument": "Cam", "name": str(e.id)} for e in exposures)
        registry.insertDimensionData("group", *groups)
        registry.insertDimensionData(
            "exposure",
            *(
                {
                    **cam,
                    "id": e.id,
                    "group": str(e.id),
                    "physical_filter": e.physical_filter,
                    "obs_id": str(e.id),
                    "seq_num": e.id,
                    "observation_type": e.observation_type,
                    "timespan": timespan(e.validity.begin, e.validity.end),
                }
                for e in exposures
            ),
        )
        ids = [{"instrument": "Cam", "detector": d, "exposure": e.id} for e in exposures for d in detectors]
        registry.insertDatasets("raw", ids, "Cam/raw", expand=False)


def copy(template: Path, root: Path, database: str = "", other: str = "") -> Path:
    """Copy a template; the copy's configuration names the other database."""
    shutil.copytree(template, root)
    if database:
        config = root / "butler.yaml"
        config.write_text(config.read_text().replace(database, other))
    return root
