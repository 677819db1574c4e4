"""`reconcile timeline`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ..errors import ExitCode, ReconcileError, UsageError
from ..render import lanes as render
from ..render.lanes import Chart
from ..spec.problems import listed, nearest
from ..words import count
from .output import replace_file, write, write_json
from .views import Shown, asked_for, seen

FORMATS = (".png", ".svg", ".html")


def run(
    shown: Shown,
    directory: Path,
    site: str | None,
    *,
    observed: Path | None,
    max_age: int,
    out: Path | None,
    as_json: bool,
) -> ExitCode:
    """Tell, and draw if asked, what a chain gives over time at each place of a site."""
    if out is not None and out.suffix not in FORMATS:
        raise UsageError(f"--out {out}: a picture is {listed(FORMATS)}", hint=f"such as --out {out.stem}.html")
    if shown.desired and observed is not None:
        raise UsageError("--desired looks at specs alone: there is nothing to look up in a snapshot")
    if shown.desired:
        chart, unknown = asked_for(shown, directory, site)
    else:
        chart, unknown = seen(shown, directory, site, observed, max_age)
    chart = _chosen(chart, shown.types)
    if out is not None:
        _draw(chart, out)
    _tell(chart, unknown, out, as_json=as_json)
    return ExitCode.UNREACHABLE if unknown else ExitCode.OK


def _tell(chart: Chart, unknown: Mapping[str, str], out: Path | None, *, as_json: bool) -> None:
    if as_json:
        write_json({**render.as_json(chart), "unknown": dict(unknown)})
        return
    if out is None:
        write(render.text(chart))
    else:
        tickets = count(len(chart.tickets), "source of calibrations", "sources of calibrations")
        write(f"Drawn to {out}: {count(len(list(chart.lanes)), 'lane')}, {tickets}")
    for place, reason in unknown.items():
        write(f"unknown: {place}: {reason}")


def _draw(chart: Chart, out: Path) -> None:
    from ..render.page import html
    from ..render.timeline import png, svg

    if out.suffix == ".png":
        replace_file(out, png(chart))
    else:
        drawn = svg(chart)
        replace_file(out, drawn if out.suffix == ".svg" else html(chart, drawn))


def _chosen(chart: Chart, types: tuple[str, ...]) -> Chart:
    """Return the lanes of some dataset types; raise `ReconcileError` for a type that has none."""
    known = {lane.dataset_type for lane in chart.lanes}
    for name in types:
        if name not in known:
            near = nearest(name, known)
            hint = f"did you mean {near}?" if near else ""
            held = f"it gives {listed(sorted(known))}" if known else "it gives nothing"
            raise ReconcileError(f"{chart.chain} gives no {name} at {chart.site}; {held}", hint=hint)
    if not types:
        return chart
    panels = (replace(p, lanes=tuple(x for x in p.lanes if x.dataset_type in types)) for p in chart.panels)
    return replace(chart, panels=tuple(panels))
