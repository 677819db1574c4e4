"""Where the things of a picture stand, before anything is drawn: all in inches, from the top left corner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import accumulate, pairwise
from statistics import median

from ..errors import ReconcileError
from ..lanes import Lane
from ..validity import BEGINNING, END, show
from ..words import count
from .lanes import Chart, Panel, Row, lane_name, numbered
from .styles import Style, styles

WIDTH, LARGEST, EDGE, HEAD = 13.0, 200.0, 0.3, 1.0
"""Of a figure, if that is enough; at most; around everything; beside the boundaries, where the open ends are."""
TITLE, LEADERS, CALLOUTS, BAR, SHADOW, SPACE = 0.35, 0.25, 0.2, 0.28, 0.13, 0.16
"""How tall the parts of a panel and of a lane are."""
DATE, KEY, POINT, ENTRY = 0.15, 0.24, 0.1, 0.24
"""How wide a date, a key above a bar, and an open end are; how tall a line of the legend is."""
LONGEST = 3
"""How many times longer than the median a time between boundaries is drawn at most: 1970 and 2050 leave room so."""
WIDEST_NAME, SWATCH = 3.0, 0.48
ROUNDING = 1.06
TITLE_SIZE, NAME_SIZE, LABEL_SIZE, DATE_SIZE, SHADOW_SIZE = 12, 9, 8, 7, 5
"""Points."""
NOTES = (
    "thick: what is given; thin below, in the order of search: certified, but shadowed by what is searched before it",
    "dashed: nothing is given; pointed end: open, there is no begin or no end; times are TAI, very long ones shortened",
)


@dataclass(frozen=True)
class Sheet:
    """A chart, how its tickets are drawn, where its lanes begin, and how large everything is."""

    chart: Chart
    styles: dict[str, Style]
    left: float
    width: float
    height: float

    @classmethod
    def of(cls, chart: Chart) -> Sheet:
        """Lay a chart out; raise `ReconcileError` for more than anybody could look at."""
        names = [name_of(lane, panel) for panel in chart.panels for lane in panel.lanes]
        left = EDGE + max((wide(name, NAME_SIZE) for name in names), default=0) + 0.2
        lanes = 2 * HEAD + (len(chart.boundaries) + 2) * KEY
        texts = max(_wide_texts(chart), default=0) + 2 * EDGE
        sheet = cls(chart, styles(chart.tickets), left, max(WIDTH, left + EDGE + lanes, texts), 0.0)
        height = EDGE + sum(panel_tall(sheet, panel) for panel in chart.panels) + legend_tall(sheet)
        if max(sheet.width, height) > LARGEST:
            raise ReconcileError(
                f"{count(len(names), 'lane')} with {count(len(chart.boundaries), 'boundary', 'boundaries')} are more "
                f"than a picture can show ({sheet.width:.0f} x {height:.0f} inches; at most {LARGEST:.0f})",
                hint="draw fewer dataset types: --type NAME",
            )
        return replace(sheet, height=height)

    @property
    def right(self) -> float:
        """Where the lanes end."""
        return self.width - EDGE

    def x(self, at: int) -> float:
        """Return where an instant stands; open ends stand at the ends of the lanes."""
        if at in (BEGINNING, END):
            return self.left if at == BEGINNING else self.right
        return self.left + HEAD + self._shares[at] * (self.right - self.left - 2 * HEAD)

    @cached_property
    def _shares(self) -> dict[int, float]:
        """Boundary -> where it stands between the first (0) and the last (1)."""
        boundaries = self.chart.boundaries
        lengths = [later - earlier for earlier, later in pairwise(boundaries)]
        longest = LONGEST * median(lengths) if lengths else 0
        places = list(accumulate((min(length, longest) for length in lengths), initial=0.0))
        return {at: place / places[-1] if lengths else 0.5 for at, place in zip(boundaries, places, strict=True)}


def _wide_texts(chart: Chart) -> Iterator[float]:
    """Yield how wide the texts are that stand on lines of their own."""
    for panel in chart.panels:
        yield wide(chart.title(panel), TITLE_SIZE)
        yield from (wide(text, LABEL_SIZE) for text in remarks(panel))
    yield from (wide(f"A00  {name}", LABEL_SIZE) + SWATCH for name in chart.tickets)


def name_of(lane: Lane, panel: Panel) -> str:
    """Return what is written before a lane; the detectors are counted where there is no room to list them."""
    name = lane_name(lane, among=panel.lanes)
    if wide(name, NAME_SIZE) <= WIDEST_NAME:
        return name
    some = f", {count(len(lane.detectors), 'detector')} from {lane.detectors[0]}" if lane.detectors else ""
    return name.removesuffix(f", {numbered(lane.detectors)}") + some


def dates(panel: Panel) -> list[tuple[int, str]]:
    """Return what is written above the lanes of a panel, in order of time."""
    ends = {edge for lane in panel.lanes for one in lane.parts for edge in (one.begin, one.end)}
    said = {BEGINNING: "open begin", END: "open end"}
    return [(at, said.get(at) or show(at).removesuffix("T00:00:00")) for at in sorted(ends)]


def dates_tall(panel: Panel) -> float:
    """Return how much room the dates need, which are written upwards, with the lines that lead to them."""
    return max((wide(text, DATE_SIZE) for _, text in dates(panel)), default=0) + LEADERS + 0.1


def remarks(panel: Panel) -> list[str]:
    """Return what is written below the lanes of a panel."""
    nothing = [] if panel.lanes else ["nothing is certified"]
    return nothing + [f"in doubt: {name} is searched too, and no spec says what it holds" for name in panel.untold]


def panel_tall(sheet: Sheet, panel: Panel) -> float:
    """Return how tall a panel is, with its title."""
    lanes = sum(lane_tall(sheet, lane) for lane in panel.lanes)
    return TITLE + dates_tall(panel) + lanes + len(remarks(panel)) * ENTRY + 0.2


def lane_tall(sheet: Sheet, lane: Lane) -> float:
    """Return how tall a lane is, with what is above and below its bar."""
    rows = sheet.chart.rows(lane)
    called = CALLOUTS if called_out(sheet, rows) else 0
    return called + BAR + len(stacked(rows)) * SHADOW + SPACE


def stacked(rows: tuple[Row, ...]) -> list[list[Row]]:
    """Return the shadows in rows, each below all that are searched before it and meet it: the upper would be next."""
    levels: list[list[Row]] = []
    for row in (row for row in rows if row.kind == "shadowed"):
        met = (n for n, level in enumerate(levels) if any(b.begin < row.end and row.begin < b.end for b in level))
        below = max(met, default=-1) + 1
        if below == len(levels):
            levels.append([])
        levels[below].append(row)
    return levels


def fitting(sheet: Sheet, row: Row) -> str:
    """Return the longest name of what is given that its bar has room for; empty if none fits."""
    room = sheet.x(row.end) - sheet.x(row.begin) - 0.12 - POINT * ((row.begin == BEGINNING) + (row.end == END))
    names = ("nothing",) if row.kind == "nothing" else (row.label, row.ticket, sheet.styles[row.ticket].key)
    return next((name for name in names if wide(name, LABEL_SIZE) <= room), "")


def fitting_shadow(sheet: Sheet, row: Row) -> str:
    """Return the key of what is shadowed, with its detectors if these are not all of the lane, as far as there is room.

    Empty if not even the key fits.
    """
    room, key = sheet.x(row.end) - sheet.x(row.begin) - 0.08, sheet.styles[row.ticket].key
    names = (f"{key}: {row.detectors}", key) if row.detectors else (key,)
    return next((name for name in names if wide(name, SHADOW_SIZE) <= room), "")


def called_out(sheet: Sheet, rows: tuple[Row, ...]) -> list[Row]:
    """Return what is given, and gaps, for too short a time to be named inside."""
    return [row for row in rows if row.kind != "shadowed" and not fitting(sheet, row)]


def callout(sheet: Sheet, row: Row) -> str:
    """Return what is written above a bar that has no room."""
    return sheet.styles[row.ticket].key if row.kind == "given" else "gap"


def columns(sheet: Sheet) -> tuple[int, float]:
    """Return how many tickets stand side by side in the legend, and how wide each is."""
    widest = max((wide(f"{s.key}  {name}", LABEL_SIZE) for name, s in sheet.styles.items()), default=0) + SWATCH + 0.27
    return max(1, int((sheet.width - 2 * EDGE) / widest)), widest


def legend_tall(sheet: Sheet) -> float:
    """Return how tall the legend is, with its notes."""
    return (-(-len(sheet.styles) // columns(sheet)[0]) + len(NOTES)) * ENTRY + EDGE


@lru_cache(maxsize=4096)
def wide(text: str, size: float) -> float:
    """Return how wide a text of this size (points) is at most: a renderer rounds each letter to whole pixels."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    width, _, _ = text_to_path.get_text_width_height_descent(
        text, FontProperties(family="DejaVu Sans", size=size), ismath=False
    )
    return float(width) / 72 * ROUNDING
