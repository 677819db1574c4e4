"""Whole trees of ten to fifteen tickets, as irregular as real ones: what they give, what a plan does, what is odd.

A case is a directory with the documents of a tree (`specs/`, `sites/`; the catalog is the project's own), what the
repository holds (`repository.yaml`, see `tests.trees`), and what is said of it: `calendar.txt` (each chain as seen and
after the plan), `plan.txt`, `lint.txt` (specs alone, then the site) and `picture.txt` (what is drawn). Run with
ACCEPT=1 to rewrite these, and review the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.adapters.memory import MemoryRepository
from reconciler.spec.check import check
from reconciler.spec.load import load_tree
from tests.drawn import alike_in_grey, unreadable
from tests.tree_cases import PLACE, TREES, charts, laid, opened, texts
from tests.trees import held, in_memory

each_tree = pytest.mark.parametrize("case", TREES, ids=lambda path: path.name)


def in_this_process(case: Path) -> MemoryRepository:
    return MemoryRepository(PLACE, in_memory(held(case / "repository.yaml")))


@each_tree
def test_a_tree_reads_as_a_scientist_would_tell_it(case: Path, tmp_path: Path) -> None:
    said = texts(opened(laid(case, tmp_path), in_this_process(case)))
    if os.environ.get("ACCEPT"):
        for name, text in said.items():
            (case / name).write_text(text)
    assert said == {name: (case / name).read_text() for name in said}


@each_tree
def test_the_documents_of_a_tree_are_valid(case: Path, tmp_path: Path) -> None:
    assert [one for one in check(load_tree(laid(case, tmp_path))) if one.severity == "error"] == []


@each_tree
def test_a_tree_has_ten_to_fifteen_tickets(case: Path, tmp_path: Path) -> None:
    (public, *_) = charts(opened(laid(case, tmp_path), in_this_process(case)))
    assert 10 <= len(public.tickets) <= 15


@each_tree
def test_every_text_of_a_picture_can_be_read_and_every_ticket_told_apart_in_grey(case: Path, tmp_path: Path) -> None:
    for chart in charts(opened(laid(case, tmp_path), in_this_process(case))):
        assert unreadable(chart) == []
        assert alike_in_grey(chart) == []
