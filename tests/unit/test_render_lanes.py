"""Lanes in words: the same rows for people, for programs, for pictures."""

from __future__ import annotations

import pytest

from reconciler.lanes import Lane, Piece, Shadow
from reconciler.render.lanes import Chart, Panel, as_json, lane_name, text
from reconciler.timeline import gen, uuid
from reconciler.validity import BEGINNING, END, tai

NIGHT, LATER = tai("2024-12-06T00:00:00"), tai("2024-12-08T12:00:00")


def leaf(ticket: str, rerun: str = "20250207a") -> str:
    return f"Cam/calib/{ticket}/trial/biasGen.{rerun}"


def ids(*detectors: int) -> tuple[str, ...]:
    return tuple(f"instrument=Cam,detector={detector}" for detector in detectors)


def piece(begin: int, end: int, name: str, collection: str = "Cam/calib/X") -> Piece:
    return Piece(begin, end, gen(name), (collection,))


def lane(*pieces: Piece, shadows: tuple[Shadow, ...] = (), whole: bool = True) -> Lane:
    return Lane("bias", "Cam", None, ids(3, 4, 5), pieces, shadows, whole)


def chart(*lanes: Lane, untold: tuple[str, ...] = ()) -> Chart:
    return Chart("usdf", "Cam/calib", (Panel("usdf/main", "as seen", lanes, untold),))


def test_a_chart_reads_as_what_is_given_when() -> None:
    hidden = Shadow(NIGHT, END, gen(leaf("DM-9")), "Cam/calib/DM-9/bias", ids(4))
    given = lane(piece(BEGINNING, NIGHT, leaf("DM-9")), piece(LATER, END, leaf("DM-10")), shadows=(hidden,))
    assert text(chart(given, untold=("Cam/other",))) == (
        "Cam/calib at usdf/main, as seen (times are TAI)\n"
        "  bias\n"
        "    until 2024-12-06T00:00:00: DM-9\n"
        "    2024-12-06T00:00:00 to 2024-12-08T12:00:00: nothing\n"
        "    from 2024-12-08T12:00:00: DM-10\n"
        "    from 2024-12-06T00:00:00: DM-9 [shadowed, detector 4]\n"
        "  in doubt: Cam/other is searched too, and no spec says what it holds\n"
    )


def test_a_chain_that_gives_nothing_says_so() -> None:
    assert "nothing is certified" in text(chart())


def test_programs_are_told_collections_and_whole_names() -> None:
    hidden = Shadow(NIGHT, END, gen(leaf("DM-9")), "c", ids(4))
    (panel,) = as_json(chart(lane(piece(BEGINNING, END, leaf("DM-10"), "d"), shadows=(hidden,))))["panels"]
    assert panel["lanes"] == [
        {
            "dataset_type": "bias",
            "instrument": "Cam",
            "physical_filter": None,
            "detectors": "3..5",
            "all": True,
            "rows": [
                {
                    "kind": "given",
                    "begin": None,
                    "end": None,
                    "ticket": "DM-10",
                    "source": leaf("DM-10"),
                    "collections": ["d"],
                },
                {
                    "kind": "shadowed",
                    "begin": "2024-12-06T00:00:00",
                    "end": None,
                    "ticket": "DM-9",
                    "source": leaf("DM-9"),
                    "collections": ["c"],
                    "detectors": "4",
                },
            ],
        }
    ]


def test_tickets_are_in_order_of_their_numbers_and_other_names_follow() -> None:
    names = [leaf("DM-10"), "u/somebody/run", leaf("DM-9"), leaf("CAP-11")]
    found = chart(lane(*(piece(n, n + 1, name) for n, name in enumerate(names))))
    assert found.tickets == ("CAP-11", "DM-9", "DM-10", "u/somebody/run")


def test_a_dataset_without_a_ticket_counts_for_the_ticket_that_certifies_it() -> None:
    given = lane(Piece(BEGINNING, END, uuid("1f"), ("Cam/calib/DM-3/bias.20250101a",)))
    assert chart(given).tickets == ("DM-3",)


def test_who_certifies_the_dataset_of_another_ticket_is_named() -> None:
    again = lane(piece(BEGINNING, NIGHT, leaf("DM-9"), "Cam/calib/DM-10/bias.20250207a"))
    both = Piece(NIGHT, LATER, gen(leaf("DM-9")), ("Cam/calib/DM-11/bias", "Cam/calib/DM-9/bias"))
    assert [row.label for row in chart(again).rows(again)] == ["DM-9 via DM-10", ""]
    (given,) = (row for row in chart(lane(both)).rows(lane(both)) if row.kind == "given")
    assert (given.label, given.ticket) == ("DM-9", "DM-9")


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        ([leaf("DM-1", "20250207a"), leaf("DM-1", "20250207b")], ["DM-1 20250207a", "DM-1 20250207b"]),
        (["Cam/calib/DM-1/curated/2024Z", "Cam/calib/DM-1/curated/2025Z"], ["DM-1 2024Z", "DM-1 2025Z"]),
        (["Cam/calib/DM-1/p/run", "Cam/calib/DM-1/q/run"], ["DM-1 DM-1/p/run", "DM-1 DM-1/q/run"]),
        ([leaf("DM-1"), leaf("DM-2")], ["DM-1", "DM-2"]),
    ],
)
def test_datasets_of_one_ticket_are_told_apart(names: list[str], labels: list[str]) -> None:
    given = lane(*(piece(n, n + 1, name) for n, name in enumerate(names)))
    found = chart(given)
    assert [row.label for row in found.rows(given) if row.kind == "given"] == labels


def test_a_lane_of_some_detectors_names_them() -> None:
    assert lane_name(lane(whole=False)) == "bias, detectors 3..5"
    assert lane_name(Lane("flat", "Cam", "r_03", ids(3), (), (), False)) == "flat r_03, detector 3"


def test_the_instrument_is_named_where_there_are_several() -> None:
    other = Lane("bias", "Other", None, ids(3), ())
    assert lane_name(other, among=[lane(), other]) == "Other bias"
    assert lane_name(lane(), among=[lane()]) == "bias"


def test_boundaries_are_those_of_all_panels() -> None:
    before, after = (lane(piece(at, END, leaf("DM-1"))) for at in (LATER, NIGHT))
    panels = (Panel("p", "as seen", (before,)), Panel("p", "after the plan", (after,)))
    assert Chart("usdf", "Cam/calib", panels).boundaries == (NIGHT, LATER)
