"""The board's table, reviewed as a whole: for a terminal, as Markdown, as a page."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.board import Decision, Destination, Row
from reconciler.render import board as render
from reconciler.render.board import Board
from reconciler.render.report.board import html
from tests.reports.reader import Reader

GOLDEN = Path(__file__).parents[1] / "reports"
THEN = datetime(2025, 2, 18, 22, 30, tzinfo=UTC)
NOT_YET, ADOPTED = Decision("not proposed"), Decision("adopted", ("alice", "bob"), THEN)
REJECTED = Decision("rejected", ("carol",), THEN, ("carol: two amplifiers <unstable> | see the report",))
WAITING = Decision("waiting", (), None, ("2 approvals by board of 2 missing",))
PURPOSE = "Bias, dark, CTI, defects and flats for DP1"
ROWS = (
    Row("Cam", "DM-47447", "gainFixup", "TAXICAB-15", "DM-47500", "PTC", "w_2024_45", "usdf/main", REJECTED, ()),
    Row(
        "Cam", "DM-48520", "DP1", "TAXICAB-23", "DM-48999", PURPOSE, "tickets/DM-480, reviewed in DM-480", "usdf/main",
        ADOPTED,
        (
            Destination("usdf/embargo", protect=False, skip="", decision=NOT_YET),
            Destination("summit/LSSTComCam", protect=True, skip="", decision=ADOPTED),
            Destination("tts/LSSTComCam", protect=False, skip="no daily flats needed there", decision=NOT_YET),
        ),
    ),
    Row("LATISS", "DM-100", "", "", "", "curated: camera", "", "usdf/main", WAITING, ()),
)  # fmt: skip
BOARD = Board(ROWS, "Decisions as the trusted branch holds them at 0123456789ab.", ("One thing is not known.",))


@pytest.mark.parametrize(("name", "drawn"), [("board.md", render.markdown), ("board.txt", render.text)])
def test_the_table_is_as_reviewed(name: str, drawn: object) -> None:
    said = drawn(BOARD)  # type: ignore[operator]
    if os.environ.get("ACCEPT"):
        (GOLDEN / name).write_text(said, encoding="utf-8")
    assert said == (GOLDEN / name).read_text(encoding="utf-8")


def test_a_line_of_markdown_has_as_many_cells_as_the_head() -> None:
    rows = [line for line in render.markdown(BOARD).splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {len(render.COLUMNS) + 1}


def test_the_page_loads_nothing_and_is_read_whole() -> None:
    page = html(BOARD)
    found = Reader(page)
    assert found.open == []
    assert found.addresses == ["data:,"]
    assert "default-src 'none'" in page
    assert "two amplifiers <unstable> | see the report" in found.text
    for said in ("TAXICAB-23", "adopted by alice, bob on 2025-02-18", "tts/LSSTComCam skipped: no daily flats needed"):
        assert said in found.text
    assert html(BOARD) == page


def test_nothing_before_the_board_is_said_so() -> None:
    empty = Board((), "Nothing is decided here.")
    assert "No ticket has calibrations here." in render.text(empty)
    assert "No ticket has calibrations here." in html(empty)


def test_programs_get_the_same_as_plain_values() -> None:
    found = json.loads(json.dumps(render.as_json(BOARD)))
    assert [row["decision"]["word"] for row in found["tickets"]] == ["rejected", "adopted", "waiting"]
    assert found["tickets"][1]["destinations"][2]["skip"] == "no daily flats needed there"
    assert found["tickets"][1]["decision"]["at"] == THEN.isoformat()


def test_who_adopted_is_not_told_of_what_waits() -> None:
    waits = Decision("waiting", ("alice",), None, ("1 approval missing (alice said yes)",))
    assert render.decided(waits) == "waiting: 1 approval missing (alice said yes)"
    assert render.decided(replace(ADOPTED, at=None)) == "adopted by alice, bob"
