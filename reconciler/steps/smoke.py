"""Smoke: correct exposures with what science gets at a place, and see that it is what was deployed.

What is deployed may be hidden by a newer ticket, for some dates or for all. So the headers are held against the
effective calendar, and of each dataset type that was deployed something must be in use.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from ..dataid import data_id, parse
from ..facts import Facts
from ..holdings import Taken
from ..jobs import Graph, Job
from ..observation import Observation, Scope, leaves, lift, shelves
from ..ports import Repository
from ..resolve import Calendar, Straddles
from ..seals import Seal
from ..state import State
from ..timeline import Source
from ..validity import Validity
from ..words import count
from ..work import SmokeTest
from .base import Outcome, blocked, sources
from .produce import Produce
from .world import World


class Corrected(NamedTuple):
    """One corrected exposure of one detector, and the UUIDs that its header names."""

    exposure: Taken
    detector: str | int
    applied: frozenset[str]


@dataclass(frozen=True, slots=True)
class Smoke(Produce):
    """Make the corrected exposures of one smoke test complete."""

    kind: ClassVar[str] = "smoke"
    work: SmokeTest

    @property
    def scope(self) -> Scope:
        work = self.work
        return Scope(
            frozenset({work.key.leaf, *work.inputs}) | sources(work.certified.values()),
            work.dataset_types,
            frozenset((work.instrument, exposure) for exposure in work.exposures),
        )

    @property
    def title(self) -> str:
        return f"smoke test {self.key.leaf} ({count(len(self.work.exposures), 'exposure')})"

    def act(self, world: World, seen: State, facts: Facts) -> Outcome | Graph:
        """Begin it, if the exposures try every range and filter that is new."""
        taken = _taken(world.repository(self.place), self.work, facts.exposures)
        known = len(taken) == len(self.work.exposures)  # else it has no raws of them either, and that is said
        if known and (untried := list(_untried(self.work, taken))):
            more = f" (and {len(untried) - 1} more)" if len(untried) > 1 else ""
            return blocked(f"no exposure of the smoke test tries {untried[0]}{more}; name one in `deployment.smoke`")
        return Produce.act(self, world, seen, facts)

    def _without_raws(self, gone: list[int]) -> str:
        return (
            f"{self.place} has no raws in {self.work.raws} of {count(len(gone), 'exposure')} of the smoke test, "
            f"first {gone[0]}; name others in `deployment.smoke`, or say under `smoke_waived` of {self.place} why not"
        )

    def _fault(self, world: World, job: Job) -> str:
        """Return how the headers differ from what science gets, or from what was deployed; empty if they do not."""
        repository, work = world.repository(self.place), self.work
        seen = repository.observe(self.scope)
        taken = {one.id: one for one in _taken(repository, work, seen.exposures)}
        headers = repository.applied(job.run, work.results)
        corrected = [
            Corrected(taken[int(ids["exposure"])], ids["detector"], uuids)
            for ids, uuids in ((parse(name), uuids) for name, uuids in sorted(headers.items()))
        ]
        given = _Given(work, seen)
        faults = [line for one in corrected for line in given.faults(one)]
        faults += given.unused(corrected)
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        return f"{faults[0]}{more}" if faults else ""


class _Given:
    """What science gets at a place, by UUID, and which of it was deployed."""

    def __init__(self, work: SmokeTest, seen: Observation) -> None:
        assert work.chain is not None
        self.work, self.seals = work, leaves(seen)
        self.calendar = Calendar(lift(seen), seen.place, [work.chain.name], shelves(seen))
        self.deployed = {
            uuid: leaf
            for leaf in sorted({span.source.name for line in work.certified.values() for span in line})
            for ids in _datasets(self.seals.get(leaf))
            for uuid in ids
        }

    def faults(self, one: Corrected) -> Iterator[str]:
        """Yield what an exposure was not corrected with and should be, and the other way round."""
        wanted = dict(self._wanted(one))
        where = f"exposure {one.exposure.id}, detector {one.detector}"
        for uuid, what in wanted.items():
            if uuid not in one.applied:
                yield f"{where}: its header does not name {what} ({uuid}), which science gets there"
        for uuid in sorted(one.applied & self.deployed.keys() - wanted.keys()):
            yield f"{where}: its header names {uuid} of {self.deployed[uuid]}, which science does not get there"

    def unused(self, corrected: list[Corrected]) -> list[str]:
        """Return what was deployed and is in use for none of the exposures, by dataset type."""
        used = frozenset(uuid for one in corrected for uuid in one.applied)
        of_type: defaultdict[str, set[str]] = defaultdict(set)
        for key, line in self.work.certified.items():
            of_type[key.dataset_type] |= {self._uuid(s.source, key.dataset_type, key.data_id) for s in line}
        chain = self.work.chain.name if self.work.chain else ""
        return [
            f"no {dataset_type} that was deployed is in use for any of the exposures: {chain} gives others"
            for dataset_type, uuids in sorted(of_type.items())
            if not uuids & used
        ]

    def _wanted(self, one: Corrected) -> Iterator[tuple[str, str]]:
        """Yield UUID and words of what the calendar gives an exposure of the types that were deployed."""
        for dataset_type in sorted({key.dataset_type for key in self.work.certified}):
            for name in self._data_ids(dataset_type, one):
                try:
                    source = self.calendar.lookup(dataset_type, name, one.exposure.validity)
                except Straddles as straddles:
                    yield "none", f"any {dataset_type}, since {straddles}"
                    continue
                if source is not None:
                    yield self._uuid(source, dataset_type, name), f"{dataset_type} of {source}"

    def _data_ids(self, dataset_type: str, one: Corrected) -> Iterator[str]:
        """Yield the data IDs of a type that an exposure of a detector is corrected with."""
        shapes = {tuple(parse(k.data_id)) for k in self.work.certified if k.dataset_type == dataset_type}
        values = {
            "instrument": self.work.instrument,
            "detector": one.detector,
            "physical_filter": one.exposure.physical_filter,
        }
        yield from (data_id({name: values[name] for name in shape}) for shape in sorted(shapes))

    def _uuid(self, source: Source, dataset_type: str, name: str) -> str:
        if source.kind == "uuid":
            return source.name
        seal = self.seals.get(source.name)
        return seal.datasets.get(dataset_type, {}).get(name, "") if seal else ""


def _datasets(seal: Seal | None) -> Iterator[list[str]]:
    yield from (list(ids.values()) for ids in (seal.datasets.values() if seal else ()))


def _taken(repository: Repository, work: SmokeTest, spans: Mapping[tuple[str, int], Validity]) -> list[Taken]:
    windows = tuple(spans[work.instrument, one] for one in work.exposures if (work.instrument, one) in spans)
    found = repository.exposures_during(work.instrument, windows) if windows else ()
    return [one for one in found if one.id in work.exposures]


def _untried(work: SmokeTest, taken: list[Taken]) -> Iterator[str]:
    """Yield which new validity range, and which filter, no exposure tries."""
    asked = {
        (span.begin, span.end, str(parse(key.data_id).get("physical_filter", "")))
        for key, line in work.certified.items()
        for span in line
    }
    for begin, end, physical_filter in sorted(asked):
        within = Validity(begin, end)
        if not any(within.overlaps(one.validity) and physical_filter in ("", one.physical_filter) for one in taken):
            yield f"{within}{f' through {physical_filter}' if physical_filter else ''}"
