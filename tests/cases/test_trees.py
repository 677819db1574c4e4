"""Whole trees of ten to fifteen tickets, as irregular as real ones: what they give, what a plan does, what is odd.

A case is a directory with the documents of a tree (`specs/`, `sites/`; the catalog is the project's own), what the
repository holds (`repository.yaml`, see `tests.trees`), and what is said of it: `calendar.txt` (each chain as seen and
after the plan), `plan.txt`, `lint.txt` (specs alone, then the site) and `picture.txt` (what is drawn). Run with
ACCEPT=1 to rewrite these, and review the difference.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.adapters.memory import MemoryRepository
from reconciler.adapters.memory_executor import MemoryExecutor
from reconciler.apply import apply
from reconciler.cli.session import Sight
from reconciler.dataid import data_id
from reconciler.jobs import Job
from reconciler.render.lanes import Chart, View, text
from reconciler.spec.check import check
from reconciler.spec.load import load_tree
from reconciler.steps import World
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
        for name, content in said.items():
            (case / name).write_text(content)
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


@each_tree
def test_what_was_drawn_after_the_plan_is_what_is_seen_once_it_is_applied(case: Path, tmp_path: Path) -> None:
    repository, root = in_this_process(case), laid(case, tmp_path)
    announced = as_seen(charts(opened(root, repository)), "after the plan")
    assert announced != as_seen(charts(opened(root, repository)), "as seen")
    apply_all(opened(root, repository), repository, root)
    assert as_seen(charts(opened(root, repository)), "as seen") == announced


def as_seen(drawn: tuple[Chart, ...], view: View) -> list[str]:
    """Return one view of each chart in words, as if it were what is seen now."""
    return [
        text(replace(chart, panels=tuple(replace(one, view="as seen") for one in chart.panels if one.view == view)))
        for chart in drawn
    ]


def apply_all(sight: Sight, repository: MemoryRepository, root: Path) -> None:
    """Apply the whole plan, as a site does that asks nobody."""
    facts = replace(sight.facts, trust="none")
    (instrument,) = (one.document.instrument for one in sight.tree.catalogs)

    def outputs(job: Job) -> dict[str, dict[str, str]]:
        product = job.leaf.rsplit("/", 1)[1].split("Gen.")[0]
        ids = (data_id({"instrument": instrument, "detector": one}) for one in repository.store.detectors)
        return {product: dict.fromkeys(ids, "")}

    world = World({PLACE: repository}, MemoryExecutor({PLACE: repository.store}, outputs), root / "work", "here")
    plan = sight.plan(sight.look())
    results = list(apply([one.step for one in plan.steps], world, sight.want, facts))
    assert {one.outcome.word for one in results} == {"done"}, [one for one in results if one.outcome.word != "done"]
