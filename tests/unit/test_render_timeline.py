"""The picture of what a chain gives: everything is there to read, and nothing stands on anything else."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from itertools import pairwise

import matplotlib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from reconciler.errors import ReconcileError
from reconciler.lanes import lanes
from reconciler.render.lanes import Chart, Panel, View
from reconciler.render.sheet import Sheet, stacked
from reconciler.render.timeline import figure, png, svg
from reconciler.resolve import Calendar
from reconciler.state import Cert, Chain, State
from reconciler.timeline import Timeline, constant, gen, timeline
from reconciler.validity import ALWAYS, BEGINNING, END, NANOSECOND, Validity, tai
from tests.drawn import unreadable
from tests.strategies import timelines

FILTERS = ("u_24", "g_01", "r_03", "i_06", "z_20", "y_04")
DAY = 86400 * NANOSECOND
FIRST = tai("2024-10-24T00:00:00")


def ticket(number: int) -> str:
    return f"Cam/calib/DM-{46000 + 317 * number}"


def certified(place: int, dataset_type: str, line: Timeline, *, name: str = "", detectors: range = range(9)) -> State:
    """Return what one ticket certifies of a type: the same for these detectors."""
    suffix = f",physical_filter={name}" if name else ""
    ids = [f"instrument=Cam,detector={detector}{suffix}" for detector in detectors]
    return State().put({Cert("p", ticket(place), dataset_type, one): line for one in ids})


def source(number: int, dataset_type: str) -> str:
    return f"{ticket(number)}/trial/{dataset_type}Gen.20250207a"


def ten_tickets() -> Calendar:
    """Return a chain as nobody plans it: fallback flats, one night's replacement, ranges side by side."""
    values = dict(State().put({Chain("p", "calib"): tuple(ticket(n) for n in reversed(range(10)))}).values)
    for n in range(10):
        since = FIRST + n * n * DAY
        begin = BEGINNING if n == 0 else since
        line = constant(Validity(begin, END if n < 7 else since + (n - 6) * DAY // 3), gen(source(n, "bias")))
        values |= certified(n, "bias", line, detectors=range(3, 6) if n == 4 else range(9)).values
        for at, name in enumerate(FILTERS):
            if (n + at) % 3 == 0:
                end = END if n % 2 else since + (5 + at) * DAY
                line = constant(Validity(begin, end), gen(source(n, "flat")))
                values |= certified(n, "flat", line, name=name).values
    return Calendar(State(values), "p", ["calib"], {})


def chart(*calendars: Calendar) -> Chart:
    views: tuple[View, ...] = ("as seen", "after the plan")
    panels = (Panel("p", view, lanes(calendar)) for view, calendar in zip(views, calendars, strict=False))
    return Chart("usdf", "Cam/calib", tuple(panels))


def one_ticket(line: Timeline) -> Calendar:
    return Calendar(State(certified(0, "bias", line).values), "p", [ticket(0)], {})


def written(drawn: Figure) -> list[str]:
    return [text.get_text() for text in drawn.axes[0].texts]


TEN = chart(ten_tickets(), ten_tickets())


def test_ten_tickets_and_six_filters_are_all_named() -> None:
    said = written(figure(TEN))
    assert {"bias, detectors 0..2, 6..8", "bias, detectors 3..5", *(f"flat {name}" for name in FILTERS)} <= set(said)
    keys = {f"{letter}  DM-{46000 + 317 * n}" for n, letter in enumerate("ABCDEFGHIJ")}
    assert keys <= set(said)
    assert "Cam/calib at p, as seen" in said
    assert "Cam/calib at p, after the plan" in said


def test_every_boundary_is_dated() -> None:
    said = written(figure(chart(ten_tickets())))
    assert said.count("2024-11-09") == 1
    assert said.count("open begin") == said.count("open end") == 1
    dates = [text for text in said if text.startswith("20")]
    assert len(dates) == len(chart(ten_tickets()).boundaries)


@pytest.mark.parametrize(
    "drawn",
    [
        TEN,
        chart(ten_tickets()),
        chart(one_ticket(constant(ALWAYS, gen("x")))),
        chart(one_ticket(timeline((n, n + 1, gen(source(n % 2, "bias"))) for n in range(FIRST, FIRST + 99)))),
        chart(one_ticket(constant(ALWAYS, gen("no/ticket" * 30)))),
        chart(),
        Chart("usdf", "Cam/calib" * 30, (Panel("p", "as the specs ask", (), ("Cam/other" * 30,)),)),
    ],
)
def test_no_text_stands_on_another_or_leaves_the_picture(drawn: Chart) -> None:
    assert unreadable(drawn) == []


names = st.integers(0, 30).map(lambda n: gen(source(n, "bias")))
calendars = st.lists(timelines(names).filter(bool), min_size=1, max_size=6).map(
    lambda lines: Calendar(
        State({Cert("p", f"c{n}", "bias", "instrument=Cam,detector=0"): line for n, line in enumerate(lines)}),
        "p",
        [f"c{n}" for n in range(len(lines))],
        {},
    )
)


@settings(max_examples=20)
@given(calendars)
def test_whatever_is_certified_every_text_can_be_read(calendar: Calendar) -> None:
    assert unreadable(chart(calendar)) == []


def test_a_gap_is_named_and_a_shadow_bears_its_key() -> None:
    values = certified(0, "bias", constant(Validity(FIRST, FIRST + 9 * DAY), gen(source(0, "bias")))).values
    above = certified(1, "bias", constant(Validity(FIRST, FIRST + 5 * DAY), gen(source(1, "bias")))).values
    said = written(figure(chart(Calendar(State({**values, **above}), "p", [ticket(1), ticket(0)], {}))))
    assert said.count("nothing") == 2
    assert said.count("A") == 1


def test_dates_far_away_leave_room_for_the_nights_between() -> None:
    """Curated files of 1970 begin 8 s after it, and daily calibrations are certified until 2050."""
    edges = [tai("1970-01-01T00:00:08"), *(FIRST + n * 7 * DAY for n in range(6)), tai("2050-01-01T00:00:00")]
    line = timeline((begin, end, gen(source(n % 2, "bias"))) for n, (begin, end) in enumerate(pairwise(edges)))
    said = written(figure(chart(one_ticket(line))))
    assert said.count("DM-46000") + said.count("DM-46317") == 7


def test_times_of_a_kind_are_drawn_to_scale() -> None:
    sheet = Sheet.of(chart(ten_tickets()))
    begin, night, later = (sheet.x(FIRST + n * DAY) for n in (1, 4, 9))
    assert (later - begin) / (night - begin) == pytest.approx(8 / 3)


def test_a_gap_too_short_for_its_name_is_called_out() -> None:
    spans = [(FIRST, FIRST + 300 * DAY), (FIRST + 301 * DAY, FIRST + 600 * DAY)]
    line = timeline((begin, end, gen(source(0, "bias"))) for begin, end in spans)
    said = written(figure(chart(one_ticket(line))))
    assert (said.count("gap"), said.count("nothing")) == (1, 2)


def test_a_shadow_of_some_detectors_names_them() -> None:
    line = constant(Validity(FIRST, FIRST + 9 * DAY), gen(source(0, "bias")))
    below = certified(0, "bias", line, detectors=range(2, 4)).values
    above = certified(1, "bias", constant(ALWAYS, gen(source(1, "bias")))).values
    said = written(figure(chart(Calendar(State({**below, **above}), "p", [ticket(1), ticket(0)], {}))))
    assert "A: detectors 2..3" in said


def test_what_would_answer_next_is_the_upper_shadow() -> None:
    tickets = {n: certified(n, "bias", constant(ALWAYS, gen(source(n, "bias")))) for n in range(3)}
    values = {key: line for one in tickets.values() for key, line in one.values.items()}
    nights = certified(3, "bias", constant(Validity(FIRST, FIRST + DAY), gen(source(3, "bias")))).values
    drawn = chart(Calendar(State({**values, **nights}), "p", [ticket(n) for n in (2, 3, 1, 0)], {}))
    (lane,) = drawn.lanes
    assert [[row.ticket[-5:] for row in level] for level in stacked(drawn.rows(lane))] == [
        ["46951"],
        ["46317"],
        ["46000"],
    ]


def test_shadows_that_do_not_meet_stand_side_by_side() -> None:
    ends = [constant(Validity(FIRST + n * DAY, FIRST + (n + 1) * DAY), gen(source(n, "bias"))) for n in range(3)]
    values = {key: line for n, one in enumerate(ends) for key, line in certified(n, "bias", one).values.items()}
    above = certified(3, "bias", constant(ALWAYS, gen(source(3, "bias")))).values
    drawn = chart(Calendar(State({**values, **above}), "p", [ticket(n) for n in (3, 2, 1, 0)], {}))
    (lane,) = drawn.lanes
    assert [len(level) for level in stacked(drawn.rows(lane))] == [3]


def test_what_is_given_too_shortly_is_called_out_by_its_key() -> None:
    said = written(figure(chart(ten_tickets())))
    assert said.count("H") == 2


def test_a_chain_that_gives_nothing_is_drawn_as_such() -> None:
    assert "nothing is certified" in written(figure(chart(Calendar(State(), "p", ["calib"], {}))))


def test_what_no_spec_tells_is_said_below() -> None:
    untold = Chart("usdf", "Cam/calib", (Panel("p", "as the specs ask", (), ("Cam/other",)),))
    assert "in doubt: Cam/other is searched too, and no spec says what it holds" in written(figure(untold))


def test_dollars_make_no_formula() -> None:
    png(Chart("usdf", "Cam/$calib", (Panel("p$", "as seen", ()),)))


def test_equal_charts_give_equal_bytes_that_tell_no_date_and_no_software() -> None:
    first, again = (Chart("usdf", "Cam/calib", (Panel("p", "as seen", lanes(ten_tickets())),)) for _ in range(2))
    assert png(first) == png(again)
    assert svg(first) == svg(again)
    assert b"Software" not in png(first)
    assert "matplotlib.org" not in svg(first)


def test_a_users_own_settings_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = chart(ten_tickets())
    expected = png(drawn), svg(drawn)
    for name, value in {"savefig.dpi": 30, "font.size": 3, "svg.fonttype": "path", "axes.facecolor": "red"}.items():
        monkeypatch.setitem(matplotlib.rcParams, name, value)
    assert (png(drawn), svg(drawn)) == expected


def test_the_text_of_an_svg_is_text() -> None:
    found = ET.fromstring(svg(TEN)).iter("{http://www.w3.org/2000/svg}text")
    assert "flat r_03" in {"".join(one.itertext()) for one in found}


def test_more_than_anybody_could_look_at_is_refused() -> None:
    spans = [(n * DAY, (n + 1) * DAY, gen(source(n % 2, "bias"))) for n in range(1, 1200)]
    with pytest.raises(ReconcileError, match="1 lane with 1200 boundaries are more than a picture can show"):
        figure(chart(one_ticket(timeline(spans))))


def test_without_matplotlib_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ReconcileError, match="drawn with matplotlib") as raised:
        png(chart())
    assert "pip install 'matplotlib>=3.9,<4'" in raised.value.hint
