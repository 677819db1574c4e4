"""The board's table: what was decided of each ticket, by whom, and where it goes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from reconciler.approval.decided import Decided
from reconciler.approval.judge import Judgement
from reconciler.approval.record import Decision as Says
from reconciler.approval.record import Record, Signed
from reconciler.approval.statement import Statement
from reconciler.board import Decision, Destination, Row, table
from reconciler.spec.documents import CalibrationSet, CuratedSet
from tests.board import NOW
from tests.worlds import document

CHAIN, ORIGIN = "Cam/calib/DM-1", "usdf/main"
ADOPT = Statement("adopt", CHAIN, ("specs/Cam/DM-1.yaml", CHAIN), ORIGIN, "a" * 40, {"recipe": "sha256:1"})
AGAIN = replace(ADOPT, parts={"recipe": "sha256:2"})
RETRACT = replace(ADOPT, verb="retract")
DEPLOYMENT = {
    "ticket": "DM-9",
    "repositories": {"usdf/embargo": {}, "summit/Cam": {"protect": True}, "tts/Cam": {"skip": "no flats needed there"}},
}


def calibrations(ticket: str = "DM-1", **changes: Any) -> CalibrationSet:
    made = document(
        kind="CalibrationSet", instrument="Cam", ticket=ticket, tag="DP1", purpose="Bias and\ndark", origin=ORIGIN,
        raws="Cam/raw/all", release="w_2025_05", rerun="20250207a", selections={}, products={"bias": {}}, **changes,
    )  # fmt: skip
    assert isinstance(made, CalibrationSet)
    return made


def moment(day: int) -> datetime:
    return NOW + timedelta(days=day)


def decided(about: Statement, day: int, *by: str) -> Decided:
    return Decided(about, by, moment(day), "c")


def says(who: str, what: Says, day: int, about: Statement = ADOPT, reason: str = "") -> Signed:
    return Signed(Record(what, who, moment(day), reason, about), "key")


def waiting(about: Statement) -> Judgement:
    return Judgement(about, ("alice",), ("1 approval by board of 2 missing (alice said yes)",))


def decision(done: Iterable[Decided] = (), *records: Signed) -> Decision:
    (row,) = table([calibrations()], done, records, waiting)
    return row.decision


ADOPTED = Decision("adopted", ("alice", "bob"), moment(2))


@pytest.mark.parametrize(
    ("done", "records", "said"),
    [
        ([], [], Decision("not proposed")),
        (
            [],
            [says("carol", "propose", 1)],
            Decision("waiting", ("alice",), None, ("1 approval by board of 2 missing (alice said yes)",)),
        ),
        ([decided(ADOPT, 2, "alice", "bob")], [], ADOPTED),
        ([decided(ADOPT, 2, "alice", "bob")], [says("carol", "propose", 1)], ADOPTED),
        (
            [],
            [says("carol", "propose", 1), *[says("bob", "reject", 2, reason="too noisy")] * 2],
            Decision("rejected", ("bob",), moment(2), ("bob: too noisy",)),
        ),
        (
            [],
            [says("carol", "propose", 1), says("bob", "reject", 2, reason="noisy"), says("bob", "withdraw", 3)],
            Decision("waiting", ("alice",), None, ("1 approval by board of 2 missing (alice said yes)",)),
        ),
        (
            [decided(ADOPT, 2, "alice", "bob")],
            [says("bob", "withdraw", 3, reason="a light leak")],
            Decision("withdrawn", ("bob",), moment(3), ("bob: a light leak",)),
        ),
        ([decided(ADOPT, 2, "alice", "bob")], [says("dave", "withdraw", 3, reason="not mine")], ADOPTED),
        (
            [decided(ADOPT, 2, "alice", "bob")],
            [says("dave", "reject", 3, reason="wrong")],
            Decision("rejected", ("dave",), moment(3), ("dave: wrong",)),
        ),
        (
            [decided(ADOPT, 2, "alice", "bob"), decided(RETRACT, 4, "alice", "carol")],
            [],
            Decision("retracted", ("alice", "carol"), moment(4)),
        ),
        (
            [decided(ADOPT, 2, "alice", "bob"), decided(RETRACT, 4, "alice", "carol"), decided(AGAIN, 6, "bob")],
            [says("carol", "propose", 5, AGAIN)],
            Decision("adopted", ("bob",), moment(6)),
        ),
        (
            [decided(ADOPT, 2, "alice", "bob")],
            [says("carol", "propose", 5, AGAIN)],
            Decision("waiting", ("alice",), None, ("1 approval by board of 2 missing (alice said yes)",)),
        ),
    ],
)
def test_what_was_said_last_counts(done: list[Decided], records: list[Signed], said: Decision) -> None:
    assert decision(done, *records) == said


def test_of_one_second_what_is_proposed_anew_and_every_no_count_as_later() -> None:
    """Records tell seconds, and a script signs many in one."""
    retracted = decided(RETRACT, 2, "alice", "bob")
    proposal, no = says("carol", "propose", 2), says("alice", "reject", 2, reason="a light leak")
    assert decision([retracted], proposal).word == "waiting"
    assert decision([retracted], proposal, no).word == "rejected"
    adopted = decided(ADOPT, 2, "alice", "bob")
    assert decision([adopted], proposal) == ADOPTED
    assert decision([adopted], proposal, says("bob", "withdraw", 2, reason="sorry")).word == "withdrawn"


@pytest.mark.parametrize(
    "changes", [{"site": "summit/Cam"}, {"subject": "Cam/calib/DM-11"}, {"verb": "recertify"}, {"verb": "deploy"}]
)
def test_other_statements_decide_nothing_here(changes: dict[str, str]) -> None:
    assert decision([decided(replace(ADOPT, **changes), 2, "alice")]) == Decision("not proposed")


def test_what_is_linked_from_below_the_ticket_is_of_the_ticket() -> None:
    below = replace(ADOPT, subject=f"{CHAIN}/DP1/bias.20250207a")
    assert decision([decided(below, 2, "alice", "bob")]) == ADOPTED


def test_a_row_has_the_three_tickets_and_every_repository_with_its_reason() -> None:
    asked = calibrations(approval={"ticket": "TAXICAB-23"}, deployment=DEPLOYMENT, reviewed="DM-7")
    at_summit = replace(ADOPT, site="summit/Cam")
    (row,) = table([asked], [decided(at_summit, 2, "alice", "bob")], (), waiting)
    nothing = Decision("not proposed")
    assert row == Row(
        "Cam", "DM-1", "DP1", "TAXICAB-23", "DM-9", "Bias and dark", "w_2025_05, reviewed in DM-7", ORIGIN, nothing,
        (
            Destination("usdf/embargo", protect=False, skip="", decision=nothing),
            Destination("summit/Cam", protect=True, skip="", decision=ADOPTED),
            Destination("tts/Cam", protect=False, skip="no flats needed there", decision=nothing),
        ),
    )  # fmt: skip


def test_rows_stand_in_the_order_of_the_boards_tickets_and_those_without_one_last() -> None:
    asked = [
        calibrations("DM-30"),
        calibrations("DM-4", approval={"ticket": "TAXICAB-23"}),
        calibrations("DM-3", approval={"ticket": "TAXICAB-9"}),
        calibrations("DM-5"),
    ]
    assert [row.ticket for row in table(asked, (), (), waiting)] == ["DM-3", "DM-4", "DM-5", "DM-30"]


def test_trials_are_not_before_the_board() -> None:
    assert table([calibrations(prefix="u/ann/")], (), (), waiting) == ()


def test_a_curated_set_is_told_by_what_it_holds() -> None:
    files = {"storage_class": "S", "dimensions": ["instrument"], "files": [{"file": "a.yaml"}]}
    curated = document(kind="CuratedSet", instrument="Cam", ticket="DM-1", origin=ORIGIN, datasets={"camera": files})
    assert isinstance(curated, CuratedSet)
    (row,) = table([curated], [decided(ADOPT, 2, "alice", "bob")], (), waiting)
    assert (row.purpose, row.decision, row.destinations) == ("curated: camera", ADOPTED, ())
