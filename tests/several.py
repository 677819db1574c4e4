"""A world of several sites in memory: where sets are made, a second repository there, the summit, and the archive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from reconciler.adapters.memory import MemoryRepository
from reconciler.adapters.memory_archive import MemoryArchive
from reconciler.adapters.memory_executor import MemoryExecutor
from reconciler.adapters.memory_store import Store
from reconciler.apply import Result, apply
from reconciler.archived import Archive
from reconciler.desired import desired
from reconciler.facts import Facts, Trust
from reconciler.intent import Desired
from reconciler.known import Known
from reconciler.look import Look, look, whole_scope
from reconciler.matrix import Row, table
from reconciler.plan import Plan, make_plan
from reconciler.ports import Reader
from reconciler.spec.documents import CalibrationSet, CuratedSet, Model, Site
from reconciler.spec.load import Tree
from reconciler.steps import World
from tests.worlds import DETECTORS, INSTRUMENT, PUBLIC, catalog, clock, document, outputs, store, tree

MAIN, EMBARGO, SUMMIT = "usdf/main", "usdf/embargo", "summit/cam"


def bare() -> Store:
    """Return a repository that knows the camera and its top-level chain, as a site has it before anything arrives."""
    made = Store(detectors=frozenset(DETECTORS))
    made.register(f"{PUBLIC}/LOCAL", "CALIBRATION")
    made.register(PUBLIC, "CHAINED")
    made.children[PUBLIC] = (f"{PUBLIC}/LOCAL",)
    return made


def site(name: str, repositories: Mapping[str, Mapping[str, Any]], trust: Trust = "none", **more: Any) -> Site:
    """Return a site with these repositories, each with what else is said of it."""
    held = {one: {"butler": one, "instruments": [INSTRUMENT], **said} for one, said in repositories.items()}
    releases = {"embedded": {"environment": {}}}
    found = document(kind="Site", site=name, trust=trust, repositories=held, releases=releases, **more)
    assert isinstance(found, Site)
    return found


def deployment(*places: str, **more: Any) -> dict[str, Any]:
    """Return where a set goes."""
    return {"ticket": "DM-9", "repositories": {**{place: {} for place in places}, **more}}


@dataclass
class Several:
    """Three repositories of two sites, and one archive; `apply` is what the operator of one site does."""

    stores: dict[str, Store] = field(default_factory=lambda: {MAIN: store(), EMBARGO: bare(), SUMMIT: bare()})
    archive: MemoryArchive = field(default_factory=MemoryArchive)
    trust: Trust = "none"
    ticks: Iterator[datetime] = field(default_factory=clock)
    sites: dict[str, Site] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sites = {
            "usdf": site("usdf", {"main": {}, "embargo": {}}, self.trust, archive="archive"),
            "summit": site("summit", {"cam": {}}, self.trust, archive="archive"),
        } | self.sites

    def tree(self, *documents: Model) -> Tree:
        """Return the specs, with both sites."""
        return tree(*self.sites.values(), catalog(), *documents)

    def want(self, name: str, *documents: Model) -> tuple[Desired, Facts]:
        """Return what documents ask of one site."""
        want = desired(self.tree(*documents), self.sites[name])
        return want, Facts(trust=self.trust, public=frozenset(chain.name for chain in want.public))

    def repositories(self, name: str) -> dict[str, MemoryRepository]:
        """Return the repositories of one site."""
        return {p: MemoryRepository(p, one) for p, one in self.stores.items() if p.startswith(f"{name}/")}

    def look(self, name: str, want: Desired, facts: Facts) -> Look:
        """Look at one site, and at the archive."""
        readers: list[Reader] = [*self.repositories(name).values()]
        if want.archived:
            readers.append(Archive(self.archive, want.archived))
        return look(readers, whole_scope(want), want, facts)

    def plan(self, name: str, *documents: Model, facts: Facts | None = None) -> Plan:
        """Plan for one site."""
        want, bare_facts = self.want(name, *documents)
        seen = self.look(name, want, facts or bare_facts)
        return make_plan(seen.state, seen.facts, want, seen.unknown)

    def world(self, name: str, want: Desired) -> World:
        """Return the ports of one site."""
        executor = MemoryExecutor({MAIN: self.stores[MAIN]}, outputs)
        archive = Archive(self.archive, want.archived)
        return World(self.repositories(name), executor, Path("work"), name, lambda: next(self.ticks), store=archive)

    def apply(self, name: str, *documents: Model) -> list[Result]:
        """Plan for one site and do it."""
        want, facts = self.want(name, *documents)
        steps = [planned.step for planned in self.plan(name, *documents).steps]
        return list(apply(steps, self.world(name, want), want, facts))

    def known(self, name: str, *documents: Model, applied: bool = True) -> Known:
        """Return what one site adds to the table."""
        want, facts = self.want(name, *documents)
        seen = self.look(name, want, facts)
        return Known(seen.state, seen.facts, want, seen.unknown, applied)

    def matrix(self, *documents: Model, applied: bool = True) -> dict[str, Row]:
        """Return the table of all sites, by what each row is about."""
        known = (self.known(name, *documents, applied=applied) for name in self.sites)
        made = [one for one in documents if isinstance(one, CalibrationSet | CuratedSet)]
        # A ticket whose chain is public, too, has two rows of that name, of which it is the first.
        return {row.name: row for row in reversed(table(made, known, self.stores))}


def words(results: list[Result]) -> list[tuple[str, str]]:
    """Return kind and outcome of each step."""
    return [(result.step.kind, result.outcome.word) for result in results]
