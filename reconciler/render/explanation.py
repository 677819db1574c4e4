"""Why a data ID gets its dataset, for people (text) and for programs (JSON), from the same values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..explanation import Candidate, Explanation
from ..holdings import Exposure
from ..names import ticket_in
from ..origin import Origin
from ..timeline import Span
from ..validity import BEGINNING, END, Validity, in_utc, show
from .plan import which

NOT_RECORDED = "not recorded"
_SHELF = "a RUN or TAGGED collection, which answers at any date"


@dataclass(frozen=True, slots=True)
class Answer:
    """An explanation, and what is known of its winner.

    Attributes
    ----------
    maker
        File and line of the document that makes the winner; None if none does.
    applied
        The commit that was applied last at the place; None for an answer from specs alone.
    runs
        UUID -> the RUN that holds it, of datasets that no seal names.
    """

    explanation: Explanation
    origin: Origin | None = None
    maker: str | None = None
    applied: str | None = None
    runs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heading:
    """Where the answers come from: a site, and a commit if they are told from its specs alone."""

    site: str
    commit: str | None = None
    exposure: Exposure | None = None


def text(answers: tuple[Answer, ...], heading: Heading) -> str:
    """Return the answers as lines for a terminal."""
    return "\n".join(line for answer in answers for line in (*_lines(answer, heading), "")).rstrip() + "\n"


def as_json(answer: Answer, heading: Heading) -> dict[str, Any]:
    """Return one answer as plain values; times are TAI unless their name says UTC."""
    found, question = answer.explanation, answer.explanation.question
    winner = found.winner
    return {
        "place": question.place,
        "chain": question.chain,
        "dataset_type": question.dataset_type,
        "data_id": question.data_id,
        "exposure": heading.exposure.id if heading.exposure else None,
        "time": _times(question.when.begin, question.when.end),
        "commit": heading.commit,
        "outcome": "found" if winner else "straddles" if found.straddling else "nothing",
        "winner": None if winner is None else {**_candidate(winner, answer), **_winner(answer, winner)},
        "candidates": [_candidate(one, answer) for one in found.candidates],
        "doubtful": list(found.doubtful),
    }


def outcome(explanation: Explanation) -> str:
    """Return the answer in one line."""
    doubtful = f", unless {' or '.join(explanation.doubtful)} answers before" if explanation.doubtful else ""
    if winner := explanation.winner:
        return f"{winner.spans[0].source} by {winner.collection}{doubtful}"
    if straddling := explanation.straddling:
        return f"Butler raises: {' and '.join(str(s.source) for s in straddling.spans)} in {straddling.collection}"
    return f"nothing{doubtful}"


def _candidate(one: Candidate, answer: Answer) -> dict[str, Any]:
    return {
        "collection": one.collection,
        "path": list(one.path),
        "verdict": one.verdict,
        "any_date": one.any_date,
        "ranges": [
            {**_times(begin, end), "source": str(source), "run": answer.runs.get(source.name)}
            for begin, end, source in one.spans
        ],
        "others": list(one.others),
    }


def _winner(answer: Answer, winner: Candidate) -> dict[str, Any]:
    return {
        "ticket": ticket_in(winner.collection),
        "origin": asdict(answer.origin) if answer.origin else None,
        "applied": answer.applied,
        "spec": answer.maker,
        "approval": NOT_RECORDED,
        "verdict": NOT_RECORDED,
    }


def _times(begin: int, end: int) -> dict[str, str | None]:
    ends = {"begin": begin, "end": end}
    written = {name: None if at in (BEGINNING, END) else show(at) for name, at in ends.items()}
    return written | {f"{name}_utc": None if at in (BEGINNING, END) else in_utc(at) for name, at in ends.items()}


def _lines(answer: Answer, heading: Heading) -> Iterator[str]:
    found, question = answer.explanation, answer.explanation.question
    exposure = f"exposure {heading.exposure.id}, " if heading.exposure else ""
    yield f"{question.dataset_type} {question.data_id}"
    yield f"{exposure}{_moment(question.when)}"
    told = f", as the specs of {heading.commit[:12]} ask" if heading.commit else ""
    yield f"{question.place}: {question.chain}{told}"
    yield ""
    if winner := found.winner:
        yield f"  {winner.collection}"
        yield from (f"    {name:<11} {value}" for name, value in _facts(answer, winner))
    elif straddling := found.straddling:
        yield from _raised(straddling, answer)
    else:
        yield "  nothing is found" if found.candidates else "  there is no collection of this name here"
    for name in found.doubtful:
        yield f"  in doubt: {name} is searched before, and no spec says what it holds"
    yield from _others(answer)
    if not winner:
        yield ""
        yield f"  Next: {_next(found, heading)}"


def _facts(answer: Answer, winner: Candidate) -> Iterator[tuple[str, str]]:
    origin, span = answer.origin or Origin(), winner.spans[0]
    ticket, made_for = ticket_in(winner.collection), ticket_in(origin.leaf or origin.run or "")
    other = f", made for {made_for}" if made_for and made_for != ticket else ""
    yield "reached by", " > ".join(winner.path)
    yield "range", _SHELF if winner.any_date else _range(span)
    yield "leaf", origin.leaf or f"none; {origin.remark}"
    yield "ticket", f"{ticket or 'none in its name'}{other}"
    yield "UUID", origin.uuid or "told by the repository alone"
    yield "RUN", origin.run or "told by the repository alone"
    if origin.leaf:
        yield "made from", _made_from(origin)
    for name in origin.precursors:
        yield "made with", name
    for name in origin.starting:
        yield "starting", name
    if answer.applied:
        yield "applied", f"{answer.applied[:12]}, the last commit applied here"
    yield "spec", answer.maker or "none makes it"
    yield "approval", NOT_RECORDED
    yield "verdict", NOT_RECORDED


def _made_from(origin: Origin) -> str:
    if origin.exposures:
        return f"exposures {', '.join(map(str, origin.exposures))}"
    return origin.remark or NOT_RECORDED


def _raised(straddling: Candidate, answer: Answer) -> Iterator[str]:
    dataset_type = answer.explanation.question.dataset_type
    yield (
        f"  Butler raises CalibrationLookupError: ambiguous calibration lookup for {dataset_type} "
        f"in {straddling.collection}"
    )
    for span in straddling.spans:
        yield f"    {_told(straddling, span, answer)}"


def _others(answer: Answer) -> Iterator[str]:
    """Yield a line for each collection that has the type, and one for all those that have nothing to say."""
    found = answer.explanation
    numbered = [(f"{n}. {c.collection}", c) for n, c in enumerate(found.candidates, 1)]
    others = [f"    {name}: {reason}" for name, one in numbered if (reason := _reason(one, answer))]
    for verdict, words in (
        ("none of the type", f"hold no {found.question.dataset_type}"),
        ("not known", "no spec says what these hold"),
    ):
        if silent := [name for name, one in numbered if one.verdict == verdict]:
            others.append(f"    {words}: {', '.join(silent)}")
    if others:
        yield ""
        yield f"  The others of {len(found.candidates)} collections, in search order:"
        yield from others


def _reason(one: Candidate, answer: Answer) -> str:
    """Return why a collection that has the type does not answer; empty for others."""
    match one.verdict:
        case "shadowed":
            winner = answer.explanation.winner
            by = f"shadowed by {winner.collection}" if winner else "not asked, since Butler raises before"
            return f"{by}; would give {' or '.join(_told(one, span, answer) for span in one.spans)}"
        case "not valid":
            return f"not valid then; nearest: {_told(one, one.spans[0], answer)}"
        case "other data IDs":
            return f"holds {answer.explanation.question.dataset_type}, but only for {which(one.others)}"
        case _:
            return ""


def _told(one: Candidate, span: Span, answer: Answer) -> str:
    source = answer.runs.get(span.source.name) or span.source
    return f"{source}, {_SHELF if one.any_date else _range(span)}"


def _next(found: Explanation, heading: Heading) -> str:
    if found.straddling:
        return "move the boundary of one of the two to where no exposure is, and certify anew"
    if heading.commit:
        return f"`reconcile validate`, and look at the chain {found.question.chain} in specs/"
    there = f"`reconcile show {found.question.chain} --site {heading.site}` tells what is there"
    return f"{there}, `reconcile plan --site {heading.site}` what is missing"


def _moment(when: Validity) -> str:
    if when.end == when.begin + 1:
        return f"at {show(when.begin)} TAI ({in_utc(when.begin)} UTC)"
    return f"{show(when.begin)} to {show(when.end)} TAI ({in_utc(when.begin)} to {in_utc(when.end)} UTC)"


def _range(span: Span) -> str:
    if span.begin == BEGINNING:
        return "always" if span.end == END else f"until {_both(span.end)}"
    return f"from {_both(span.begin)}" if span.end == END else f"{_both(span.begin)} to {_both(span.end)}"


def _both(instant: int) -> str:
    return f"{show(instant)} TAI ({in_utc(instant)} UTC)"
