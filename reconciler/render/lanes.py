"""What a chain gives over time, for people (text) and for programs (JSON); pictures and pages tell the same rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain as joined
from typing import Any, Literal, TypeAlias

from ..lanes import Lane, Piece, Shadow, detectors
from ..names import is_ticket, parse_rerun, ticket_in
from ..spec.ranges import ranges
from ..timeline import Source
from ..validity import BEGINNING, END, period, show

View: TypeAlias = Literal["as seen", "as the specs ask", "after the plan", "if this ended then and nothing followed"]
Kind: TypeAlias = Literal["given", "nothing", "shadowed"]


@dataclass(frozen=True, slots=True)
class Panel:
    """What the chain gives at one place, in one view.

    Attributes
    ----------
    untold
        Collections of the search path of which specs do not say what they hold; any of them may answer.
    """

    place: str
    view: View
    lanes: tuple[Lane, ...]
    untold: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One stretch of time of a lane, as it is told."""

    kind: Kind
    begin: int
    end: int
    label: str = ""
    ticket: str = ""
    source: Source | None = None
    collections: tuple[str, ...] = ()
    detectors: str = ""
    """The detectors that a shadow is for, where these are not all of the lane."""


@dataclass(frozen=True)
class Chart:
    """One chain of a site, in all its panels."""

    site: str
    chain: str
    panels: tuple[Panel, ...]

    @cached_property
    def tickets(self) -> tuple[str, ...]:
        """What the colours stand for: the tickets in order of their numbers, then what bears no ticket in its name."""
        found = {ticket(one) for lane in self.lanes for one in lane.parts}
        return tuple(sorted(found, key=_age))

    @property
    def lanes(self) -> Iterator[Lane]:
        """All lanes of all panels."""
        return joined.from_iterable(panel.lanes for panel in self.panels)

    @cached_property
    def boundaries(self) -> tuple[int, ...]:
        """The instants at which something begins or ends, in any panel."""
        return tuple(sorted(frozenset[int]().union(*(lane.boundaries for lane in self.lanes))))

    def rows(self, lane: Lane) -> tuple[Row, ...]:
        """Return what a lane tells: what is given and when nothing is, in order of time, then the shadows."""
        given = [self._row("given", lane, piece, piece.collections) for piece in lane.pieces]
        nothing = [Row("nothing", gap.begin, gap.end) for gap in lane.gaps]
        hidden = [self._row("shadowed", lane, shadow, (shadow.collection,)) for shadow in lane.shadows]
        return (*sorted(given + nothing, key=lambda row: row.begin), *hidden)

    def title(self, panel: Panel) -> str:
        """Return what a panel shows."""
        return f"{self.chain} at {panel.place}, {panel.view}"

    def _row(self, kind: Kind, lane: Lane, one: Piece | Shadow, collections: tuple[str, ...]) -> Row:
        some = isinstance(one, Shadow) and one.data_ids != lane.data_ids
        which = numbered(detectors(one.data_ids)) if isinstance(one, Shadow) and some else ""
        label = self._labels[_rival(lane, one), one.source] + _certifier(one.source, collections)
        return Row(kind, one.begin, one.end, label, ticket(one), one.source, collections, which)

    @cached_property
    def _labels(self) -> dict[tuple[_Rival, Source], str]:
        """Tickets; where one ticket has several datasets of a type and filter, with what tells them apart."""
        rivals: defaultdict[_Rival, dict[Source, None]] = defaultdict(dict)
        for lane in self.lanes:
            for one in lane.parts:
                rivals[_rival(lane, one)][one.source] = None
        return {
            (rival, source): label
            for rival, sources in rivals.items()
            for source, label in zip(sources, _apart(rival[2], tuple(sources)), strict=True)
        }


_Rival: TypeAlias = tuple[str, str | None, str]
"""Dataset type, filter, ticket."""


def ticket(one: Piece | Shadow) -> str:
    """Return the ticket that a dataset was made for, else that it is certified for, else how its RUN is named."""
    collection = one.collections[0] if isinstance(one, Piece) else one.collection
    return ticket_in(one.source.name) or ticket_in(collection) or _short(one.source.name)


