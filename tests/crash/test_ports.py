"""Die before and after every call of a port: the next apply finishes, nothing is built twice, nothing is orphaned.

Every position of an apply is tried in memory. On a real Butler each call of the protocols is cut before and after,
at one of its positions on every push, at all of them in the long tier.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from reconciler.adapters.memory_executor import MemoryExecutor
from reconciler.impact import impacts_of
from reconciler.intent import Desired
from reconciler.locking import make_lock
from reconciler.look import look, whole_scope
from reconciler.observation import Observation, Scope
from reconciler.ports import Executor, Repository
from reconciler.seals import Claim
from reconciler.spec.documents import CalibrationSet, Catalog, Model
from reconciler.state import Gen
from reconciler.steps import World
from reconciler.work import Curation, Generation
from tests import butler_world
from tests.butler_world import RAWS, Back, ButlerExecutor
from tests.fuse import CARRYING, Crash, Fuse, fused, methods
from tests.worlds import (
    DETECTORS,
    EXPOSURES,
    INSTRUMENT,
    PLACE,
    PUBLIC,
    TICKET,
    Ask,
    Small,
    calibration_set,
    catalog,
    chain,
    document,
    in_memory,
)

ASKED = (Ask("bias"), Ask("dark"))
CURATED = f"{PUBLIC}/DM-2"
RESULTS = "verifyBiasResults"
CERTIFIED = frozenset({"bias", "dark", "defects"})
TYPES = CERTIFIED | {RESULTS}
BOUNDARIES = sorted(
    f"{when} {port.__name__}.{method}"
    for port in (Repository, Executor)
    for method in methods(port) - CARRYING
    for when in ("before", "after")
)


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, ...]:
    """Bias and dark, of which the bias is verified, curated defects, and a chain of all."""
    file = tmp_path_factory.mktemp("curated") / "defects.yaml"
    file.write_text("rows: []\n")
    files = [{"file": str(file), "detector": detector} for detector in DETECTORS]
    defects = {"storage_class": "StructuredDataDict", "dimensions": ["instrument", "detector"], "files": files}
    datasets = {"defects": defects}
    curated = document(kind="CuratedSet", instrument=INSTRUMENT, ticket="DM-2", origin=PLACE, datasets=datasets)
    return (*calibration_set(ASKED, verify={"bias": {}}), curated, chain(TICKET, CURATED, f"{PUBLIC}/OLD"))


@dataclass(frozen=True)
class Operator:
    """Somebody who locks, begins and cancels, applies, and asks what is there."""

    small: Small
    documents: tuple[Model, ...]

    def does_everything(self, world: World) -> None:
        self.locks(world)
        self.begins_and_cancels(world)
        self.applies(world)
        self.asks(world)

    def locks(self, world: World) -> None:
        spec = self.documents[0]
        assert isinstance(spec, CalibrationSet)
        listed = ", ".join(str(exposure.id) for exposure in EXPOSURES["bias"])
        asked = spec.model_copy(update={"selections": dict.fromkeys(spec.selections, f"exposure in ({listed})")})
        entries = catalog()
        assert isinstance(entries, Catalog)
        made = make_lock(asked, entries, world.repository(PLACE), frozenset())
        assert [len(locked.exposures) for locked in made.lock.products.values()] == [3, 3]  # type: ignore[union-attr]

    def begins_and_cancels(self, world: World) -> None:
        work = next(w for w in self.wanted().works.values() if isinstance(w, Generation) and w.product == "bias")
        run = f"{work.key.leaf}/20250207T000000Z"
        claim = Claim(work.recipe.digest, work.recipe.intent, run, (RAWS,), 1, world.host, "")
        job = work.job(world.repository(PLACE).claim(work.key.leaf, claim))
        world.executor.build(job)
        world.executor.cancel(job)

    def applies(self, world: World) -> None:
        want, facts = self.small.want(*self.documents)
        results = self.small.apply(want, facts, world)
        assert {r.outcome.word for r in results} <= {"done", "unchanged"}, [r.outcome for r in results]
        world.repository(PLACE).remember("abc")

    def asks(self, world: World) -> None:
        """Ask what unlinking the curated defects would do, for an exposure's neighbours, for files and for results."""
        repository = world.repository(PLACE)
        want, facts = self.small.want(*self.documents[:-1], chain(TICKET, f"{PUBLIC}/OLD"))
        (impact,) = impacts_of(look([repository], whole_scope(want), want, facts), want, facts, {PLACE: repository})
        assert impact.blast.lost.keys() == {"defects"}
        assert repository.nearest_exposures(INSTRUMENT, EXPOSURES["bias"][0].id)
        curated = next(key.leaf for key, work in want.works.items() if isinstance(work, Curation))
        assert repository.tables(curated, RESULTS) == {}
        assert len(repository.digests(curated, ("defects",))) == len(DETECTORS)
        assert repository.applied(curated, "frames") == {}
        with TemporaryDirectory() as folder:
            assert len(repository.retrieve(curated, ("defects",), folder)) == len(DETECTORS)

    def wanted(self) -> Desired:
        return self.small.want(*self.documents)[0]

    def fused(self, fuse: Fuse) -> World:
        return self.small.world(*fused(self.small.repository, self.small.executor, fuse))


