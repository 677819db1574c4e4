"""The journal: a line for each step, for people."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.adapters.journal import Journal
from reconciler.errors import ReconcileError


def test_each_entry_is_one_line_with_site_and_commit(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "usdf", "abc")
    journal.write({"step": "one"})
    journal.write({"step": "two\nlines"})
    (file,) = (tmp_path / "journal").iterdir()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(line["site"], line["commit"], line["step"]) for line in lines] == [
        ("usdf", "abc", "one"),
        ("usdf", "abc", "two\nlines"),
    ]


def test_a_journal_that_was_deleted_begins_anew(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "usdf", "abc")
    journal.write({})
    next((tmp_path / "journal").iterdir()).unlink()
    journal.write({})
    assert len(list((tmp_path / "journal").iterdir())) == 1


def test_an_unwritable_journal_says_why_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("in the way")
    with pytest.raises(ReconcileError, match=r"cannot be written: (.|\n)*`work:`"):
        Journal(tmp_path, "usdf", "abc").write({})
