"""What is approved is exactly what was signed, and no mixture of records gives more than the people in it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reconciler.approval.judge import judge
from reconciler.approval.record import Decision, Signed, read
from reconciler.approval.seats import empty_seats
from reconciler.approval.statement import Statement
from tests.board import NOW, PEOPLE, policy, says, statement

TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8)
PARTS = st.dictionaries(TEXTS, TEXTS, max_size=4)
STATEMENTS = PARTS.map(lambda parts: statement(parts=parts))
POLICY = policy()


@st.composite
def votes(draw: st.DrawFn) -> Signed:
    """Draw what somebody may have signed, with any key, of one of few statements."""
    who, by = draw(st.sampled_from(PEOPLE)), draw(st.sampled_from((*PEOPLE, "mallory")))
    decision: Decision = draw(st.sampled_from(("propose", "approve", "reject", "withdraw")))
    about = draw(st.sampled_from((statement(), statement(parts={"order": "b, a"}), statement(verb="retract"))))
    return says(who, decision, about, by=by, days_ago=draw(st.integers(0, 120)))


@given(STATEMENTS, STATEMENTS)
def test_a_yes_to_one_statement_is_a_yes_to_another_only_if_they_are_the_same(one: Statement, other: Statement) -> None:
    signed = (says("dave", "propose", one), says("alice", about=one), says("bob", about=one))
    assert judge(POLICY, other, signed, NOW).approved == (one.parts == other.parts)


@given(st.lists(votes(), max_size=8))
def test_whatever_is_signed_two_others_than_the_proposer_said_yes_with_their_own_keys(records: list[Signed]) -> None:
    found = judge(POLICY, statement(), records, NOW)
    honest = [s for s in records if POLICY.owner(s.key) == s.record.person and s.record.statement == statement()]
    said = {d: {s.record.person for s in honest if s.record.decision == d} for d in ("propose", "approve", "reject")}
    if found.approved:
        assert len(said["approve"] - said["propose"]) >= 2 or len(said["approve"]) >= 3
        assert said["propose"]


@given(st.lists(votes(), max_size=6), votes())
def test_a_no_more_never_approves(records: list[Signed], no: Signed) -> None:
    no = replace(no, record=replace(no.record, decision="reject", statement=statement()))
    if not judge(POLICY, statement(), records, NOW).approved:
        assert not judge(POLICY, statement(), [*records, no], NOW).approved


@given(STATEMENTS, TEXTS)
def test_a_record_is_read_as_it_was_written(about: Statement, reason: str) -> None:
    record = says("alice", about=about, reason=reason).record
    assert read(record.text) == record


@given(
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 3), max_size=3),
    st.dictionaries(st.sampled_from("uvwxyz"), st.sets(st.sampled_from("abc")), max_size=6),
)
def test_as_many_seats_are_filled_as_can_be(wanted: dict[str, int], people: dict[str, set[str]]) -> None:
    """By Hall's theorem: for each choice of roles, the seats that nobody can fill are those beyond their people."""
    empty = sum(empty_seats(wanted, people).values())
    worst = 0
    for mask in range(8):
        roles = {role for at, role in enumerate("abc") if mask >> at & 1}
        fitting = sum(bool(own & roles) for own in people.values())
        worst = max(worst, sum(wanted.get(role, 0) for role in roles) - fitting)
    assert empty == worst
