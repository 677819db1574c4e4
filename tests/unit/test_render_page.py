"""The page: one file that loads nothing, whose tables tell what the picture shows."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from reconciler.lanes import Lane, Piece, Shadow
from reconciler.render.lanes import Chart, Panel
from reconciler.render.page import COLUMNS, html
from reconciler.render.timeline import svg
from reconciler.timeline import gen
from reconciler.validity import END, tai

NIGHT = tai("2024-12-06T00:00:00")
IDS = ("instrument=Cam,detector=3", "instrument=Cam,detector=4")
OLD, NEW = gen("Cam/calib/DM-1/trial/biasGen.20250207a"), gen("Cam/calib/DM-2/trial/biasGen.20250207a")
LANE = Lane("bias", "Cam", None, IDS, (Piece(NIGHT, END, NEW, ("c2",)),), (Shadow(NIGHT, END, OLD, "c1", IDS[1:]),))
CHART = Chart("usdf", "Cam/calib", (Panel("usdf/main", "as seen", (LANE,), ("Cam/<other>",)),))
PAGE = html(CHART, svg(CHART))


class Reader(HTMLParser):
    """Gathers the rows of tables, and refuses elements that do not close in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag != "meta":
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("th", "td"):
            self.rows[-1][-1] += data


def test_the_table_tells_what_the_picture_shows() -> None:
    assert Reader(PAGE).rows == [
        list(COLUMNS),
        ["bias", "open", "2024-12-06T00:00:00", "nothing is given", "", ""],
        ["2024-12-06T00:00:00", "open", "DM-2 given", NEW.name, "c2"],
        ["2024-12-06T00:00:00", "open", "DM-1 certified, but shadowed (detector 4)", OLD.name, "c1"],
    ]


def test_the_picture_is_in_the_page_and_has_a_name() -> None:
    assert PAGE.count("<svg") == 1
    assert ("svg", "aria-label", "Timeline of Cam/calib at usdf") in Reader(PAGE).attributes
    assert "<?xml" not in PAGE


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    sources = {"src", "href", "xlink:href", "data", "action"}
    named = [(name, str(value)) for _, name, value in Reader(PAGE).attributes]
    loading = [(name, value) for name, value in named if name in sources and not value.startswith("#")]
    assert loading == []
    assert re.findall(r"<(script|link|iframe|img|object)\b", PAGE) == []
    assert "url(http" not in PAGE
    assert "default-src 'none'" in PAGE


def test_every_element_closes_and_nothing_escapes_from_a_name() -> None:
    read = Reader(PAGE)
    assert read.open == []
    assert "Cam/&lt;other&gt;" in PAGE


def test_pictures_and_tables_are_reached_by_keyboard() -> None:
    assert [tag for tag, name, value in Reader(PAGE).attributes if (name, value) == ("tabindex", "0")] == ["div", "div"]


def test_a_chain_that_gives_nothing_says_so() -> None:
    empty = Chart("usdf", "Cam/calib", (Panel("p", "as seen", ()),))
    assert "<p>Nothing is certified.</p>" in html(empty, svg(empty))


def test_equal_charts_give_equal_pages() -> None:
    assert html(CHART, svg(CHART)) == PAGE
