"""The trees of `cases/trees` in real Butler repositories: what is golden there is what Butler itself answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.adapters.butler import ButlerRepository
from reconciler.dataid import data_id, parse
from reconciler.observation import Scope, lift, shelves
from reconciler.resolve import Calendar, Straddles, seams
from tests import butler_trees
from tests.contract.random_worlds import Answer, Oracle
from tests.tree_cases import PLACE, TREES, laid, opened, texts
from tests.trees import Held, held

Asked = tuple[str, int, int]
"""Dataset type, exposure, detector."""


@pytest.fixture(params=TREES, ids=lambda path: path.name)
def case(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


@pytest.fixture
def tree(case: Path) -> Held:
    return held(case / "repository.yaml")


@pytest.fixture
def repository(tree: Held, tmp_path: Path) -> Iterator[ButlerRepository]:
    found = ButlerRepository(PLACE, str(butler_trees.make(tmp_path / "repository", tree)))
    yield found
    found.close()


def test_what_is_said_of_a_tree_is_said_over_butler_too(
    case: Path, repository: ButlerRepository, tmp_path: Path
) -> None:
    said = texts(opened(laid(case, tmp_path / "checkout"), repository))
    assert said == {name: (case / name).read_text() for name in said}


def test_the_calendar_of_a_tree_says_what_butler_does(tree: Held, repository: ButlerRepository, tmp_path: Path) -> None:
    for chain in (name for name in tree.chains if name.endswith("/calib")):
        theirs = dict(butler_answers(tree, chain, tmp_path / "repository"))
        ours = dict(calendar_answers(tree, chain, repository, theirs))
        assert {asked: (ours[asked], found) for asked, found in theirs.items() if ours[asked] != found} == {}
        assert len(theirs) > 400
        assert len({frozenset(found) for found in theirs.values()}) >= 20


def dimensions(tree: Held) -> dict[str, frozenset[str]]:
    return {one.dataset_type: frozenset(parse(one.data_id)) for one in tree.datasets}


def butler_answers(tree: Held, chain: str, root: Path) -> Iterator[tuple[Asked, set[Answer]]]:
    """Ask Butler what it gives every exposure through a chain, at detectors where one set takes over from another."""
    from lsst.daf.butler import Butler

    with Butler.from_config(str(root)) as butler:
        oracle = Oracle(butler, [chain], tree.instrument)
        for dataset_type in dimensions(tree):
            for question, found in oracle.join(dataset_type, tree.exposures, tree.edges):
                yield (dataset_type, question.exposure.id, question.detector), found


def calendar_answers(
    tree: Held, chain: str, repository: ButlerRepository, questions: dict[Asked, set[Answer]]
) -> Iterator[tuple[Asked, set[Answer]]]:
    wanted = dimensions(tree)
    seen = repository.observe(Scope(None, frozenset(wanted)))
    state, taken = lift(seen), {one.id: one for one in tree.exposures}
    calendar = Calendar(state, PLACE, [chain], shelves(seen), seams=seams(state, seen))
    for asked in questions:
        dataset_type, exposure, detector = asked
        whole = {
            "instrument": tree.instrument,
            "detector": detector,
            "physical_filter": taken[exposure].physical_filter,
        }
        own = data_id({name: value for name, value in whole.items() if name in wanted[dataset_type]})
        try:
            found = calendar.lookup(dataset_type, own, taken[exposure].validity)
        except Straddles:
            yield asked, set()
        else:
            yield asked, {found.name if found else None}
