"""Verbs that make values for tests: specs as documents, repositories in memory, whole small worlds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from reconciler.adapters.memory import MemoryRepository, Store
from reconciler.adapters.memory_executor import MemoryExecutor
from reconciler.apply import Result, apply
from reconciler.blast import Impact
from reconciler.desired import desired
from reconciler.evidence import awaited, judged
from reconciler.facts import Facts, Trust
from reconciler.holdings import Exposure
from reconciler.impact import impacts_of
from reconciler.intent import Desired
from reconciler.jobs import Job
from reconciler.look import look, whole_scope
from reconciler.plan import Plan, make_plan
from reconciler.ports import Executor, Repository
from reconciler.seals import Datasets
from reconciler.spec.documents import KINDS, CalibrationSet, Lock, Model
from reconciler.spec.load import Tree
from reconciler.spec.located import Located
from reconciler.spec.source import Source
from reconciler.steps import World
from reconciler.validity import NANOSECOND, Validity, tai

PLACE = "usdf/main"
INSTRUMENT = "TestCam"
DETECTORS = (0, 1)
TICKET = f"{INSTRUMENT}/calib/DM-1"
PUBLIC = f"{INSTRUMENT}/calib"
NIGHT = tai("2024-12-06T00:00:00")


def exposure(number: int, kind: str) -> Exposure:
    """Return exposure `number` of one night: 30 s long, one a minute."""
    begin = NIGHT + number * 60 * NANOSECOND
    return Exposure(20241206 * 100000 + number, kind, "r_03", "r", Validity(begin, begin + 30 * NANOSECOND))


EXPOSURES = {kind: [exposure(10 * i + n, kind) for n in range(3)] for i, kind in enumerate(("bias", "dark", "flat"))}


def document(**fields: Any) -> Model:
    """Return a document of any kind from plain values, strict like a file."""
    return KINDS[fields["kind"]].model_validate(_tuples(fields))


def _tuples(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def tree(*documents: Model) -> Tree:
    """Return a tree of these documents, in this order; a lock stands beside the set of its ticket."""
    return Tree(Path("/nowhere"), tuple(Located(one, Source(_path(n, one), "")) for n, one in enumerate(documents)))


def _path(number: int, one: Model) -> str:
    if isinstance(one, Lock):
        return f"specs/{one.ticket}.lock.yaml"
    return f"specs/{one.ticket}.yaml" if isinstance(one, CalibrationSet) else f"specs/{number:02}.yaml"


def site(trust: Trust = "none") -> Model:
    """Return the one site of the tests."""
    return document(
        kind="Site",
        site="usdf",
        trust=trust,
        repositories={"main": {"butler": "repo", "instruments": [INSTRUMENT]}},
        releases={"embedded": {"environment": {}}},
    )


def catalog() -> Model:
    """Return a catalog of bias, dark (needs bias) and flat (needs both)."""
    products = {}
    for name, precursors in (("bias", []), ("dark", ["bias"]), ("flat", ["bias", "dark"])):
        dimensions = ["instrument", "detector", "physical_filter"] if name == "flat" else ["instrument", "detector"]
        products[name] = {
            "dataset_type": name,
            "generation": f"{name}Gen",
            "certified": name,
            "template": f"bps_{name}.yaml",
            "selection_variable": f"SELECTION_{name.upper()}",
            "dimensions": dimensions,
            "precursors": precursors,
            "verify": {
                "leaf": f"verify{name.title()}",
                "template": f"bps_verify_{name}.yaml",
                "selection_variable": f"SELECTION_{name.upper()}_V",
                "results": f"verify{name.title()}Results",
                "dimensions": [one for one in dimensions if one != "detector"],
                "precursors": precursors,
            },
        }
    smoke = {
        "leaf": "deploy",
        "template": "bps_deploy.yaml",
        "selection_variable": "SELECTION_DEPLOY",
        "results": "deployIsrExp",
        "dimensions": ["instrument", "detector", "exposure"],
        "precursors": [*products],
    }
    return document(
        kind="Catalog",
        instrument=INSTRUMENT,
        releases=["*"],
        detectors="0..1",
        bands={"r": "r_03"},
        products=products,
        smoke=smoke,
    )


@dataclass(frozen=True)
class Ask:
    """One product of a set as a test asks for it."""

    product: str
    rerun: str = "20250207a"
    begin: str = "1970-01-01T00:00:00"
    end: str | None = None
    frames: int = 3


def calibration_set(asks: Sequence[Ask], ticket: str = "DM-1", **more: Any) -> tuple[Model, Model]:
    """Return a calibration set and its lock; `more` goes into the set, such as `verify`."""
    common = {"instrument": INSTRUMENT, "ticket": ticket}
    spec = document(
        kind="CalibrationSet",
        **common,
        tag="trial",
        purpose="test",
        origin=PLACE,
        raws=f"{INSTRUMENT}/raw/all",
        release="embedded",
        rerun="20250207a",
        selections={ask.product: "exposure > 0" for ask in asks},
        products={
            ask.product: {"rerun": ask.rerun, "certify": {"begin": ask.begin, **({"end": ask.end} if ask.end else {})}}
            for ask in asks
        },
        **more,
    )
    lock = document(
        kind="Lock",
        **common,
        raws=f"{INSTRUMENT}/raw/all",
        repository=PLACE,
        products={
            ask.product: {
                "selection": "exposure > 0",
                "exposures": [e.id for e in EXPOSURES[ask.product][: ask.frames]],
                "detectors": "0..1",
                **({"physical_filter": "r_03", "band": "r"} if ask.product == "flat" else {}),
            }
            for ask in asks
        },
    )
    return spec, lock


def chain(*members: str, name: str = PUBLIC) -> Model:
    """Return a Chain document."""
    return document(kind="Chain", instrument=INSTRUMENT, name=name, members=list(members))


def store() -> Store:
    """Return a repository that holds raws and exposures, and a chain with an older ticket of somebody."""
    made = Store(detectors=frozenset(DETECTORS))
    made.register(f"{INSTRUMENT}/raw/all", "RUN")
    made.register(f"{PUBLIC}/OLD", "CALIBRATION")
    made.register(PUBLIC, "CHAINED")
    made.children[PUBLIC] = (f"{PUBLIC}/OLD",)
    for exposures in EXPOSURES.values():
        made.exposures |= {(INSTRUMENT, e.id): e for e in exposures}
    return made


def outputs(job: Job) -> Datasets:
    """Return what a job of the test catalog makes: one dataset per detector, or a result table."""
    name = job.leaf.rsplit("/", 1)[1]
    if name.startswith("verify"):
        return {f"{name.partition('.')[0]}Results": {f"instrument={INSTRUMENT}{_filter(name)}": ""}}
    if name.startswith("deploy"):
        return {
            "deployIsrExp": {
                f"instrument={INSTRUMENT},detector={d},exposure={e}": "" for d in DETECTORS for e in _of(job)
            }
        }
    product = name.split("Gen.")[0]
    return {product: {f"instrument={INSTRUMENT},detector={d}{_filter(product)}": "" for d in DETECTORS}}


def _of(job: Job) -> list[str]:
    """Return the exposures of a job's query."""
    return re.findall(r"\d{5,}", job.data_query)


