"""The files of a report: a front page, a page for every calibration, test and detector, and the record."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from . import summary, words
from .change import SAME
from .focal import colours
from .grids import Grid, grids, rows
from .histogram import histogram
from .layout import UNKNOWN
from .marks import small_marks
from .places import NEAREST
from .sheets import Sheet, page_of
from .sparkline import sparklines
from .trend import trend
from .value import Picture, Report
from .view import Product, View, view

HERE = Path(__file__).parent
MARKER = "report.json"
"""The file that says that a folder is a report of ours."""

Content: TypeAlias = bytes | Path
"""What a file holds, or which file to copy."""


def pages(report: Report) -> dict[str, Content]:
    """Return every file of a report by its relative name: the same report gives the same bytes."""
    whole = view(report)
    files: dict[str, Content] = dict(_common(whole))
    for product in whole.products:
        files.update(_of_product(whole, product))
    return files


def _common(whole: View) -> Iterator[tuple[str, Content]]:
    marked = {product.folder: small_marks(product.marked, whole.layout) for product in whole.products}
    yield "index.html", _page("front.html", whole, "", here="front", marked=marked)
    yield "record.html", _page("record.html", whole, "", here="record")
    yield MARKER, (json.dumps(summary.as_json(whole), indent=1, ensure_ascii=False) + "\n").encode()
    yield "report.css", (HERE / "static" / "report.css").read_bytes() + colours().encode()
    yield "report.js", (HERE / "static" / "report.js").read_bytes()


def _of_product(whole: View, product: Product) -> Iterator[tuple[str, Content]]:
    folder = product.folder
    pictures = [(_picture_name(at, one), one) for at, one in enumerate(product.examined.pictures)]
    yield f"{folder}/index.html", _page("product.html", whole, "../", here=folder, product=product, pictures=pictures)
    yield f"{folder}/places.csv", _csv(product)
    yield from ((f"{folder}/{name}", one.png) for name, one in pictures)
    for sheet in product.sheets:
        yield f"{folder}/{sheet.file}", _test_page(whole, product, sheet)
    yield from _detectors(whole, product)


def _test_page(whole: View, product: Product, sheet: Sheet) -> bytes:
    plots = {
        "map": sheet.map.linked(sheet.address) if sheet.map else "",
        "histogram": histogram(sheet.test),
        "trend": trend(sheet.test, product.constructed_from),
    }
    return _page("test.html", whole, "../", here=product.folder, product=product, sheet=sheet, **plots)


def _detectors(whole: View, product: Product) -> Iterator[tuple[str, Content]]:
    """Yield a page for every detector, each with a link to the one before and the one after."""
    by_sheet = [(sheet, grids(sheet.test, tuple(one.exposure for one in sheet.moments))) for sheet in product.sheets]
    by_place = {
        sheet.file: {(place.detector, place.amplifier): place for place in sheet.places} for sheet in product.sheets
    }
    numbers = product.detectors
    for at, detector in enumerate(numbers):
        found = [(sheet, by_detector[detector]) for sheet, by_detector in by_sheet if detector in by_detector]
        lines = {sheet.file: dict(zip(grid.amplifiers, sparklines(grid.value.T), strict=True)) for sheet, grid in found}
        yield (
            f"{product.folder}/{page_of(detector)}",
            _page(
                "detector.html",
                whole,
                "../",
                here=product.folder,
                product=product,
                detector=detector,
                found=found,
                lines=lines,
                places=by_place,
                amplifiers=_amplifiers([grid for _, grid in found]),
                before=numbers[at - 1] if at else None,
                after=numbers[at + 1] if at + 1 < len(numbers) else None,
            ),
        )


def _amplifiers(found: list[Grid]) -> list[str]:
    """Return the names of all rows; the detector as a whole, which has no name, first."""
    return sorted({name for grid in found for name in grid.amplifiers})


def _csv(product: Product) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ("test", "detector", "name", "amplifier", "outcome", "tested", "failed", "untested", "typical", "worst")
    )
    for sheet in product.sheets:
        for one in sheet.places:
            where = (one.detector, one.name, one.amplifier, one.word)
            writer.writerow((sheet.test.name, *where, one.tested, one.failed, one.untested, one.typical, one.worst))
    return text.getvalue().encode()


def _picture_name(at: int, picture: Picture) -> str:
    return f"pictures/{at:02d}-{words.file_name(picture.name)}.png"


def _page(template: str, whole: View, root: str, **values: Any) -> bytes:
    known: Mapping[str, Any] = {"view": whole, "title": whole.report.title, "root": root, **values}
    return _environment().get_template(template).render(known).encode()


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        number=words.number,
        moment=words.moment,
        file_name=words.file_name,
    )
    made.globals.update(
        signs=words.SIGNS,
        arrows=words.ARROWS,
        summary=summary,
        words=words,
        rules=summary.RULES,
        page_of=page_of,
        rows=rows,
        unknown_layout=UNKNOWN,
        same=SAME,
        most_near=NEAREST,
    )
    return made
