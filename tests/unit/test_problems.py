"""Problems as lines: one for each, whatever the file holds."""

from __future__ import annotations

from reconciler.spec.problems import Problem


def test_a_problem_is_one_line_that_shows_every_character() -> None:
    problem = Problem("specs/a\nb.yaml", 1, 2, "curated-file", "error", "\x1b[2Ja\u202eb does not exist", "a file", "é")
    line = "specs/a\\nb.yaml:1:2: error[curated-file]: \\x1b[2Ja\\u202eb does not exist; expected a file"
    assert str(problem) == f"{line}; did you mean 'é'?"
