"""What came of a day: words for people, and events, one on a line, for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..daily.event import failures, replacement, verified
from ..daily.finding import Finding, Need
from ..daily.uses import Use
from ..validity import in_utc, show
from ..verification.words import complaints
from ..words import count
from . import lanes
from .lanes import Chart, Panel, numbered

NO_GAP = (
    "An end makes no gap, it exposes what is searched below: give this one its end only together with the begin of a "
    "successor, both at that instant."
)


def line(event: Mapping[str, Any]) -> str:
    """Return an event on one line."""
    return json.dumps(event, ensure_ascii=False)


def alarms(finding: Finding, chain: str) -> Iterator[dict[str, Any]]:
    """Yield what somebody must hear of: each test that failed, and a replacement that is needed."""
    yield from failures(finding.subject, finding.verdict, finding.uses)
    if finding.need is not None:
        chart = _chart(finding, finding.need, chain)
        yield {
            **replacement(finding.subject, finding.need.streak, finding.uses),
            "calendar": lanes.as_json(chart)["panels"],
        }


def summary(finding: Finding) -> dict[str, Any]:
    """Return how a product stands."""
    return verified(finding.subject, finding.verdict, finding.leaves, finding.uses)


def text(finding: Finding, chain: str) -> str:
    """Return a finding in words."""
    return "\n".join(_lines(finding, chain))


def _lines(finding: Finding, chain: str) -> Iterator[str]:
    verdict = finding.verdict
    exposures = {number for one in verdict.tests for number in one.exposures if number}
    word = verdict.outcome if verdict.outcome in ("passed", "accepted") else verdict.outcome.upper()
    yield f"{finding.subject.product}: {word} in {count(len(exposures), 'exposure')}, by the {verdict.rule} rule"
    for use in finding.uses:
        yield f"  {numbered(tuple(use.detectors))} with {_told(use)}"
    for complaint in complaints(verdict):
        yield f"  {complaint.partition(': ')[2]}"
    if finding.need is not None:
        yield from _need(finding, finding.need, chain)
    elif verdict.outcome == "failed":
        yield "  no replacement is proposed: the chain gives others by now; new exposures will tell how good these are"


def _told(use: Use) -> str:
    """Return what was applied: ticket first, since people know it by that."""
    if use.source is None:
        return "a calibration that the results do not name"
    gone = "" if use.given else ", which the chain gives no more"
    name = f"{use.ticket} ({use.source})" if use.ticket else str(use.source)
    return f"{name}{gone}"


def _need(finding: Finding, need: Need, chain: str) -> Iterator[str]:
    streak, closing = need.streak, need.closing
    yield f"  replacement needed from {show(streak.begin)} TAI ({in_utc(streak.begin)} UTC)"
    yield f"    {'; '.join(_since(need))}"
    yield from (f"    {line}".rstrip() for line in lanes.text(_chart(finding, need, chain)).splitlines())
    if closing.certified_in:
        yield f"    {NO_GAP}"
        yield f"    what would end is certified in {', '.join(closing.certified_in)}"
    for name in closing.fixed:
        yield f"    {name} is no CALIBRATION collection: it answers at any date, so nothing in it can have an end"


def _since(need: Need) -> Iterator[str]:
    streak = need.streak
    in_a_row = f" ({len(streak.days)} days in a row)" if len(streak.days) > 1 else ""
    yield f"fails on {', '.join(map(str, streak.days))}{in_a_row}"
    yield f"last passed on {streak.kept}" if streak.kept else "no earlier day of the series passed"
    if streak.silent:
        yield f"nothing is known of {', '.join(map(str, streak.silent))}"


def _chart(finding: Finding, need: Need, chain: str) -> Chart:
    place = finding.subject.place
    panels = (
        Panel(place, "as seen", need.closing.now),
        Panel(place, "if this ended then and nothing followed", need.closing.closed),
    )
    return Chart(place.partition("/")[0], chain, panels)
