"""Repositories as people would write them down: a YAML of collections, RUNs, certifications and exposures.

    instrument    the camera; a name that begins with `DM-` stands below `<instrument>/calib/`
    chains        CHAINED collection -> members, in search order
    runs          RUN -> dataset type -> what it holds: detectors (`0..8`), or `{detectors: .., filters: [..]}`
    certified     CALIBRATION collection -> certifications, in order; each takes what a `run` holds, or only the `type`,
                  `detectors` or `filters` that it names, `from` and `to` dates (TAI; open where there is none)
    tagged        TAGGED collection -> RUNs of which it holds everything
    exposures     sequences: `day`, `seq` numbers, `type`, `filter`, when the first `begins`, `every` how many seconds
                  the next one does, and for how many seconds each was `exposed`

The same can be put into memory and into a real Butler repository.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

import yaml

from reconciler.adapters.memory import Store
from reconciler.dataid import data_id, parse
from reconciler.holdings import Exposure
from reconciler.observation import CollectionType
from reconciler.spec.ranges import Ranges, ranges
from reconciler.spec.ranges import parse as numbers
from reconciler.validity import BEGINNING, END, NANOSECOND, Validity, tai


class Dataset(NamedTuple):
    """A dataset, named by what Butler keeps unique."""

    run: str
    dataset_type: str
    data_id: str

    @property
    def uuid(self) -> str:
        """A UUID that is the same every time, so that locks of it can be kept."""
        return str(uuid5(NAMESPACE_URL, "/".join(self)))


@dataclass(frozen=True)
class Held:
    """What one repository holds."""

    instrument: str
    chains: Mapping[str, tuple[str, ...]]
    datasets: tuple[Dataset, ...]
    certified: Mapping[str, tuple[tuple[Dataset, Validity], ...]]
    tagged: Mapping[str, tuple[Dataset, ...]]
    exposures: tuple[Exposure, ...]

    @property
    def detectors(self) -> Ranges:
        """Every detector of which there is a calibration."""
        found = (parse(one.data_id).get("detector") for one in self.datasets)
        return ranges(int(number) for number in found if number is not None)

    @property
    def edges(self) -> tuple[int, ...]:
        """The detectors at the ends of what RUNs hold: where one set begins to answer and another to end."""
        by_run: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for one in self.datasets:
            if "detector" in (found := parse(one.data_id)):
                by_run[one.run, one.dataset_type].append(int(found["detector"]))
        spans = (span for numbers in by_run.values() for span in ranges(numbers).spans)
        return tuple(sorted({detector for span in spans for detector in span}))

    @property
    def collections(self) -> dict[str, CollectionType]:
        """Every collection with its type; chains come after what they may hold."""
        found: dict[str, CollectionType] = {f"{self.instrument}/raw/all": "RUN"}
        found |= dict.fromkeys((one.run for one in self.datasets), "RUN")
        found |= dict.fromkeys(self.certified, "CALIBRATION")
        found |= dict.fromkeys(self.tagged, "TAGGED")
        return found | dict.fromkeys(self.chains, "CHAINED")


def held(path: Path) -> Held:
    """Read what a repository holds."""
    return _Reader(yaml.safe_load(path.read_text())).held()


def in_memory(one: Held) -> Store:
    """Return the same in memory."""
    store = Store(detectors=frozenset(one.detectors), children=dict(one.chains))
    for name, kind in one.collections.items():
        store.register(name, kind)
    for dataset in one.datasets:
        store.contents.setdefault((dataset.run, dataset.dataset_type), {})[dataset.data_id] = dataset.uuid
    for name, tagged in one.tagged.items():
        for dataset in tagged:
            store.contents.setdefault((name, dataset.dataset_type), {})[dataset.data_id] = dataset.uuid
    for name, rows in one.certified.items():
        for dataset, when in rows:
            by_id = store.certifications.setdefault((name, dataset.dataset_type), {})
            by_id.setdefault(dataset.data_id, []).append((when.begin, when.end, dataset.uuid))
    store.exposures = {(one.instrument, taken.id): taken for taken in one.exposures}
    return store


class _Reader:
    def __init__(self, written: Mapping[str, Any]) -> None:
        self._written = written
        self._instrument: str = written["instrument"]
        self._runs: dict[str, list[Dataset]] = {
            self._full(run): [one for kind, what in held.items() for one in self._datasets(self._full(run), kind, what)]
            for run, held in written["runs"].items()
        }

    def held(self) -> Held:
        certified = {self._full(name): tuple(self._rows(rows)) for name, rows in self._written["certified"].items()}
        return Held(
            instrument=self._instrument,
            chains={self._full(n): tuple(map(self._full, below)) for n, below in self._written["chains"].items()},
            datasets=tuple(one for datasets in self._runs.values() for one in datasets),
            certified=certified,
            tagged={
                self._full(name): tuple(one for run in runs for one in self._runs[self._full(run)])
                for name, runs in self._written.get("tagged", {}).items()
            },
            exposures=tuple(one for sequence in self._written["exposures"] for one in _sequence(**sequence)),
        )

    def _full(self, name: str) -> str:
        return f"{self._instrument}/calib/{name}" if name.startswith("DM-") else name

    def _datasets(self, run: str, dataset_type: str, what: Any) -> Iterator[Dataset]:
        asked = what if isinstance(what, Mapping) else {"detectors": what}
        detectors = _each("detector", numbers(asked["detectors"]) if asked.get("detectors") is not None else None)
        for detector in detectors:
            for name in _each("physical_filter", asked.get("filters")):
                yield Dataset(run, dataset_type, data_id({"instrument": self._instrument, **detector, **name}))

    def _rows(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Dataset, Validity]]:
        for row in rows:
            when = Validity(tai(row["from"]) if "from" in row else BEGINNING, tai(row["to"]) if "to" in row else END)
            chosen = [one for one in self._runs[self._full(row["run"])] if _chosen(one, row)]
            assert chosen, f"nothing is chosen by {row}"
            yield from ((one, when) for one in chosen)


def _each(dimension: str, values: Iterable[Any] | None) -> list[dict[str, Any]]:
    """Return data IDs of one dimension; of none where nothing is written."""
    return [{}] if values is None else [{dimension: value} for value in values]


def _chosen(one: Dataset, row: Mapping[str, Any]) -> bool:
    dimensions = parse(one.data_id)
    return (
        one.dataset_type == row.get("type", one.dataset_type)
        and ("detectors" not in row or dimensions["detector"] in numbers(row["detectors"]))
        and ("filters" not in row or dimensions["physical_filter"] in row["filters"])
    )


def _sequence(**sequence: Any) -> Iterator[Exposure]:
    begin, name = tai(sequence["begins"]), sequence["filter"]
    for number, seq in enumerate(numbers(sequence["seq"])):
        at = begin + number * sequence["every"] * NANOSECOND
        when = Validity(at, at + sequence["exposed"] * NANOSECOND)
        yield Exposure(sequence["day"] * 100_000 + seq, sequence["type"], name, name[0], when)