def _filter(name: str) -> str:
    return ",physical_filter=r_03" if "flat" in name.lower() else ""


def clock() -> Iterator[datetime]:
    """Yield instants, one second apart."""
    now = datetime(2025, 2, 7, tzinfo=UTC)
    while True:
        yield (now := now + timedelta(seconds=1))


@dataclass
class Small:
    """A whole small world over one repository; `plan` and `apply` are what an operator does."""

    repository: Repository
    executor: Executor
    ticks: Iterator[datetime] = field(default_factory=clock)

    def world(self, repository: Repository | None = None, executor: Executor | None = None) -> World:
        """Return the ports, as one process has them."""
        repository = repository or self.repository
        return World(
            {repository.place: repository}, executor or self.executor, Path("work"), "here", lambda: next(self.ticks)
        )

    def want(self, *documents: Model, trust: Trust = "none") -> tuple[Desired, Facts]:
        """Return what documents ask for, and the facts that do not come from the repository."""
        one = site(trust)
        want = desired(tree(one, catalog(), *documents), one)  # type: ignore[arg-type]
        return want, Facts(trust=trust, public=frozenset(c.name for c in want.public))

    def plan(self, want: Desired, facts: Facts, repository: Repository | None = None) -> Plan:
        """Look, at the evidence too, and plan."""
        repository = repository or self.repository
        seen = look([repository], whole_scope(want), want, facts)
        seen = judged(seen, want, {repository.place: repository}, awaited(seen, want))
        return make_plan(seen.state, seen.facts, want, seen.unknown)

    def impacts(self, want: Desired, facts: Facts) -> tuple[Impact, ...]:
        """Look, and ask what the plan does to science."""
        seen = look([self.repository], whole_scope(want), want, facts)
        return impacts_of(seen, want, facts, {self.repository.place: self.repository})

    def apply(self, want: Desired, facts: Facts, world: World | None = None) -> list[Result]:
        """Plan and apply once."""
        world = world or self.world()
        plan = self.plan(want, facts, world.repositories[PLACE])
        return list(apply([p.step for p in plan.steps], world, want, facts))


def in_memory() -> Small:
    """Return a small world in memory."""
    one = store()
    return Small(MemoryRepository(PLACE, one), MemoryExecutor({PLACE: one}, outputs))
