"""kill -9 at any moment of an apply on a real repository: the next apply finishes, and nothing is there twice."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.crash import child
from tests.crash.wholeness import Left, is_whole, left, lose_journal, reached
from tests.playground import Playground

PUSH, ALL = 5, 50
"""Worlds in the push tier, and all; each is killed twice, the second time while it resumes."""
APPLY = ("apply", "--auto-approve")


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
    if journal_lost:
        lose_journal(world)
    world = killed(world, tmp_path / "twice", whole.seconds * (0.1 + (1 - first) * second))
    if not journal_lost:
        lose_journal(world)
    before = reached(world)
    assert (said := world.apply()).code == 0, said.text
    is_whole(world, whole.left, before)


def killed(before: Playground, folder: Path, seconds: float) -> Playground:
    """Return a copy of a world in which an apply was killed after so long; sooner, if it had ended by then."""
    for attempt in range(20):
        world = before.copy(folder / f"world{attempt}")
        if child.kill(world.root, seconds * 0.7**attempt, *APPLY):
            return world
    raise AssertionError("no apply lived long enough to be killed")