def test_a_kill_at_any_boundary_of_an_apply_is_mended_by_the_next(documents: tuple[Model, ...]) -> None:
    whole = Fuse()
    operator = Operator(in_memory(), documents)
    operator.applies(operator.fused(whole))
    for position in range(len(whole.passed)):
        operator = Operator(in_memory(), documents)
        with pytest.raises(Crash):
            operator.applies(operator.fused(Fuse(burns_at=position)))
        before = seen(operator.small)
        operator.applies(operator.small.world())
        is_whole(operator, before)
        assert len(set(built(operator))) == len(built(operator))


def test_a_kill_while_jobs_go_side_by_side_is_mended_by_the_next() -> None:
    two = (*calibration_set(ASKED), *calibration_set(ASKED, "DM-3"), chain(TICKET, f"{PUBLIC}/DM-3", f"{PUBLIC}/OLD"))
    whole = Fuse()
    operator = Operator(in_memory(), two)
    operator.applies(operator.fused(whole))
    assert whole.passed.count("before Executor.submit") == len(ASKED)
    for position in range(len(whole.passed)):
        operator = Operator(in_memory(), two)
        with pytest.raises(Crash):
            operator.applies(operator.fused(Fuse(burns_at=position)))
        operator.applies(operator.small.world())
        assert operator.small.plan(*operator.small.want(*two)).empty
        assert len(set(built(operator))) == len(built(operator))


@pytest.fixture(scope="module")
def back(tmp_path_factory: pytest.TempPathFactory) -> Back:
    return butler_world.sqlite(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="module")
def passed(back: Back, documents: tuple[Model, ...], tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The boundaries that an operator passes, in order."""
    whole = Fuse()
    with back.world(tmp_path_factory.mktemp("whole")) as root, opened(root, documents) as operator:
        operator.does_everything(operator.fused(whole))
    return whole.passed


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_every_call_of_a_port_may_be_the_last(
    back: Back, documents: tuple[Model, ...], passed: list[str], boundary: str, tmp_path: Path
) -> None:
    positions = [number for number, name in enumerate(passed) if name == boundary]
    assert positions, f"nothing that an operator does passes {boundary}"
    dies_and_mends(back, documents, random.Random(boundary).choice(positions), tmp_path)


@pytest.mark.long
def test_every_position_on_a_real_butler(
    back: Back, documents: tuple[Model, ...], passed: list[str], tmp_path: Path
) -> None:
    for position in range(len(passed)):
        dies_and_mends(back, documents, position, tmp_path)


def dies_and_mends(back: Back, documents: tuple[Model, ...], position: int, folder: Path) -> None:
    """Let one process die at a boundary; another one applies."""
    with back.world(folder) as root:
        with opened(root, documents) as first:
            with pytest.raises(Crash):
                first.does_everything(first.fused(Fuse(burns_at=position)))
            before = seen(first.small)
        with opened(root, documents) as second:
            second.applies(second.small.world())
            is_whole(second, before)
            assert sorted(built(first) + built(second)) == sorted(set(built(first) + built(second)))
            assert second.small.repository.observe(Scope(frozenset())).record.applied == "abc"  # type: ignore[union-attr]
            readable(root)


@contextmanager
def opened(root: Path, documents: tuple[Model, ...]) -> Iterator[Operator]:
    """Yield an operator with ports of their own, as another process has them."""
    small = butler_world.on_butler(root)
    try:
        yield Operator(small, documents)
    finally:
        butler_world.close(small)


def seen(small: Small) -> Observation:
    return small.repository.observe(Scope(None, TYPES))


def built(operator: Operator) -> list[str]:
    """Return what the operator's executor made, each time that it made it."""
    assert isinstance(operator.small.executor, ButlerExecutor | MemoryExecutor)
    return operator.small.executor.built


def is_whole(operator: Operator, before: Observation) -> None:
    """Nothing is left to do; one RUN per generation, one UUID per dataset; what was certified still is."""
    want, facts = operator.small.want(*operator.documents)
    assert operator.small.plan(want, facts).empty
    after = seen(operator.small)
    for work in want.works:
        assert len(list(runs(work, after))) == 1, work
    made = [(t, uuid) for (run, t), ids in after.contents.items() for uuid in ids.values() if run != RAWS]
    uuids = [uuid for t, uuid in made if t in CERTIFIED]
    assert len(uuids) == len(set(uuids)) == len(CERTIFIED) * len(DETECTORS)
    assert [t for t, _ in made if t not in CERTIFIED] == [RESULTS]
    for where, rows in before.certifications.items():
        assert all(after.certifications[where][data_id] == spans for data_id, spans in rows.items())
    certified = [uuid for rows in after.certifications.values() for spans in rows.values() for *_, uuid in spans]
    assert sorted(certified) == sorted(uuids)


def runs(work: Gen, at: Observation) -> Iterator[str]:
    """Yield the RUNs of a generation that hold something."""
    for name in {run for run, _ in at.contents}:
        if f"{name}/".startswith(f"{work.leaf}/"):
            yield name


def readable(root: Path) -> None:
    """Get every certified dataset, as science would."""
    from lsst.daf.butler import Butler, CollectionType

    with Butler.from_config(str(root)) as butler:
        for name in CERTIFIED:
            types = {CollectionType.CALIBRATION}
            found = list(butler.registry.queryDatasetAssociations(name, collections=..., collectionTypes=types))
            assert len(found) == len(DETECTORS)
            for one in found:
                butler.get(one.ref)
