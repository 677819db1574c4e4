"""The journal: a line for each step, for people."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.adapters.journal import Journal, read
from reconciler.errors import ReconcileError

ENTRY = {"step": "one", "place": "usdf/main", "outcome": "done"}


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


def test_all_lines_of_an_apply_say_which_it_was(tmp_path: Path) -> None:
    first, second = Journal(tmp_path, "usdf", "abc"), Journal(tmp_path, "usdf", "abc")
    for journal in (first, first, second):
        journal.write(ENTRY)
    told = read(tmp_path)
    assert told.exists
    assert told.faults == ()
    applies = [line["apply"] for line in told.lines]
    assert applies[0] == applies[1] != applies[2]
    assert all(isinstance(line["by"], str) for line in told.lines)


def test_a_journal_that_is_not_there_tells_nothing_and_says_so(tmp_path: Path) -> None:
    assert read(tmp_path) == ((), (), False)


@pytest.mark.parametrize(
    "damage", ["{", "[]", "null", '{"at": "2026-06-01T00:00:00+00:00"}', "\xff\xfe", "[" * 100_000]
)
def test_a_damaged_line_is_named_and_the_others_are_told(tmp_path: Path, damage: str) -> None:
    journal = Journal(tmp_path, "usdf", "abc")
    journal.write(ENTRY)
    (file,) = (tmp_path / "journal").iterdir()
    file.write_bytes(damage.encode("latin-1") + b"\n" + file.read_bytes())
    told = read(tmp_path)
    assert len(told.lines) == 1
    (fault,) = told.faults
    assert f"{file}:1 is damaged" in fault


@pytest.mark.parametrize("at", ["yesterday", "2026-06-01T00:00:00"])
def test_a_line_without_a_moment_is_damaged(tmp_path: Path, at: str) -> None:
    (tmp_path / "journal").mkdir()
    line = {"at": at, "site": "usdf", "commit": "abc", **ENTRY}
    (tmp_path / "journal" / "2026-06.jsonl").write_text(json.dumps(line))
    assert len(read(tmp_path).faults) == 1


def test_a_line_that_a_kill_cut_short_takes_no_other_along(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "usdf", "abc")
    journal.write(ENTRY)
    (file,) = (tmp_path / "journal").iterdir()
    file.write_bytes(file.read_bytes() + file.read_bytes()[:40])
    told = read(tmp_path)
    assert (len(told.lines), len(told.faults)) == (1, 1)
    journal.write(ENTRY)
    assert [len(told) for told in read(tmp_path)[:2]] == [2, 1]
