"""The verifications of one day, run and judged: what is pure of it is in `daily`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from ..apply import Result, apply
from ..daily import closing, event, metrics
from ..daily.finding import Finding, Need
from ..daily.leaf import Names, names, remarks
from ..daily.part import Part
from ..daily.streak import Judged, Streak, judged, streak
from ..daily.uses import Asked, Use, uses
from ..daily.work import Day, types, work
from ..errors import ReconcileError, Unreachable
from ..examination import criteria
from ..facts import Facts
from ..holdings import Columns
from ..intent import Desired
from ..look import Look, look
from ..observation import Scope
from ..ports import Repository, Series
from ..spec.load import Tree
from ..spec.problems import nearest
from ..spec.ranges import ranges
from ..state import Change, Gen, Presence, State
from ..steps import World
from ..steps.generations import generations
from ..validity import Validity
from ..verification.verdict import Verdict
from ..work import Examination


@dataclass(frozen=True)
class DayRun:
    """The parts of a day at one repository."""

    day: Day
    parts: tuple[Part, ...]
    tree: Tree
    repository: Repository
    facts: Facts

    @cached_property
    def before(self) -> Look:
        """The repository as it is found."""
        seen = self._look(frozenset(number for part in self.parts for number in part.numbers))
        if self.day.chain not in seen.facts.observations[self.day.place].collections:
            known = seen.facts.observations[self.day.place].collections
            near = nearest(self.day.chain, known)
            raise ReconcileError(
                f"{self.day.place} has no chain {self.day.chain}, so there is nothing to verify against",
                hint=f"did you mean {near}?" if near else "`reconcile plan` tells what is missing",
            )
        return seen

    @cached_property
    def works(self) -> Mapping[str, tuple[Examination, ...]]:
        """What is to be done or has been done for each part."""
        return {
            part.name: tuple(work(self.day, part, portion) for portion in self._names[part.name].portions)
            for part in self.parts
        }

    @cached_property
    def remarks(self) -> tuple[str, ...]:
        """What people should know of the names, in words."""
        return tuple(remark for part in self.parts for remark in remarks(part.name, self._names[part.name]))

    def apply(self, world: World) -> Iterator[Result]:
        """Run what is left to do, and yield how it ended."""
        seen, works = self.before, [one for some in self.works.values() for one in some]
        state = State({one.key: Presence(one.recipe.digest, True) for one in works})
        want = Desired(state, {one.key: one for one in works})
        moved = [(key, seen.state.get(key), value) for key, value in state.values.items()]
        changes = tuple(Change(key, found, wanted) for key, found, wanted in moved if found != wanted)
        return apply(generations(changes, seen.state, want, seen.facts), world, want, self.facts)

    def tables(self) -> Iterator[tuple[Part, Columns]]:
        """Yield what was measured, for each part of which everything is sealed."""
        exposures = frozenset(number for some in self.works.values() for one in some for number in one.exposures)
        after = self._look(exposures)
        spans = after.facts.exposures
        times = {number: span.begin for (name, number), span in spans.items() if name == self.day.instrument}
        for part in self.parts:
            works = self.works[part.name]
            if all(self._complete(one, after) for one in works):
                yield part, self._measured(part, works, after, times)

    def finding(self, part: Part, table: Columns, series: Series) -> Finding:
        """Judge the table of a part, and tell since when it fails, if it does."""
        leaves = tuple(one.key.leaf for one in self.works[part.name])
        verdict = self._verdict(part, table, leaves[-1])
        facts, state = self.before.facts, self.before.state
        calendar = facts.calendar(state, self.day.place, [self.day.chain])
        used = uses(table, self._asked(part, table), facts.seals(self.day.place), calendar)
        subject = event.Subject(self.day.instrument, self.day.place, self.day.day, part.name)
        found = Finding(subject, leaves, verdict, used)
        since = streak(self._days(part, table, found, series))
        return replace(found, need=self._need(part, since, used)) if since else found

    def _asked(self, part: Part, table: Columns) -> Asked:
        """Return what calibrations are asked about: those that the first exposure gets."""
        begin = metrics.begin(table) or part.exposures[0].validity.begin
        return Asked(part.entry.dataset_type, part.physical_filter, Validity(begin, begin + 1))

    def _look(self, exposures: frozenset[int]) -> Look:
        wanted = frozenset[str]().union(*(types(self.day, part) for part in self.parts))
        asked = frozenset((self.day.instrument, number) for number in exposures)
        scope = Scope(None, wanted, asked)
        seen = look([self.repository], lambda _: scope, Desired(State()), self.facts)
        if seen.unknown:
            raise Unreachable("\n".join(seen.unknown.values()))
        return seen

    @cached_property
    def _names(self) -> Mapping[str, Names]:
        collections = self.before.facts.observations[self.day.place].collections
        return {part.name: names(self.day.stem(part), self.day.day, part.numbers, collections) for part in self.parts}

    def _complete(self, one: Examination, seen: Look) -> bool:
        return seen.state.get(Gen(self.day.place, one.key.leaf)) == Presence(one.recipe.digest, True)

    def _measured(self, part: Part, works: tuple[Examination, ...], seen: Look, times: Mapping[int, int]) -> Columns:
        seals = seen.facts.seals(self.day.place)
        found = [self.repository.tables(seals[one.key.leaf].run, part.verify.results) for one in works]
        tables = [table for some in found for table in some.values()]
        try:
            return metrics.metrics(tables, part.product, part.entry.dataset_type, times)
        except ValueError as error:
            raise ReconcileError(f"{part.verify.results} of {works[0].key.leaf} cannot be judged: {error}") from error

    def _verdict(self, part: Part, table: Columns, leaf: str) -> Verdict:
        judged_by = criteria(self.day.instrument, part.product, self.tree.verifications)
        return metrics.verdict(table, part.name, part.product, leaf, judged_by)

    def _days(self, part: Part, table: Columns, today: Finding, series: Series) -> Iterator[Judged]:
        """Yield how the days of the series stand, today first, then back."""
        yield judged(self.day.day, metrics.begin(table) or 0, today.verdict)
        for day in reversed(series.days(self.day.instrument, part.name)):
            if day < self.day.day:
                older = series.read(self.day.instrument, part.name, day)
                yield judged(day, metrics.begin(older) or 0, self._verdict(part, older, ""))

    def _need(self, part: Part, since: Streak, used: tuple[Use, ...]) -> Need | None:
        """Return what is needed by the detectors that fail with what the chain still gives; None if it gives others."""
        current = ranges(number for use in used if use.given for number in use.detectors)
        failing = (since.detectors or part.detectors) & current
        if not failing:
            return None
        told_apart = "physical_filter" in part.entry.dimensions
        asked = closing.Closed(
            self.day.place,
            self.day.chain,
            part.entry.dataset_type,
            part.physical_filter if told_apart else None,
            failing,
            since.begin,
        )
        return Need(since, closing.closing(asked, self.before.state, self.before.facts))
