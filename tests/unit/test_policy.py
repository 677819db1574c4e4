"""Policies: what can be told apart, what can be satisfied, and nothing that ssh-keygen would read otherwise."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.spec.documents import POLICY
from reconciler.spec.documents.policy import Window
from reconciler.spec.load import parse
from reconciler.spec.lookalikes import alike
from reconciler.spec.source import Source
from tests.board import PEOPLE, key, key_entry, person, policy_values, rule


def problems(**changes: Any) -> str:
    document, found = parse(Source(POLICY, yaml.safe_dump(policy_values(**changes))))
    assert (document is None) == bool(found)
    return "\n".join(problem.message for problem in found)


def people(**changes: Any) -> dict[str, Any]:
    return {"people": {**policy_values()["people"], **changes}}


def of_key(text: str) -> dict[str, Any]:
    return people(bob=person("bob", "board", keys=[key_entry("bob", key=text)]))


def test_a_policy_is_a_document() -> None:
    assert problems() == ""


@pytest.mark.parametrize("name", ["\u0430lice", "Alice", "al ice", "1alice", "alice\n", "a" * 41, "aliсe"])
def test_people_have_plain_names(name: str) -> None:
    assert "is no name for people" in problems(**people(**{name: person("eve")}))


@pytest.mark.parametrize("name", ["a1ice", "alicc", "aiice", "a-lice"])
def test_people_whose_names_look_alike_are_refused(name: str) -> None:
    found = problems(**people(**{name: person("eve")}))
    assert ("look alike" in found) == (name != "alicc")


def test_people_who_are_called_alike_in_another_script_are_refused() -> None:
    eve = {**person("eve"), "name": "\u0410lice Ecila"}
    assert "look alike" in problems(**people(eve=eve))


def test_two_people_are_not_called_the_same() -> None:
    assert "two people have the same name" in problems(**people(eve={**person("eve"), "name": "Alice Ecila"}))


def test_names_are_composed() -> None:
    assert "composed form" in problems(**people(eve={**person("eve"), "name": "Rene\u0301"}))


def test_a_key_belongs_to_one_person() -> None:
    assert "is given twice" in problems(**people(eve=person("eve", keys=[key_entry("alice")])))


@pytest.mark.parametrize(
    "text",
    [
        f"{key('bob')} bob@example.org",
        f"cert-authority {key('bob')}",
        f"{key('bob')}\n* {key('mallory')}",
        f"{key('bob')}\nmallory",
        key("bob").replace("ssh-ed25519", "ssh-rsa"),
        key("bob").replace("ssh-ed25519", "ecdsa-sha2-nistp256"),
        "ssh-ed25519 AAAA",
        "ssh-ed25519 A===",
        "ssh-ed25519",
        "",
    ],
)
def test_a_key_is_one_bare_public_key_of_a_kind_that_counts(text: str) -> None:
    assert "public key" in problems(**of_key(text))


def test_a_key_ends_after_it_begins() -> None:
    keys = [key_entry("bob", until="2025-01-01T00:00:00")]
    assert "not after it begins" in problems(**people(bob=person("bob", "board", keys=keys)))


def test_every_key_ends() -> None:
    entry = key_entry("bob")
    del entry["until"]
    assert "the field 'until' is missing" in problems(**people(bob=person("bob", "board", keys=[entry])))


def test_a_rule_asks_for_no_more_people_than_there_are() -> None:
    rules = [*policy_values()["rules"], rule("adopt", approvals={"board": 5})]
    assert f"5 people of role 'board', and there are {len(PEOPLE)}" in problems(rules=rules)


@pytest.mark.parametrize("approvals", [{}, {"board": 0}])
def test_somebody_must_say_yes_to_a_new_policy(approvals: dict[str, int]) -> None:
    assert "who may change the policy" in problems(rules=[rule("policy", approvals=approvals)])


def test_a_rule_about_policies_elsewhere_does_not_protect_this_one() -> None:
    elsewhere = {**rule("policy", approvals={"board": 2}), "where": ["specs/other.yaml"]}
    assert "who may change the policy" in problems(rules=[elsewhere, rule("policy", approvals={})])


@pytest.mark.parametrize(
    ("text", "inside"),
    [("2026-06-01T09:00", True), ("2026-06-01T17:00", False), ("2026-06-01T08:59", False), ("2026-06-02T12:00", False)],
)
def test_a_window_holds_its_hours_of_its_days(text: str, inside: bool) -> None:
    window = Window(days=("monday",), begin="09:00", end="17:00")
    assert window.holds(datetime.fromisoformat(text).replace(tzinfo=UTC)) is inside


def test_a_window_does_not_go_over_midnight() -> None:
    windows = {"summit": [{"days": ["monday"], "begin": "22:00", "end": "04:00"}]}
    assert "one over midnight is two" in problems(windows=windows)


@pytest.mark.parametrize(("one", "other"), [("mallory", "rnallory"), ("bob", "b0b"), ("René", "Rene")])
def test_what_a_quick_reader_takes_for_each_other_is_alike(one: str, other: str) -> None:
    assert list(alike([one, other])) == [(one, other)]


TEXT = yaml.safe_dump(policy_values())


@given(
    st.integers(0, len(TEXT)),
    st.integers(0, 30),
    st.sampled_from(["", "x", "\n", "  ", "[", "'", ": ", "010", "no", "é", "- ", "\u202e", "board"]),
)
def test_any_slip_in_a_policy_is_a_document_or_a_problem(at: int, cut: int, new: str) -> None:
    document, found = parse(Source(POLICY, TEXT[:at] + new + TEXT[at + cut :]))
    assert document is not None or found


def test_a_site_is_observed_by_a_role_that_somebody_has() -> None:
    assert problems(observers={"usdf": "board"}) == ""
    assert "the snapshots of usdf are signed by the role 'machine', which nobody has" in problems(
        observers={"usdf": "machine"}
    )
