"""`reconcile daily`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from ..adapters.events import Events
from ..adapters.journal import Journal
from ..apply import Result
from ..daily.finding import Finding
from ..daily.part import Part, parts, selection, unknown_filters
from ..errors import ExitCode, Unreachable, worst
from ..facts import Facts
from ..holdings import Columns
from ..ports import Series
from ..render import daily as render
from ..site import Place, choose, connect, series
from .apply import as_entry
from .apply import line as step_line
from .day import Asked, day_of
from .day_run import DayRun
from .output import progress, write
from .session import read


def run(asked: Asked, directory: Path, site_name: str | None, *, as_json: bool) -> ExitCode:
    """Verify what was taken on a day, keep what it measured, and raise an alarm where it fails."""
    checkout, tree = read(directory)
    site = choose(tree, site_name)
    day, products = day_of(asked, tree, site)
    kept = series(site, checkout.root)
    with closing(connect(site, checkout.root)) as place:
        repository = place.repositories[day.place]
        selected = repository.select(day.instrument, day.raws, selection(day.day, products.values()))
        found = parts(selected, products, day.catalog)
        say = _Say(as_json=as_json)
        for name in unknown_filters(selected, products, day.catalog):
            say.remark(f"exposures through {name} are not verified: the catalog has no band for it")
        if not found:
            kinds = ", ".join(dict.fromkeys(str(one.observation_type) for one in products.values()))
            say.remark(
                f"Nothing to verify: {day.place} has no raws of {day.instrument} of {day.day} ({kinds}) in {day.raws}"
            )
            return ExitCode.OK
        facts = Facts(trust=site.trust, public=frozenset({day.chain}))
        today = DayRun(day, found, tree, repository, facts)
        say.heading(f"{day.instrument} {day.day} at {day.place}: {day.chain} is verified with release {day.release}")
        for remark in today.remarks:
            say.remark(remark)
        journal = Journal(place.work, site.site, checkout.commit or "")
        results = list(_applied(today, place, journal, say))
        codes = [result.outcome.exit_code for result in results]
        tables = list(today.tables())
        events = Events((checkout.root / site.series).resolve())
        return worst([*codes, *_kept(tables, kept, today, say), *_told(tables, kept[0], today, events, say)])


class _Say:
    """Words for people; with JSON an event on each line."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def heading(self, text: str) -> None:
        if not self.as_json:
            write(text)

    def remark(self, text: str) -> None:
        write(render.line({"event": "remark", "says": text}) if self.as_json else text)

    def step(self, result: Result) -> None:
        write(render.line({"event": "step", **as_entry(result)}) if self.as_json else step_line(result))

    def finding(self, finding: Finding, chain: str, alarms: Iterable[str]) -> None:
        if self.as_json:
            write("\n".join((render.line(render.summary(finding)), *alarms)))
        else:
            write(render.text(finding, chain))


def _applied(today: DayRun, place: Place, journal: Journal, say: _Say) -> Iterator[Result]:
    with progress() as shown:
        for result in today.apply(place.world(shown.job, shown.copied)):
            journal.write(as_entry(result))
            say.step(result)
            yield result


def _kept(
    tables: Iterable[tuple[Part, Columns]], kept: tuple[Series, ...], today: DayRun, say: _Say
) -> Iterator[ExitCode]:
    """Write what was measured into each series; one that cannot be reached does not keep the others from it."""
    for one in kept:
        try:
            for part, table in tables:
                one.write(today.day.instrument, part.name, today.day.day, table)
        except Unreachable as error:
            say.remark(f"unknown: {error}")
            yield error.exit_code


def _told(
    tables: Iterable[tuple[Part, Columns]], history: Series, today: DayRun, events: Events, say: _Say
) -> Iterator[ExitCode]:
    for part, table in tables:
        finding = today.finding(part, table, history)
        alarms = [render.line(event) for event in render.alarms(finding, today.day.chain)]
        events.append(alarms)
        say.finding(finding, today.day.chain, alarms)
        if finding.verdict.outcome not in ("passed", "accepted"):
            yield ExitCode.VERIFICATION
