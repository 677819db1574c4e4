"""A plan for people (text, Markdown) and for programs (JSON), from the same values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from ..blast import Impact
from ..dataid import parse as parse_data_id
from ..plan import Plan, Planned
from ..spec.ranges import ranges
from ..state import Cert, Chain
from ..steps import Step
from ..steps.chains import Link, Reorder
from ..timeline import Timeline
from ..validity import period
from ..words import count
from . import effect

GLYPHS = {
    "produce": "+",
    "curate": "+",
    "examine": "?",
    "certify": "~",
    "link": "+",
    "unlink": "-",
    "reorder": "~",
    "publish": ">",
    "fetch": "+",
    "protect": "*",
    "smoke": "?",
    "refuse": "!",
}


@dataclass(frozen=True, slots=True)
class Heading:
    """What a plan is of: a site, a commit, and what is true of both."""

    site: str
    commit: str | None
    uncommitted: tuple[str, ...] = ()
    trust: str = "required"
    drift_since: str | None = None
    """The commit that was applied last, if specs have not changed since: then every difference is drift."""
    observed: str = ""
    """The file of the snapshot that was planned from; empty if the repositories were looked at."""
    vouched: str = ""
    """When that was taken, and who vouches for it."""
    as_merged: bool = False


Impacts: TypeAlias = tuple[Impact, ...] | None
"""What a plan does to science; None where that was not looked for."""


def text(plan: Plan, heading: Heading, impacts: Impacts = None) -> str:
    """Return the plan as lines for a terminal, without colours."""
    return "\n".join(_lines(plan, heading, impacts)) + "\n"


def markdown(plan: Plan, heading: Heading, impacts: Impacts = None) -> str:
    """Return the plan as Markdown for a pull request."""
    return "\n".join(_markdown(plan, heading, impacts)) + "\n"


def as_json(plan: Plan, heading: Heading, impacts: Impacts = None) -> dict[str, object]:
    """Return the plan as plain values; its effect only where that was looked for."""
    return {
        "site": heading.site,
        "commit": heading.commit,
        "uncommitted": list(heading.uncommitted),
        "trust": heading.trust,
        "drift": heading.drift_since is not None and not plan.empty,
        **({"observed": heading.observed} if heading.observed else {}),
        **({"vouched": heading.vouched} if heading.vouched else {}),
        **({"as_merged": True} if heading.as_merged else {}),
        "steps": [step_json(planned) for planned in plan.steps],
        "foreign": list(plan.foreign),
        "notices": list(plan.notices),
        "unknown": dict(plan.unknown),
        "basis": dict(plan.basis),
        **({} if impacts is None else {"effect": [effect.as_json(impact) for impact in impacts]}),
    }


def step_json(planned: Planned) -> dict[str, object]:
    """Return one step as plain values."""
    step = planned.step
    return {
        "kind": step.kind,
        "place": step.place,
        "title": step.title,
        "changes": [{"key": str(c.key), "before": _value(c.before), "after": _value(c.after)} for c in step.changes],
        "outcome": "ready" if planned.expected.word == "done" else planned.expected.word,
        "reason": planned.expected.reason,
        "exit_code": int(planned.expected.exit_code),
    }


def sentence(plan: Plan, heading: Heading) -> str:
    """Return the one sentence that says what the plan comes to."""
    unknown = f"Not known well enough: {', '.join(plan.unknown)}." if plan.unknown else ""
    if plan.empty and unknown:
        return unknown
    if plan.empty and plan.notices:
        return f"Nothing to do: {heading.site} is as the specs say, but for {count(len(plan.notices), 'notice')}."
    if plan.empty:
        return f"Nothing to do: {heading.site} is as the specs say."
    blocked = _blocked(plan)
    steps = f"{count(len(plan.steps), 'step')} to do"
    told = f"{steps}, {blocked} of them blocked." if blocked else f"{steps}."
    return f"{told} {unknown}".rstrip()


def _lines(plan: Plan, heading: Heading, impacts: Impacts) -> Iterator[str]:
    yield from _head(heading)
    for place, planned in groupby(plan.steps, key=lambda p: p.step.place):
        yield ""
        yield f"{place}{' (drift: the specs have not changed since they were applied)' if heading.drift_since else ''}"
        for one in planned:
            yield f"  {GLYPHS[one.step.kind]} {one.step.title}"
            yield from (f"      {line}" for line in details(one.step))
            if one.expected.word == "blocked":
                yield f"      blocked: {one.expected.reason}"
    for title, lines in _effects(plan, impacts):
        yield from _section(title, lines)
    yield from _section("Kept, though not ours:", plan.foreign)
    yield from _section("Notices:", plan.notices)
    yield from _section("Unknown:", [f"{place}: {reason}" for place, reason in plan.unknown.items()])
    yield ""
    yield sentence(plan, heading)


def _effects(plan: Plan, impacts: Impacts) -> Iterator[tuple[str, tuple[str, ...]]]:
    if impacts is not None and plan.steps:
        yield from effect.sections(impacts, blocked=_blocked(plan) > 0)


def _blocked(plan: Plan) -> int:
    return sum(planned.expected.word == "blocked" for planned in plan.steps)


def _head(heading: Heading) -> Iterator[str]:
    commit = heading.commit[:12] if heading.commit else "no commit yet"
    yield f"Plan for {heading.site} at {commit}{' + uncommitted changes' if heading.uncommitted else ''}"
    if heading.observed:
        vouched = f" ({heading.vouched})" if heading.vouched else ""
        yield f"as the snapshot {heading.observed}{vouched} has the repositories; none was opened"
    if heading.as_merged:
        yield "as if this commit were merged"
    if heading.trust == "none":
        yield "unapproved, unverified (trust: none)"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    listed = list(lines)
    if listed:
        yield ""
        yield title
        yield from (f"  {line}" for line in listed)


def _markdown(plan: Plan, heading: Heading, impacts: Impacts) -> Iterator[str]:
    """Yield the effect before the steps: what a reader must not miss stands where every reader begins."""
    yield f"### {heading.site}: {sentence(plan, heading)}"
    yield ""
    yield "; ".join(_head(heading))
    yield from _listed(_effects(plan, impacts))
    if plan.steps:
        yield ""
        yield "| | step | detail |"
        yield "|---|---|---|"
    for planned in plan.steps:
        lines = list(details(planned.step))
        if planned.expected.word == "blocked":
            lines.append(f"**blocked**: {planned.expected.reason}")
        yield f"| `{GLYPHS[planned.step.kind]}` | {planned.step.title} | {'<br>'.join(lines).replace('|', '&#124;')} |"
    unknown = tuple(f"{place}: {reason}" for place, reason in plan.unknown.items())
    yield from _listed([("Kept, though not ours", plan.foreign), ("Notices", plan.notices), ("Unknown", unknown)])


def _listed(sections: Iterable[tuple[str, Iterable[str]]]) -> Iterator[str]:
    for title, found in sections:
        lines = tuple(found)
        if lines:
            yield ""
            yield f"**{title}**"
            yield from (f"- {line}" for line in lines)


def details(step: Step) -> Iterator[str]:
    """Yield what a step changes, data IDs of equal fate together."""
    together: dict[tuple[str, str, str], list[str]] = {}
    for change in step.changes:
        if isinstance(change.key, Cert):
            fate = (change.key.dataset_type, brief(change.before), brief(change.after))
            together.setdefault(fate, []).append(change.key.data_id)
    for (dataset_type, before, after), ids in together.items():
        yield f"{dataset_type} {which(ids)}: {before} -> {after}"
    if isinstance(step, Link):
        yield _position(step)
    if isinstance(step, Reorder):
        yield f"{brief(step.changes[0].before)} -> {brief(step.changes[0].after)}"


def _position(step: Link) -> str:
    """Return where in its chain a link goes, once everything that is planned is done."""
    members = next((c.after for c in step.changes if isinstance(c.key, Chain)), None)
    if not isinstance(members, tuple) or step.member not in members:
        return "at its place"
    at = members.index(step.member)
    if at + 1 < len(members):
        return f"searched before {members[at + 1]}" if at else f"searched first, before {members[at + 1]}"
    return f"searched last, after {members[at - 1]}" if at else "its only member"


def brief(value: object) -> str:
    """Return a timeline or the members of a chain in words, each name without the `<INSTRUMENT>/calib/` in front."""
    if not value:
        return "nothing"
    if isinstance(value, Timeline):
        return ", ".join(f"{_short(str(s))} {period(b, e)}" for b, e, s in value)
    return ", ".join(_short(name) for name in value) if isinstance(value, tuple) else str(value)


def _short(name: str) -> str:
    """Return a collection's name without its instrument's `calib` in front, which all names of a plan share."""
    return name.split("/calib/", 1)[-1]


def which(data_ids: Iterable[str]) -> str:
    """Return data IDs as people say them: `detectors 0..8, r_03`."""
    parsed = [parse_data_id(data_id) for data_id in data_ids]
    detectors = [int(d) for one in parsed if (d := one.get("detector")) is not None]
    filters = sorted({str(f) for one in parsed if (f := one.get("physical_filter")) is not None})
    words = [f"detector{'' if len(detectors) == 1 else 's'} {ranges(detectors)}"] if detectors else []
    return ", ".join((*words, *filters)) or ", ".join(str(one.get("instrument", "")) for one in parsed)


def _value(value: object) -> str | None:
    """Return a value as text; chains as their members in order."""
    if value is None or value == ():
        return None
    return ", ".join(value) if isinstance(value, tuple) else str(value)
