"""kill -9 at any moment of an apply on a real repository: the next apply finishes, and nothing is there twice."""

from __future__ import annotations

import random
import re
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import playground
from tests.crash import child
from tests.playground import PRODUCTS, Playground

PUSH, ALL = 5, 50
"""Worlds in the push tier, and all; each is killed twice, the second time while it resumes."""
APPLY = ("apply", "--auto-approve")


@dataclass(frozen=True)
class Left:
    """What an apply left, with the times in the names of RUNs made equal.

    Logs are not counted: a quantum that died after its outputs and before its log is complete for the middleware.
    """

    datasets: Counter[str]
    collections: dict[str, str]
    chains: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Whole:
    """An apply that nobody disturbed: how long it took and what it left."""

    seconds: float
    left: Left


@pytest.fixture(scope="module")
def whole(locked_world: Playground, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("whole")
    child.duration(locked_world.copy(folder / "warm").root, *APPLY)
    world = locked_world.copy(folder / "world")
    return Whole(child.duration(world.root, *APPLY), left(world))


def moments() -> list[object]:
    """Return two moments for each world: a fraction of a whole apply, spread evenly, and one of what is left then."""
    draw = random.Random(20250207)
    drawn = [((number + draw.random()) / ALL, draw.random()) for number in range(ALL)]
    pushed = drawn[ALL // PUSH // 2 :: ALL // PUSH]
    return [
        pytest.param(*pair, bool(n % 2), id=f"{pair[0]:.2f}-{pair[1]:.2f}", marks=() if pair in pushed else LONG)
        for n, pair in enumerate(sorted(drawn, key=lambda pair: pair not in pushed))
    ]


LONG = pytest.mark.long


@pytest.mark.parametrize(("first", "second", "journal_lost"), moments())
def test_after_kills_the_next_apply_finishes_and_nothing_is_there_twice(
    locked_world: Playground, whole: Whole, tmp_path: Path, first: float, second: float, journal_lost: bool
) -> None:
    world = killed(locked_world, tmp_path / "once", whole.seconds * first)
    _lose_journal(world, journal_lost)
    world = killed(world, tmp_path / "twice", whole.seconds * (0.1 + (1 - first) * second))
    _lose_journal(world, not journal_lost)
    with world.butler() as butler:
        certified, sealed = playground.certifications(butler), playground.sealed(butler)
        playground.everything_readable(butler)

    assert (said := world.apply()).code == 0, said.text
    assert "Nothing to do" in world.plan()
    assert left(world) == whole.left
    with world.butler() as butler:
        assert all(len(playground.runs_of(butler, product)) == 1 for product in PRODUCTS)
        now = playground.certifications(butler)
        assert all(set(rows) <= set(now[collection]) for collection, rows in certified.items())
        assert sealed.items() <= playground.sealed(butler).items()
        playground.everything_readable(butler)


def killed(before: Playground, folder: Path, seconds: float) -> Playground:
    """Return a copy of a world in which an apply was killed after so long; sooner, if it had ended by then."""
    for attempt in range(10):
        world = before.copy(folder / f"world{attempt}")
        if child.kill(world.root, seconds * 0.7**attempt, *APPLY):
            return world
    raise AssertionError("no apply lived long enough to be killed")


def _lose_journal(world: Playground, lost: bool) -> None:
    """Remove the whole work directory, journal and submissions."""
    if lost:
        shutil.rmtree(world.root / ".reconcile", ignore_errors=True)


def left(world: Playground) -> Left:
    with world.butler() as butler:
        kinds = {_without_time(name): kind for name, (kind, _) in playground.kinds(butler).items()}
        chains = {_without_time(name): tuple(map(_without_time, m)) for name, m in playground.chains(butler).items()}
        counted = playground.datasets(butler)
    return Left(Counter({t: n for t, n in counted.items() if not t.endswith("_log")}), kinds, chains)


def _without_time(collection: str) -> str:
    return re.sub(r"\d{8}T\d{6}Z", "<time>", collection)
