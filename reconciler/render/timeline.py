"""Lanes as a picture: what a chain gives over time, coloured by ticket, and thin below it what is certified in vain.

Everything is laid out in inches before it is drawn, so that no label stands on another; equal charts give equal bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..errors import ReconcileError
from ..lanes import Lane
from ..validity import BEGINNING, END
from . import sheet as layout
from .lanes import Chart, Panel, Row
from .sheet import Sheet
from .spread import spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, PALE = "#333333", "#BBBBBB"
DPI = 100
SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "timeline",
    "hatch.linewidth": 0.6,
    "font.family": ["DejaVu Sans", "sans-serif"],
}
"""Text stays text in SVG, and has a font everywhere; its identifiers are those of its content."""


def png(chart: Chart) -> bytes:
    """Return a chart as a PNG image."""
    buffer = io.BytesIO()
    with _settings():
        figure(chart).savefig(buffer, format="png", metadata={"Software": None, "Title": chart.chain})
    return buffer.getvalue()


def svg(chart: Chart) -> str:
    """Return a chart as an SVG image, whose text is text."""
    buffer = io.BytesIO()
    with _settings():
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure(chart).savefig(buffer, format="svg", metadata=nothing)
    return buffer.getvalue().decode()


def figure(chart: Chart) -> Figure:
    """Return a chart as a figure; raise `ReconcileError` for more than anybody could look at."""
    with _settings():
        from matplotlib.figure import Figure

        sheet = Sheet.of(chart)
        made = Figure(figsize=(sheet.width, sheet.height), dpi=DPI)
        axes = made.add_axes((0, 0, 1, 1), xlim=(0, sheet.width), ylim=(sheet.height, 0))
        axes.set_axis_off()
        y = layout.EDGE
        for panel in chart.panels:
            y = _panel(axes, sheet, panel, y)
        _legend(axes, sheet, y)
        return made


@contextmanager
def _settings() -> Iterator[None]:
    """Draw as matplotlib does by default, whatever a user's own settings are."""
    try:
        from matplotlib import style
    except ImportError as error:
        raise ReconcileError(
            f"pictures are drawn with matplotlib, which cannot be imported here: {error}",
            hint="pip install 'matplotlib>=3.9,<4'; without --out, or with --json, the same facts are told in words",
        ) from error
    with style.context(["default", SETTINGS]):
        yield


def _panel(axes: Axes, sheet: Sheet, panel: Panel, y: float) -> float:
    """Draw a panel from y on; return where it ends."""
    _write(axes, layout.EDGE, y + 0.1, sheet.chart.title(panel), size=layout.TITLE_SIZE)
    top = y + layout.TITLE + layout.dates_tall(panel)
    low = top + sum(layout.lane_tall(sheet, lane) for lane in panel.lanes)
    _boundaries(axes, sheet, panel, top, low)
    at = top
    for lane in panel.lanes:
        _lane(axes, sheet, lane, layout.name_of(lane, panel), at)
        at += layout.lane_tall(sheet, lane)
    for number, text in enumerate(layout.remarks(panel)):
        _write(axes, layout.EDGE, low + (number + 0.5) * layout.ENTRY, text, size=layout.LABEL_SIZE)
    return y + layout.panel_tall(sheet, panel)


def _boundaries(axes: Axes, sheet: Sheet, panel: Panel, top: float, low: float) -> None:
    dates = layout.dates(panel)
    wanted = [sheet.x(at) for at, _ in dates]
    places = spread(wanted, [layout.DATE] * len(dates), sheet.left - layout.DATE / 2, sheet.right + layout.DATE / 2)
    for (_, text), x, place in zip(dates, wanted, places, strict=True):
        axes.plot([place, x, x], [top - layout.LEADERS, top - 0.08, low], color=PALE, linewidth=0.6, zorder=0)
        _write(
            axes, place, top - layout.LEADERS - 0.04, text, size=layout.DATE_SIZE, rotation=90, ha="center", va="bottom"
        )


