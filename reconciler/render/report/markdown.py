"""The verdict as one page of Markdown, for a ticket or a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from ..escape import markdown as _text
from . import summary, words
from .sheets import Sheet
from .value import Report
from .view import Product, View, view

MOST = 20
"""How many places a test lists; more are summed up."""


def markdown(report: Report) -> str:
    """Return the page."""
    return "\n".join(_lines(view(report))).rstrip() + "\n"


def _lines(whole: View) -> Iterator[str]:
    title = whole.report.title
    yield f"## {_text(f'{title.instrument} {title.ticket} {title.tag}')}: verification"
    yield from ("", f"**{words.SIGNS[whole.report.outcome]} {_text(summary.headline(whole))}.**")
    yield f"{summary.consequence(whole)} {_text(summary.compared(whole))}"
    yield from ("", "| calibration | verdict | tests | places | against the one in use |", "|---|---|---|---|---|")
    yield from map(_row, whole.products)
    yield from _failures(whole)
    silent = (f"{one.subject}: {told}" for one in whole.products for told in summary.untested(one))
    yield from _listed("Not tested", silent)
    yield from _listed(
        "What the board accepts", (f"{words.acceptance(one)}: {one.reason}" for one in whole.report.acceptances)
    )
    yield from _listed("Warnings", summary.warnings(whole))
    yield from _listed("Requested by the board", whole.report.requested)
    for heading, lines in whole.report.effect:
        yield from _listed(heading, lines)
    yield ""
    at = f"specs at {title.commit}" if title.commit else "specs not committed"
    yield _text(f"Release {title.release}, rerun {title.rerun}; evidence in {title.place}, {at}.")


def _row(product: Product) -> str:
    tests = ", ".join(f"{words.SIGNS[sheet.outcome]} {_text(sheet.test.name)}" for sheet in product.sheets) or "none"
    troubled = [sheet for sheet in product.sheets if sheet.troubled]
    places = "<br>".join(f"{_text(s.test.name)}: {s.counted} of {len(s.places)}" for s in troubled) or "all passed"
    cells = (_text(product.subject), _outcome(product), tests, places, _against(product))
    return f"| {' | '.join(cells)} |"


def _outcome(product: Product) -> str:
    return f"{words.SIGNS[product.outcome]} {product.outcome}"


def _against(product: Product) -> str:
    if product.examined.in_use is None:
        return "nothing is known of it"
    told = [f"{_text(s.test.name)} {words.ARROWS[s.test.change.direction]} {s.test.change}" for s in product.sheets]
    return "<br>".join([*told, f"in use: {_text(product.examined.in_use.name)}"])


def _failures(whole: View) -> Iterator[str]:
    for product in whole.products:
        for sheet in product.sheets:
            if sheet.bad:
                yield from _listed(_failing(product, sheet), _places(sheet))


def _failing(product: Product, sheet: Sheet) -> str:
    test, rule = sheet.test, product.examined.verdict.rule
    bound = words.threshold(test.verdict.thresholds[-1])
    said = f"{sheet.outcome} by the {rule} rule"
    return f"{product.subject} {test.name}: {said}; fails at {len(sheet.bad)} of {len(sheet.places)} places ({bound})"


def _places(sheet: Sheet) -> Iterator[str]:
    yield from (f"{place.title}: {place.said}" for place in sheet.bad[:MOST])
    if len(sheet.bad) > MOST:
        yield f"{len(sheet.bad) - MOST} more"


def _listed(heading: str, lines: Iterator[str] | tuple[str, ...]) -> Iterator[str]:
    """Yield a heading and its lines as a list; nothing without lines."""
    found = [f"- {_text(line)}" for line in lines]
    if found:
        yield from ("", f"### {_text(heading)}", "", *found)
