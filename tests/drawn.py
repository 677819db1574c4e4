"""What a picture of a chain holds: as text for golden files, and as drawn, measured with a renderer."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.patches import Patch, Polygon, Rectangle

from reconciler.render import sheet as layout
from reconciler.render.lanes import Chart, Panel, Row
from reconciler.render.sheet import Sheet
from reconciler.render.styles import APART, lightness
from reconciler.render.timeline import figure
from reconciler.validity import period


def unreadable(drawn: Chart) -> list[str]:
    """Return texts of a picture that stand on others, or not wholly on the picture."""
    made = figure(drawn)
    renderer = FigureCanvasAgg(made).get_renderer()
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in made.axes[0].texts]
    touching = [f"{a} and {b}" for (a, one), (b, other) in combinations(boxes, 2) if one.overlaps(other)]
    whole = made.bbox
    return touching + [a for a, box in boxes if min(*box.min) < 0 or box.x1 > whole.width or box.y1 > whole.height]


def alike_in_grey(drawn: Chart) -> list[str]:
    """Return tickets that nobody could tell apart without colours, and bars that look like no ticket of the legend."""
    patches = figure(drawn).axes[0].patches
    legend = [_look(one) for one in patches if isinstance(one, Rectangle)]
    bars = {_look(one) for one in patches if isinstance(one, Polygon) and one.get_fill()}
    pairs = combinations(zip(drawn.tickets, legend, strict=True), 2)
    alike = [f"{a} and {b}" for (a, one), (b, other) in pairs if _alike(one, other)]
    return alike + [f"{colour} {hatch} is no ticket" for colour, hatch in sorted(bars - {*legend})]


def laid_out(drawn: Chart) -> str:
    """Return what is drawn where, without the measures that depend on fonts."""
    sheet = Sheet.of(drawn)
    return "\n".join([*_legend(sheet), *(line for panel in drawn.panels for line in _panel(sheet, panel))]) + "\n"


def _look(one: Patch) -> tuple[str, str]:
    return to_hex(one.get_facecolor()), one.get_hatch() or ""


def _alike(one: tuple[str, str], other: tuple[str, str]) -> bool:
    return one[1] == other[1] and abs(lightness(one[0]) - lightness(other[0])) < APART


def _legend(sheet: Sheet) -> Iterator[str]:
    yield "legend"
    for name, style in sheet.styles.items():
        yield f"  {style.key}  {style.colour} {style.hatch or 'plain'}  {name}"


def _panel(sheet: Sheet, panel: Panel) -> Iterator[str]:
    yield ""
    yield sheet.chart.title(panel)
    yield f"  boundaries: {', '.join(text for _, text in layout.dates(panel))}"
    for lane in panel.lanes:
        yield f"  {layout.name_of(lane, panel)}"
        rows = sheet.chart.rows(lane)
        called = layout.called_out(sheet, rows)
        for row in rows:
            if row.kind != "shadowed":
                yield f"    {_bar(sheet, row, called=row in called)}"
        for number, level in enumerate(layout.stacked(rows)):
            for row in level:
                yield f"      shadow {number + 1}: {period(row.begin, row.end)}: {_thin(sheet, row)}"
    yield from (f"  {remark}" for remark in layout.remarks(panel))


def _bar(sheet: Sheet, row: Row, *, called: bool) -> str:
    when = period(row.begin, row.end)
    drawn = "dashed" if row.kind == "nothing" else sheet.styles[row.ticket].key
    said = f'"{layout.callout(sheet, row)}" above it' if called else _quoted(layout.fitting(sheet, row))
    return f"{when}: {drawn}, {said}"


def _thin(sheet: Sheet, row: Row) -> str:
    return f"{sheet.styles[row.ticket].key}, {_quoted(layout.fitting_shadow(sheet, row))}"


def _quoted(text: str) -> str:
    return f'"{text}"' if text else "no room for a name"
