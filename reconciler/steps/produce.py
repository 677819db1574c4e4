"""Produce: run a pipeline on locked exposures, check what it picked, and seal what it made.

The order is what makes a kill at any moment harmless: claim, build, check, run, look, seal. Until the seal stands the
next apply resumes in the same RUN; after it there is nothing to do. No lock is held while the pipeline runs, and it
may run beside others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..errors import ExitCode, Locked
from ..facts import Facts
from ..jobs import Graph, Job, Status
from ..observation import Scope
from ..packages import decisive
from ..picks import lacking, wrong_picks
from ..resolve import Calendar, children_at, flatten
from ..seals import Claim, Construction, Datasets, Seal
from ..state import State
from ..words import count
from ..work import Generation
from .base import DONE, Executed, Outcome, blocked, sources
from .build import Build
from .needs import Certified, Need
from .world import World

FAILURES, FAILURE = 20, 200
"""How many failures a seal keeps, and how much of each: it is documentation, which every look at a repository reads."""


@dataclass(frozen=True, slots=True)
class Produce(Build, Executed):
    """Make one generation complete."""

    kind: ClassVar[str] = "produce"
    work: Generation
    rests_on: tuple[Need, ...]

    @property
    def needs(self) -> tuple[Need, ...]:
        return self.rests_on

    @property
    def scope(self) -> Scope:
        work = self.work
        made = {p.source.leaf for p in work.precursors if p.source}
        certified = [need for need in self.rests_on if isinstance(need, Certified)]
        return Scope(
            frozenset({work.key.leaf, *work.inputs, *made}) | sources(need.wanted for need in certified),
            work.dataset_types | {need.cert.dataset_type for need in certified},
            frozenset((work.instrument, exposure) for exposure in work.exposures),
        )

    @property
    def title(self) -> str:
        wanted = sum(len(ids) for ids in self.work.expected.values())
        frames = count(len(self.work.exposures), "exposure")
        return f"produce {self.key.leaf} ({frames}, {count(wanted, 'dataset')})"

    def act(self, world: World, seen: State, facts: Facts) -> Outcome | Graph:
        """Claim, build, check; the graph is to be run then."""
        work, repository = self.work, world.repository(self.place)
        there = repository.existing_exposures(work.instrument, work.exposures, raws=work.raws)
        if gone := [exposure for exposure in work.exposures if exposure not in there]:
            return blocked(self._without_raws(gone))
        try:
            with repository.lock(work.lock_name):
                repository.ensure_chain(work.ticket_chain)
                claim = repository.claim(work.key.leaf, self._claim(world, seen, facts))
                if claim.recipe != work.recipe.digest:
                    return blocked(f"{work.key.leaf} was begun with another recipe; give the new one its own rerun")
                job = work.job(claim)
                graph = world.executor.build(job)
        except Locked as locked:
            return Outcome("waiting", locked.message, locked.exit_code)
        calendar = self._calendar(claim, seen, facts)
        wrong = wrong_picks(graph.picks, work.exposures, calendar, facts, work.instrument)
        if wrong := wrong or lacking(graph.lacks, work.precursors):
            world.executor.cancel(job)
            return blocked(wrong)
        return graph

    def finish(self, world: World, graph: Graph) -> Outcome:
        """Look, seal."""
        job, repository = graph.job, world.repository(self.place)
        status = world.executor.poll(job)
        if status.state == "running":
            return Outcome("waiting", f"{job.leaf} is running ({job.submission})", ExitCode.WAITING)
        found = repository.observe(Scope(frozenset({job.run}), frozenset(self.work.expected))).contents
        made = {t: dict(found.get((job.run, t), {})) for t in self.work.expected}
        if lacking := self._lacking(made):
            return Outcome("failed", "; ".join((lacking, *status.failures)))
        if fault := self._fault(world, job):
            return Outcome("failed", fault, ExitCode.VERIFICATION)
        with repository.lock(self.work.lock_name):
            wanted = {t: {d: made[t][d] for d in sorted(ids)} for t, ids in self.work.expected.items()}
            recipe, construction = self.work.recipe, _construction(job, status, world)
            repository.seal(self.key.leaf, Seal(recipe.digest, recipe.intent, job.run, wanted, construction))
        return DONE

    def _without_raws(self, gone: list[int]) -> str:
        return (
            f"{len(gone)} locked exposures have no raws in {self.work.raws} any more, first {gone[0]}; "
            "restore them, or lock others under a new rerun"
        )

    def _fault(self, world: World, job: Job) -> str:
        """Return why what was made is not to be sealed, although it is all there; empty if it is."""
        del world, job
        return ""

    def _lacking(self, made: Datasets) -> str:
        lacking = [f"{t} {d}" for t, ids in sorted(self.work.expected.items()) for d in sorted(ids - made[t].keys())]
        if not lacking:
            return ""
        others = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
        return f"{self.key.leaf} lacks {', '.join(lacking[:3])}{others}; what was made is kept, apply again to resume"

    def _flattened(self, seen: State, facts: Facts) -> tuple[str, ...]:
        """Return the input collections in search order; chains that hold nothing yet dissolve into nothing."""
        collections = facts.observations[self.place].collections
        empty = {self.work.ticket_chain} | {name for name, c in collections.items() if c.type == "CHAINED"}
        return tuple(name for name in flatten(self.work.inputs, children_at(seen, self.place)) if name not in empty)

    def _first(self, facts: Facts) -> tuple[str, ...]:
        """Return the RUNs that are searched before everything else."""
        seals = {**facts.pinned.get(self.place, {}), **facts.seals(self.place)}
        return tuple(dict.fromkeys(seals[key.leaf].run for key in self.work.first))

    def _claim(self, world: World, seen: State, facts: Facts) -> Claim:
        work = self.work
        stamp = world.now().strftime("%Y%m%dT%H%M%SZ")
        run = work.fixed_run or f"{work.key.leaf}/{stamp}"
        inputs = (*self._first(facts), *self._flattened(seen, facts))
        submission = world.work / "submissions" / run.replace("/", "_")
        intent, digest = work.recipe.intent, work.recipe.digest
        return Claim(digest, intent, run, inputs, 1, world.host, str(submission), world.moment)

    def _calendar(self, claim: Claim, seen: State, facts: Facts) -> Calendar:
        return facts.calendar(seen, self.place, claim.inputs)


def _construction(job: Job, status: Status, world: World) -> Construction:
    """Return how the generation came about, as it is known when it is sealed."""
    return Construction(
        template=job.template,
        home=job.home,
        variables=job.environment,
        inputs=job.inputs,
        started=job.started,
        finished=world.moment,
        host=job.host,
        submission=job.submission,
        versions=decisive(world.repository(job.place).versions((job.run,)).get(job.run, {})),
        failures=tuple(_short(one) for one in status.failures[:FAILURES]),
    )


def _short(failure: str) -> str:
    return failure if len(failure) <= FAILURE else f"{failure[: FAILURE - 1]}…"
