"""A chart as one page that needs nothing else: the picture, and tables of the same facts.

The tables are for who does not see the picture, goes by keyboard, or wants to search. The page loads nothing, and says
so to the browser.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from ..lanes import Lane
from ..validity import BEGINNING, END, show
from .lanes import Chart, Panel, Row, lane_name

COLUMNS = ("Lane", "From (TAI)", "To (TAI)", "What", "Dataset from", "Through")
_SAID = {"given": "given", "nothing": "nothing is given", "shadowed": "certified, but shadowed"}
_STYLE = """
body { font-family: sans-serif; color: #222; background: #fff; margin: 1.5em; }
.scroll { overflow-x: auto; }
.scroll:focus { outline: 3px solid #332288; }
table { border-collapse: collapse; margin: 1.5em 0; }
caption { text-align: left; font-weight: bold; padding: 0.5em 0; }
th, td { border: 1px solid #999; padding: 0.25em 0.6em; text-align: left; vertical-align: top; }
tr.shadowed td, tr.nothing td { font-style: italic; }
"""


def html(chart: Chart, svg: str) -> str:
    """Return the page; `svg` is the picture of the same chart."""
    title = escape(f"Timeline of {chart.chain} at {chart.site}")
    tables = "\n".join(line for panel in chart.panels for line in _table(chart, panel))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>The tables below the picture tell the same.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Picture">
{_inline(svg, title)}
</div>
{tables}
</main>
</body>
</html>
"""


def _inline(svg: str, title: str) -> str:
    """Return an SVG document as an element of a page: one image with a name, for who cannot see it."""
    return svg[svg.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{title}"', 1).strip()


def _table(chart: Chart, panel: Panel) -> Iterator[str]:
    title = escape(chart.title(panel))
    yield f'<div class="scroll" tabindex="0" role="region" aria-label="{title}">'
    yield f"<table>\n<caption>{title}</caption>"
    yield "<thead><tr>" + "".join(f'<th scope="col">{name}</th>' for name in COLUMNS) + "</tr></thead>"
    for lane in panel.lanes:
        yield from _lane(chart, lane, lane_name(lane, among=panel.lanes))
    yield "</table>\n</div>"
    if not panel.lanes:
        yield "<p>Nothing is certified.</p>"
    for name in panel.untold:
        yield f"<p>In doubt: {escape(name)} is searched too, and no spec says what it holds.</p>"


def _lane(chart: Chart, lane: Lane, name: str) -> Iterator[str]:
    rows = chart.rows(lane)
    header = f'<th scope="rowgroup" rowspan="{len(rows)}">{escape(name)}</th>'
    yield "<tbody>"
    for row in rows:
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in _cells(row))
        yield f'<tr class="{row.kind}">{header}{cells}</tr>'
        header = ""
    yield "</tbody>"


def _cells(row: Row) -> tuple[str, ...]:
    which = f" ({row.detectors})" if row.detectors else ""
    return (
        "open" if row.begin == BEGINNING else show(row.begin),
        "open" if row.end == END else show(row.end),
        f"{row.label} {_SAID[row.kind]}{which}".strip(),
        str(row.source) if row.source else "",
        ", ".join(row.collections),
    )
