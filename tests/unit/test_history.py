"""What was applied, from the lines of journals and the records of approvals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reconciler.approval.record import Decision, Record, Signed
from reconciler.approval.statement import Statement
from reconciler.history import Applied, Done, applied, approvers, names
from reconciler.render import history as render
from reconciler.render.history import History

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
PLACE = "usdf/main"
CHAIN = "Cam/calib/DM-1"


def line(minutes: int, **changes: Any) -> Mapping[str, Any]:
    return {
        "at": (NOON + timedelta(minutes=minutes)).isoformat(),
        "site": "usdf",
        "commit": "c1",
        "apply": "first",
        "by": "op",
        "step": f"link {CHAIN} into Cam/calib",
        "kind": "link",
        "place": PLACE,
        "verb": "adopt",
        "subject": CHAIN,
        "outcome": "done",
        "reason": "",
        **changes,
    }


def record(person: str, minutes: int, decision: Decision = "approve", **changes: Any) -> Record:
    statement = Statement("adopt", CHAIN, (CHAIN,), PLACE, "a" * 40, {"recipe": "sha256:1"})
    return Record(decision, person, NOON + timedelta(minutes=minutes), "", replace(statement, **changes))


def done(minutes: int, *approved_by: str, **changes: Any) -> Done:
    told = line(minutes, **changes)
    at = NOON + timedelta(minutes=minutes)
    return Done(at, PLACE, told["step"], "link", told["outcome"], told["reason"], approved_by)


def test_steps_of_one_apply_stand_together_and_the_latest_apply_first() -> None:
    lines = [line(0), line(1, step="b"), line(5, apply="second", commit="c2"), line(2, step="c")]
    assert applied(lines, ()) == (
        Applied("usdf", "c2", "op", (done(5),)),
        Applied("usdf", "c1", "op", (done(0), done(1, step="b"), done(2, step="c"))),
    )


def test_lines_from_before_applies_were_told_apart_are_those_of_a_commit_and_a_day() -> None:
    old = [{k: v for k, v in line(m).items() if k not in ("apply", "by", "verb", "subject")} for m in (0, 60, 1440)]
    found = applied(old, [Signed(record("alice", -1), "key")])
    assert [len(one.steps) for one in found] == [1, 2]
    assert all(step.approved_by == () for one in found for step in one.steps)


def test_what_was_done_names_who_had_approved_it() -> None:
    signed = [Signed(record(who, -10), "key") for who in ("bob", "alice")]
    (found,) = applied([line(0), line(1, outcome="blocked", reason="why")], signed)
    assert found.steps == (done(0, "alice", "bob"), done(1, outcome="blocked", reason="why"))


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([record("alice", -10), record("bob", -5)], ("alice", "bob")),
        ([record("alice", 60)], ()),
        ([record("alice", -10, site="summit/main")], ()),
        ([record("alice", -10, verb="retract")], ()),
        ([record("alice", -10, subject="Cam/calib/DM-11")], ()),
        ([record("alice", -10), record("bob", -9, "propose")], ("alice",)),
        ([record("alice", -10), record("alice", -5, "withdraw"), record("bob", -7)], ("bob",)),
        ([record("alice", -10), record("alice", 5 + 60, "withdraw")], ("alice",)),
        ([record("alice", -10), record("bob", -5, parts={"recipe": "sha256:2"})], ("bob",)),
    ],
)
def test_a_yes_counts_that_was_said_of_the_last_statement_and_not_taken_back(
    records: list[Record], said: tuple[str, ...]
) -> None:
    assert approvers(records, "adopt", CHAIN, PLACE, NOON) == said


def test_a_ticket_is_named_whole() -> None:
    assert names(f"certify bias in {CHAIN}/trial/bias.20250207a (2 data IDs)", "DM-1")
    assert not names("link Cam/calib/DM-11 into Cam/calib", "DM-1")
    (one,) = applied([line(0), line(1, step="link Cam/calib/DM-11 into Cam/calib")], ())
    assert one.about("DM-1").steps == (done(0),)


def test_a_history_is_told_with_what_is_not_known_and_what_could_not_be_read() -> None:
    signed = [Signed(record(who, -10), "key") for who in ("bob", "alice")]
    found = applied([line(0), line(1, outcome="failed", reason="disk full"), line(2, commit="c2", apply="2")], signed)
    commits = {"c1": "2026-06-01 Ann: DM-1: bias", "c2": None, "c3": "2026-06-02 Ann: DM-2"}
    whole = History(found, commits, {"usdf": ("c3",)}, ("summit: no journal",), ("2026-06.jsonl:3 is damaged",))
    assert render.text(whole) == (
        "2026-06-01 12:02:00  usdf  c2  1 step by op: 1 done\n"
        "    a commit that this clone does not know; git fetch\n"
        f"         done  link {CHAIN} into Cam/calib at usdf/main; approved by alice, bob\n"
        "2026-06-01 12:00:00  usdf  c1  2 steps by op: 1 done, 1 failed\n"
        "    2026-06-01 Ann: DM-1: bias\n"
        f"         done  link {CHAIN} into Cam/calib at usdf/main; approved by alice, bob\n"
        f"       failed  link {CHAIN} into Cam/calib at usdf/main\n"
        "               disk full\n"
        "Committed since, with no step at usdf in its journal:\n"
        "  c3  2026-06-02 Ann: DM-2\n"
        "summit: no journal\n"
        "NOT READ: 2026-06.jsonl:3 is damaged\n"
    )
    assert render.as_json(whole)["applied"][1]["steps"][1]["reason"] == "disk full"


def test_an_empty_history_says_so() -> None:
    assert render.text(History((), {}, {})) == "Nothing that was applied is on record here.\n"
