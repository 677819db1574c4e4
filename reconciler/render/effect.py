"""What a plan does to science, for people and for programs: which dataset gives way to which, and for which exposures.

Lines name tickets where these say enough, and say once what is the same for many detectors and filters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import TypeAlias

from ..blast import Blast, Impact
from ..dataid import parse
from ..effect import Effect, Shift
from ..holdings import Taken
from ..names import is_ticket
from ..spec.ranges import Ranges, ranges
from ..timeline import Source
from ..validity import BEGINNING, END, show
from ..words import count

MOST_DAYS = 4
"""How many days of a dataset type a line lists, and how many exposures; more are summed up."""
SAMPLE = 5
"""How many exposures of a dataset type the JSON names."""

Labels: TypeAlias = dict[Source, str]


def sections(impacts: Iterable[Impact], *, blocked: bool) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield a heading and lines for all chains of one fate; `blocked`: some steps of the plan may not run yet."""
    together: dict[tuple[str, ...], list[str]] = {}
    for impact in impacts:
        chain = impact.effect.chain
        together.setdefault(tuple(lines(impact)), []).append(f"{chain.name} ({chain.place})")
    for told, chains in together.items():
        yield f"Effect on {', '.join(chains)}{', once nothing is blocked' if blocked else ''}", told
    if not together:
        yield "Effect", ("no effect: no chain of the specs leads to what changes",)


def lines(impact: Impact) -> Iterator[str]:
    """Yield what becomes of one chain: its changes, then the exposures that exist."""
    yield from _changes(impact.effect.effects)
    yield from _exposures(impact)


def as_json(impact: Impact) -> dict[str, object]:
    """Return one chain's effect as plain values."""
    return {
        "place": impact.effect.chain.place,
        "chain": impact.effect.chain.name,
        "verdict": verdict(impact),
        "changes": [_change_json(effect) for effect in impact.effect.effects],
        "exposures": _blast_json(impact.blast),
    }


def verdict(impact: Impact) -> str:
    """Return in two words what a plan does to a chain: `no effect`, `forward-only`, `changes exposures`."""
    if impact.blast.changed:
        return "changes exposures"
    return "forward-only" if impact.effect.effects else "no effect"


def labels(sources: Iterable[Source]) -> Labels:
    """Return the shortest names that keep sources apart: tickets, names without `<INSTRUMENT>/calib/`, whole names."""
    distinct = set(sources)
    for name in _NAMES:
        found = {source: name(source) for source in distinct}
        if len(set(found.values())) == len(distinct):
            return found
    return {source: str(source) for source in distinct}


def _short(source: Source) -> str:
    return str(source).split("/calib/", 1)[-1]


def _ticket(source: Source) -> str:
    first = _short(source).split("/", 1)[0]
    return first if is_ticket(first) else _short(source)


_NAMES: tuple[Callable[[Source], str], ...] = (_ticket, _short)


def _changes(effects: Iterable[Effect]) -> Iterator[str]:
    """Yield a line for all filters and detectors that read the same."""
    listed = list(effects)
    together: dict[tuple[str, Ranges, str], list[str]] = {}
    for effect in listed:
        rivals = [one for one in listed if _kind(one) == _kind(effect)]
        named = labels(s for one in rivals for shift in one.shifts for s in (shift.before, shift.after) if s)
        fate = effect.dataset_type, _detectors(effect), _told(effect.shifts, named)
        together.setdefault(fate, []).extend([effect.physical_filter] if effect.physical_filter else [])
    for (dataset_type, detectors, told), filters in together.items():
        which = f"detector{'' if len(detectors) == 1 else 's'} {detectors}" if detectors else ""
        yield f"{dataset_type} {', '.join([*filters, *([which] if which else [])])}".rstrip() + f": {told}"


def _kind(effect: Effect) -> tuple[str, str | None]:
    return effect.dataset_type, effect.physical_filter


def _detectors(effect: Effect) -> Ranges:
    found = (parse(data_id).get("detector") for data_id in effect.data_ids)
    return ranges(int(detector) for detector in found if detector is not None)