def _certifier(source: Source, collections: tuple[str, ...]) -> str:
    """Return ` via DM-47499` if only other tickets certify what a ticket made: one RUN may serve several."""
    made, through = ticket_in(source.name), dict.fromkeys(filter(None, map(ticket_in, collections)))
    return f" via {', '.join(through)}" if made and through and made not in through else ""


def lane_name(lane: Lane, *, among: Iterable[Lane] = ()) -> str:
    """Return `bias`, `flat r_03`, `flat r_03, detectors 3..5`; with the instrument where there are several."""
    several = len({one.instrument for one in among}) > 1
    name = " ".join(filter(None, (lane.instrument if several else "", lane.dataset_type, lane.physical_filter)))
    return name if lane.whole else f"{name}, {numbered(lane.detectors)}"


def numbered(found: tuple[int, ...]) -> str:
    """Return `detector 3`, `detectors 3..5, 8`; empty for none."""
    return f"detector{'' if len(found) == 1 else 's'} {ranges(found)}" if found else ""


def text(chart: Chart) -> str:
    """Return the lanes as lines for a terminal."""
    return "\n\n".join("\n".join(_panel_lines(chart, panel)) for panel in chart.panels) + "\n"


def as_json(chart: Chart) -> dict[str, Any]:
    """Return the lanes as plain values; times are TAI, null where open."""
    return {"site": chart.site, "chain": chart.chain, "panels": [_panel_json(chart, panel) for panel in chart.panels]}


def _panel_lines(chart: Chart, panel: Panel) -> Iterator[str]:
    yield f"{chart.title(panel)} (times are TAI)"
    if not panel.lanes:
        yield "  nothing is certified"
    for lane in panel.lanes:
        yield f"  {lane_name(lane, among=panel.lanes)}"
        for row in chart.rows(lane):
            which = f", {row.detectors}" if row.detectors else ""
            hidden = f" [shadowed{which}]" if row.kind == "shadowed" else ""
            yield f"    {period(row.begin, row.end)}: {row.label or 'nothing'}{hidden}"
    for name in panel.untold:
        yield f"  in doubt: {name} is searched too, and no spec says what it holds"


def _panel_json(chart: Chart, panel: Panel) -> dict[str, Any]:
    lanes = [
        {
            "dataset_type": lane.dataset_type,
            "instrument": lane.instrument,
            "physical_filter": lane.physical_filter,
            "detectors": str(ranges(lane.detectors)) or None,
            "all": lane.whole,
            "rows": [_row_json(row) for row in chart.rows(lane)],
        }
        for lane in panel.lanes
    ]
    return {"place": panel.place, "view": panel.view, "lanes": lanes, "untold": list(panel.untold)}


def _row_json(row: Row) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "begin": None if row.begin == BEGINNING else show(row.begin),
        "end": None if row.end == END else show(row.end),
        "ticket": row.ticket or None,
        "source": str(row.source) if row.source else None,
        "collections": list(row.collections),
        **({"detectors": row.detectors.partition(" ")[2]} if row.detectors else {}),
    }


def _rival(lane: Lane, one: Piece | Shadow) -> _Rival:
    return lane.dataset_type, lane.physical_filter, ticket(one)


def _apart(name: str, sources: tuple[Source, ...]) -> tuple[str, ...]:
    """Return labels of several datasets of one ticket that differ: by rerun, by RUN, by the whole name."""
    if len(sources) == 1:
        return (name,)
    for detail in (_rerun, _last, _short):
        found = [detail(source.name) for source in sources]
        if len(set(found)) == len(sources):
            return tuple(f"{name} {one}" for one in found)
    return tuple(f"{name} {source.name}" for source in sources)


def _rerun(name: str) -> str:
    last = name.rpartition(".")[2]
    try:
        return str(parse_rerun(last))
    except ValueError:
        return _last(name)


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _short(name: str) -> str:
    return name.split("/calib/", 1)[-1]


def _age(name: str) -> tuple[bool, str, int, str]:
    """Sort tickets as numbers, not as text; other names after them."""
    project, _, number = name.rpartition("-")
    return (False, project, int(number), "") if is_ticket(name) else (True, "", 0, name)
