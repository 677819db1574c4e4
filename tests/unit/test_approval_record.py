"""Records: exactly one text for each, and nothing else is read."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.approval.record import MAX_BYTES, NoRecord, read
from reconciler.approval.seats import empty_seats
from tests.board import says, statement

RECORD = says("alice", reason="as measured: 1.2 é").record


def test_what_is_written_is_read() -> None:
    assert read(RECORD.text) == RECORD


def test_a_record_stands_below_its_subject_and_says_what_and_who() -> None:
    digest = statement().digest.removeprefix("sha256:")[:16]
    assert RECORD.path == f"approvals/Cam/calib/DM-1/adopt.{digest}.alice.approve.json"


def test_the_text_is_ascii_with_a_line_for_each_field() -> None:
    assert RECORD.text.isascii()
    assert b'\n "person": "alice",\n' in RECORD.text


@pytest.mark.parametrize(
    "change",
    [
        {"reconcile": 2},
        {"decision": "maybe"},
        {"person": "Alice"},
        {"person": "\u0430lice"},
        {"person": ["alice"]},
        {"signed": "2026-05-31"},
        {"signed": 5},
        {"reason": None},
        {"statement": {}},
        {"statement": {**json.loads(RECORD.text)["statement"], "parts": {"bias": 1}}},
        {"statement": {**json.loads(RECORD.text)["statement"], "extra": "x"}},
        {"extra": "x"},
        {"reason": "fine\x1b[2K\rinnocent"},
        {"reason": "\u202enoisy"},
        {"statement": {**json.loads(RECORD.text)["statement"], "subject": "../../.ssh/authorized_keys"}},
        {"statement": {**json.loads(RECORD.text)["statement"], "subject": "/etc/passwd"}},
        {"statement": {**json.loads(RECORD.text)["statement"], "subject": "a//b"}},
        {"statement": {**json.loads(RECORD.text)["statement"], "verb": "steal"}},
        {"statement": {**json.loads(RECORD.text)["statement"], "parts": {"bias": "sha256:1\n  order: a"}}},
    ],
)
def test_what_is_no_record_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(NoRecord, match="not"):
        read(json.dumps({**json.loads(RECORD.text), **change}, sort_keys=True, indent=1).encode() + b"\n")


@pytest.mark.parametrize("subject", ["specs/.hidden.yaml", ".github", "Cam/calib/DM-1..x", "a.b/c+d"])
def test_an_unusual_subject_is_one(subject: str) -> None:
    record = says("alice", about=statement(subject=subject)).record
    assert read(record.text) == record


def test_the_same_values_in_another_text_are_refused() -> None:
    with pytest.raises(NoRecord, match="canonical"):
        read(json.dumps(json.loads(RECORD.text)).encode())


def test_a_key_that_is_given_twice_is_refused() -> None:
    twice = RECORD.text.replace(b'"person": "alice"', b'"person": "mallory",\n "person": "alice"')
    with pytest.raises(NoRecord, match="canonical"):
        read(twice)


@pytest.mark.parametrize("text", [b"[" * 100_000, b"x" * (MAX_BYTES + 1), b"\xff", b"", b"null", b"1e999", b'"a"'])
def test_hostile_texts_are_no_records(text: bytes) -> None:
    with pytest.raises(NoRecord):
        read(text)


@given(st.binary(max_size=200))
def test_any_bytes_are_no_record(text: bytes) -> None:
    with pytest.raises(NoRecord):
        read(text)


@given(st.integers(0, len(RECORD.text) - 1), st.integers(0, 255))
def test_any_other_byte_is_another_record_or_none(at: int, byte: int) -> None:
    text = RECORD.text[:at] + bytes([byte]) + RECORD.text[at + 1 :]
    with suppress(NoRecord):
        assert read(text).text == text


def test_somebody_moves_to_another_seat_so_that_all_can_sit() -> None:
    people = {"alice": ("board", "operator"), "bob": ("board",)}
    assert empty_seats({"board": 1, "operator": 1}, people) == {}


def test_seats_that_stay_empty_are_counted_by_role() -> None:
    assert empty_seats({"board": 3, "operator": 1}, {"alice": ("board",)}) == {"board": 2, "operator": 1}