def _told(shifts: tuple[Shift, ...], named: Labels) -> str:
    told = [f"{_when(s)} {_name(s.before, named)} -> {_name(s.after, named)}" for s in shifts]
    return "; ".join([*told, *_rest(shifts)])


def _name(source: Source | None, named: Labels) -> str:
    return named[source] if source else "nothing"


def _when(shift: Shift) -> str:
    if shift.begin == BEGINNING:
        return "always" if shift.end == END else f"until {show(shift.end)} TAI"
    return f"from {show(shift.begin)} TAI" if shift.end == END else f"{show(shift.begin)} to {show(shift.end)} TAI"


def _rest(shifts: tuple[Shift, ...]) -> Iterator[str]:
    """Yield what is said of all other times, if there are any."""
    first, last = shifts[0], shifts[-1]
    whole = all(one.end == other.begin for one, other in pairwise(shifts))
    if first.begin == BEGINNING and last.end == END and whole:
        return
    if len(shifts) > 1 or (first.begin != BEGINNING and last.end != END):
        yield "otherwise unchanged"
    else:
        yield "after that unchanged" if first.begin == BEGINNING else "before that unchanged"


def _exposures(impact: Impact) -> Iterator[str]:
    blast, exposures = impact.blast, impact.blast.exposures
    if exposures:
        days = count(len({one.day_obs for one in exposures}), "day")
        verb = "changes" if len(exposures) == 1 else "change"
        by_type = "; ".join(f"{dataset_type} {_days(taken)}" for dataset_type, taken in blast.changed.items())
        yield f"{count(len(exposures), 'exposure')} on {days} {verb} ({by_type}), first {exposures[0].id}"
    elif impact.effect.effects:
        yield "forward-only: no exposure that exists changes"
    else:
        yield "no effect: every exposure keeps what it gets"
    for dataset_type, taken in blast.lost.items():
        yield f"{count(len(taken), 'exposure')} without {dataset_type} from now on: {_sample(taken)}"
    for dataset_type, taken in blast.refused.items():
        what = "lies across a boundary" if len(taken) == 1 else "lie across boundaries"
        yield f"{count(len(taken), 'exposure')} {what}, where Butler refuses to give a {dataset_type}: {_sample(taken)}"


def _days(taken: tuple[Taken, ...]) -> str:
    counted = sorted(Counter(one.day_obs for one in taken).items())
    if len(counted) > MOST_DAYS:
        return f"{counted[0][0]}..{counted[-1][0]}: {len(taken)}"
    return ", ".join(f"{day}: {number}" for day, number in counted)


def _sample(taken: tuple[Taken, ...]) -> str:
    more = len(taken) - MOST_DAYS
    return ", ".join([*(str(one.id) for one in taken[:MOST_DAYS]), *([f"{more} more"] if more > 0 else [])])


def _change_json(effect: Effect) -> dict[str, object]:
    detectors = _detectors(effect)
    return {
        "dataset_type": effect.dataset_type,
        "physical_filter": effect.physical_filter,
        "detectors": str(detectors) if detectors else None,
        "data_ids": len(effect.data_ids),
        "shifts": [_shift_json(shift) for shift in effect.shifts],
    }


def _shift_json(shift: Shift) -> dict[str, str | None]:
    return {
        "begin": None if shift.begin == BEGINNING else show(shift.begin),
        "end": None if shift.end == END else show(shift.end),
        "before": str(shift.before) if shift.before else None,
        "after": str(shift.after) if shift.after else None,
    }


def _blast_json(blast: Blast) -> dict[str, object]:
    return {
        "changed": len(blast.exposures),
        "by_type": {
            dataset_type: {str(day): number for day, number in sorted(Counter(one.day_obs for one in taken).items())}
            for dataset_type, taken in blast.changed.items()
        },
        "sample": {dataset_type: [one.id for one in taken[:SAMPLE]] for dataset_type, taken in blast.changed.items()},
        "lost": {dataset_type: [one.id for one in taken] for dataset_type, taken in blast.lost.items()},
        "refused": {dataset_type: [one.id for one in taken] for dataset_type, taken in blast.refused.items()},
    }
