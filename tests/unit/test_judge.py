"""The judgement: who counts, who does not, and what is said to whoever waits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.approval.judge import Judgement, judge
from reconciler.approval.record import Signed
from reconciler.approval.statement import Statement
from tests.board import NOW, key_entry, person, policy, policy_values, rule, says, statement

PROPOSED = says("dave", "propose", days_ago=2)
TWO = (PROPOSED, says("alice"), says("bob"))


def judged(*records: Signed, about: Statement | None = None, **changes: object) -> Judgement:
    return judge(policy(**changes), about or statement(), records, NOW)


def missing(*records: Signed, about: Statement | None = None, **changes: object) -> str:
    found = judged(*records, about=about, **changes)
    assert not found.approved
    return "\n".join(found.missing)


def parts(**changes: str) -> Statement:
    return statement(parts={**statement().parts, **changes})


def test_a_proposal_and_two_others_are_enough() -> None:
    assert judged(*TWO) == Judgement(statement(), ("alice", "bob"))


def test_one_approval_too_few_tells_which_role_and_who_said_yes() -> None:
    assert missing(PROPOSED, says("alice")) == "1 approval by board of 2 missing (alice said yes)"


def test_nobody_at_all() -> None:
    assert missing() == "nobody has signed the proposal\n2 approvals by board of 2 missing (nobody has said yes)"


def test_the_proposer_does_not_approve() -> None:
    assert "dave proposed it, and nobody approves a proposal of one's own" in missing(
        PROPOSED, says("alice"), says("dave")
    )


def test_that_the_proposer_approved_too_harms_nothing() -> None:
    assert judged(*TWO, says("dave")).approved


def test_without_a_signed_proposal_nobody_knows_whom_to_exclude() -> None:
    assert missing(says("alice"), says("bob")) == "nobody has signed the proposal"


def test_where_the_policy_allows_it_the_proposer_counts() -> None:
    rules = [rule("adopt", approvals={"board": 2}, proposer="allowed"), *policy_values()["rules"][1:]]
    assert judged(says("alice"), says("bob"), rules=rules).approved


def test_one_person_with_two_keys_is_one_person() -> None:
    people = policy_values()["people"] | {
        "alice": person("alice", "board", keys=[key_entry("alice"), key_entry("alice-2")])
    }
    assert "1 approval by board of 2 missing" in missing(
        PROPOSED, says("alice"), says("alice", by="alice-2", days_ago=0.5), people=people
    )


def test_somebody_elses_key_is_not_mine() -> None:
    assert "the approval by bob of 2026-05-31 12:00 UTC does not count: it is signed with the key SHA256:" in (
        told := missing(PROPOSED, says("alice"), says("bob", by="carol"))
    )
    assert "of carol" in told


def test_a_key_that_the_policy_does_not_know_counts_for_nothing() -> None:
    assert "that the policy does not know" in missing(PROPOSED, says("alice"), says("bob", by="mallory"))


def test_somebody_whom_the_policy_does_not_know_counts_for_nothing() -> None:
    assert "the policy knows nobody called mallory" in missing(PROPOSED, says("alice"), says("mallory"))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"until": "2026-05-30T00:00:00"}, "expired at 2026-05-30T00:00:00"),
        ({"until": "2026-06-01T00:00:00"}, "expired at 2026-06-01T00:00:00"),
        ({"from": "2026-05-31T13:00:00"}, "counts from 2026-05-31T13:00:00 only"),
        ({"revoked": "2026-05-30T00:00:00"}, "is revoked since 2026-05-30T00:00:00"),
        ({"revoked": "2026-06-01T00:00:00"}, "has been revoked since; sign again with another"),
    ],
)
def test_a_key_counts_while_it_is_valid(changes: dict[str, str], reason: str) -> None:
    people = policy_values()["people"] | {"bob": person("bob", "board", keys=[key_entry("bob", **changes)])}
    assert reason in missing(*TWO, people=people)


def test_a_signature_that_is_dated_back_to_when_its_key_was_valid_does_not_count() -> None:
    people = policy_values()["people"] | {
        "bob": person("bob", "board", keys=[key_entry("bob", until="2026-05-30T00:00:00")])
    }
    assert "expired" in missing(PROPOSED, says("alice"), says("bob", days_ago=10), people=people)


def test_a_signature_of_tomorrow_does_not_count() -> None:
    assert "which is still to come" in missing(PROPOSED, says("alice"), says("bob", days_ago=-1))


def test_an_old_approval_has_to_be_given_again() -> None:
    assert "bob signed 100 days ago; an approval counts for 90" in missing(
        PROPOSED, says("alice"), says("bob", days_ago=100)
    )


def test_what_is_bound_and_changes_makes_an_approval_void_and_is_named() -> None:
    changed = parts(**{"bias of biasGen.20250207a": "sha256:9"})
    assert "the approval by bob of 2026-05-31 12:00 UTC does not count: bias of biasGen.20250207a changed" in missing(
        *TWO, about=changed
    )


def test_a_part_that_came_or_went_is_named_too() -> None:
    assert "dark was not there when it was signed" in missing(*TWO, about=parts(dark="sha256:7"))
    fewer = statement(parts={"order": "a, b"})
    assert "files of biasGen.20250207a is not there any more" in missing(*TWO, about=fewer)


def test_words_that_are_bound_are_shown_as_they_were_and_are() -> None:
    assert "order changed from a, b to b, a" in missing(*TWO, about=parts(order="b, a"))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"site": "summit/main"}, "it is for the place usdf/main, not summit/main"),
        ({"root": "b" * 40}, "it is for another repository"),
        ({"scope": ("specs/Cam/DM-2.yaml", "Cam/calib/DM-1")}, "it is asked for by specs/Cam/DM-2.yaml"),
    ],
)
def test_an_approval_for_elsewhere_is_not_one_for_here(changes: dict[str, object], reason: str) -> None:
    assert reason in missing(*TWO, about=statement(**changes))


@pytest.mark.parametrize("changes", [{"verb": "retract"}, {"subject": "Cam/calib/DM-2"}])
def test_an_approval_of_another_verb_or_subject_says_nothing_here(changes: dict[str, object]) -> None:
    assert "nobody has said yes" in missing(*TWO, about=statement(**changes))


def test_a_rejection_holds_against_any_number_of_approvals_and_tells_why() -> None:
    no = says("carol", "reject", reason="detector 3 is noisy")
    assert missing(*TWO, no) == "carol rejected it: detector 3 is noisy"


def test_a_rejection_by_somebody_without_a_say_holds_nothing_up() -> None:
    people = policy_values()["people"] | {"carol": person("carol", "guest")}
    assert judged(*TWO, says("carol", "reject", reason="no"), people=people).approved


def test_who_takes_a_rejection_back_lets_it_pass() -> None:
    no, back = says("carol", "reject", days_ago=1), says("carol", "withdraw", days_ago=0.5)
    assert judged(*TWO, no, back).approved


def test_a_withdrawn_approval_does_not_count() -> None:
    told = missing(*TWO, says("bob", "withdraw", days_ago=0.5))
    assert "the approval by bob of 2026-05-31 12:00 UTC was withdrawn" in told


def test_after_a_withdrawal_one_may_approve_again() -> None:
    assert judged(*TWO, says("bob", "withdraw", days_ago=0.5), says("bob", days_ago=0.25)).approved


def test_another_copy_of_a_withdrawn_approval_does_not_bring_it_back() -> None:
    copy = says("bob", days_ago=0.9)
    assert "was withdrawn" in missing(*TWO, copy, says("bob", "withdraw", days_ago=0.5))


def test_a_withdrawal_reaches_what_was_signed_of_other_contents_too() -> None:
    later = says("bob", "withdraw", parts(order="b, a"), days_ago=0.5)
    assert "was withdrawn" in missing(*TWO, later)


def test_a_withdrawal_by_somebody_else_takes_nothing_back() -> None:
    assert judged(*TWO, says("bob", "withdraw", by="mallory", days_ago=0.5)).approved


def test_a_withdrawal_outlives_the_key_it_was_signed_with() -> None:
    no = replace(says("bob", "withdraw", by="mallory", days_ago=0.5), owner="bob")
    assert "was withdrawn" in missing(*TWO, no)


RETRACT = statement(verb="retract", parts={"order": "b"})


def test_a_later_yes_to_something_else_overtakes_an_earlier_one() -> None:
    told = missing(*TWO, says("carol", "approve", RETRACT, days_ago=0.5))
    assert (
        "the approval by bob of 2026-05-31 12:00 UTC was overtaken when carol approved to retract Cam/calib/DM-1"
        in told
    )


def test_an_earlier_yes_to_something_else_does_not() -> None:
    assert judged(*TWO, says("carol", "approve", RETRACT, days_ago=3)).approved


def test_a_yes_that_was_deleted_since_still_overtakes() -> None:
    later = says("carol", "approve", RETRACT, days_ago=0.5)
    assert not judge(policy(), statement(), TWO, NOW, past=(later,)).approved


def test_a_yes_about_another_collection_or_by_somebody_without_a_say_does_not_overtake() -> None:
    other = replace(RETRACT, subject="Cam/calib/DM-2")
    people = policy_values()["people"] | {"carol": person("carol", "guest")}
    assert judged(*TWO, says("carol", "approve", other, days_ago=0.5)).approved
    assert judged(*TWO, says("carol", "approve", RETRACT, days_ago=0.5), people=people).approved


def test_without_a_rule_nothing_is_allowed() -> None:
    assert missing(*TWO, about=statement(verb="deploy")) == (
        "no rule of the policy says who may deploy specs/Cam/DM-1.yaml, Cam/calib/DM-1, Cam/calib"
    )


def test_every_rule_that_fits_must_be_satisfied() -> None:
    strict = {**rule("adopt", approvals={"board": 3}), "where": ["Cam/calib*"]}
    rules = [*policy_values()["rules"], strict]
    assert "1 approval by board of 3 missing" in missing(*TWO, rules=rules)
    other = statement(scope=("specs/Dog/DM-1.yaml", "Dog/calib/DM-1"))
    records = [replace(one, record=replace(one.record, statement=other)) for one in TWO]
    assert judged(*records, about=other, rules=rules).approved


def test_one_person_fills_one_seat_whatever_the_roles() -> None:
    people = policy_values()["people"] | {
        "alice": person("alice", "board", "operator"),
        "eve": person("eve", "operator"),
    }
    rules = [rule("adopt", approvals={"board": 1, "operator": 1}), *policy_values()["rules"][1:]]
    assert "1 approval by" in missing(PROPOSED, says("alice"), people=people, rules=rules)
    assert judged(PROPOSED, says("alice"), says("bob"), people=people, rules=rules).approved


@given(st.permutations(TWO))
def test_the_order_of_records_says_nothing(records: list[Signed]) -> None:
    assert judged(*records).approved