def _lane(axes: Axes, sheet: Sheet, lane: Lane, name: str, y: float) -> None:
    rows = sheet.chart.rows(lane)
    called = layout.called_out(sheet, rows)
    bar = y + (layout.CALLOUTS if called else 0)
    _write(axes, sheet.left - 0.12, bar + layout.BAR / 2, name, size=layout.NAME_SIZE, ha="right")
    for row in (row for row in rows if row.kind != "shadowed"):
        _bar(axes, sheet, row, bar, layout.BAR)
        if text := layout.fitting(sheet, row):
            _inside(axes, sheet, row, text, bar + layout.BAR / 2, layout.LABEL_SIZE)
    _callouts(axes, sheet, called, bar)
    for number, level in enumerate(layout.stacked(rows)):
        for row in level:
            low = bar + layout.BAR + 0.03 + number * layout.SHADOW
            _bar(axes, sheet, row, low, layout.SHADOW - 0.03)
            if key := layout.fitting_shadow(sheet, row):
                _inside(axes, sheet, row, key, low + (layout.SHADOW - 0.03) / 2, layout.SHADOW_SIZE)


def _bar(axes: Axes, sheet: Sheet, row: Row, y: float, tall: float) -> None:
    from matplotlib.patches import Polygon

    left, right = sheet.x(row.begin), sheet.x(row.end)
    outline = [(left, y), (right, y), (right, y + tall), (left, y + tall)]
    if row.begin == BEGINNING:
        outline[0], outline[3:] = (left + layout.POINT, y), [(left + layout.POINT, y + tall), (left, y + tall / 2)]
    if row.end == END:
        outline[1:3] = [(right - layout.POINT, y), (right, y + tall / 2), (right - layout.POINT, y + tall)]
    if row.kind == "nothing":
        axes.add_patch(Polygon(outline, fill=False, edgecolor=INK, linewidth=0.6, linestyle=(0, (3, 3))))
        return
    style = sheet.styles[row.ticket]
    axes.add_patch(Polygon(outline, facecolor=style.colour, edgecolor=style.ink, hatch=style.hatch, linewidth=0))
    axes.add_patch(Polygon(outline, fill=False, edgecolor=INK, linewidth=0.7))


def _inside(axes: Axes, sheet: Sheet, row: Row, text: str, y: float, size: float) -> None:
    style, x = sheet.styles.get(row.ticket), (sheet.x(row.begin) + sheet.x(row.end)) / 2
    if style is None:
        _write(axes, x, y, text, size, ha="center")
        return
    clear = {"facecolor": style.colour, "edgecolor": "none", "pad": 1.0} if style.hatch else None
    _write(axes, x, y, text, size, ha="center", color=style.ink, bbox=clear)


def _write(axes: Axes, x: float, y: float, text: str, size: float, **more: Any) -> None:
    """Write a text as it is: dollars make no formula of it."""
    axes.text(x, y, text, size=size, parse_math=False, **{"color": INK, "va": "center", **more})


def _callouts(axes: Axes, sheet: Sheet, rows: list[Row], bar: float) -> None:
    wanted = [(sheet.x(row.begin) + sheet.x(row.end)) / 2 for row in rows]
    places = spread(wanted, [layout.KEY] * len(rows), sheet.left, sheet.right)
    for row, x, place in zip(rows, wanted, places, strict=True):
        axes.plot([place, x], [bar - 0.05, bar], color=INK, linewidth=0.5)
        _write(axes, place, bar - 0.06, layout.callout(sheet, row), size=7, ha="center", va="bottom")


def _legend(axes: Axes, sheet: Sheet, y: float) -> None:
    from matplotlib.patches import Rectangle

    across, step = layout.columns(sheet)
    for number, (name, style) in enumerate(sheet.styles.items()):
        row, column = divmod(number, across)
        x, low = layout.EDGE + column * step, y + row * layout.ENTRY
        fill = {"facecolor": style.colour, "hatch": style.hatch, "edgecolor": style.ink, "linewidth": 0}
        axes.add_patch(Rectangle((x, low + 0.04), 0.4, layout.ENTRY - 0.08, **fill))  # type: ignore[arg-type]  # as typed there
        _write(axes, x + layout.SWATCH, low + layout.ENTRY / 2, f"{style.key}  {name}", size=layout.LABEL_SIZE)
    y += -(-len(sheet.styles) // across) * layout.ENTRY
    for number, text in enumerate(layout.NOTES):
        _write(axes, layout.EDGE, y + (number + 0.5) * layout.ENTRY, text, size=7)
