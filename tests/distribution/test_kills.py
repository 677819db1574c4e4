"""kill -9 while sets are published and fetched, at any call of a port and at any moment: the next apply finishes.

Then every file is what its manifest promises, everything at the other site is as if nobody had been killed, and what
belongs to others is as it was.
"""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from reconciler.adapters.archive.backing import Backing, Unfinished
from reconciler.ports import Arrivals, Repository, Store
from tests.distribution.kept import Kept, kept, objects, promised
from tests.distribution.operators import boundaries, dies_after, dies_at, seconds_of_work
from tests.distribution.two_sites import EMBARGO, MAIN, SUMMIT, Made, TwoSites
from tests.fuse import CARRYING, methods

PLACES = {"usdf": (MAIN, EMBARGO), "summit": (SUMMIT,)}
PUSH, ALL = 5, 50
EACH = 4
"""Positions at which a boundary is tried in the long tier, where it is passed more often."""
LONG = pytest.mark.long


@pytest.fixture(scope="module")
def starts(built: Made, published: Made) -> dict[str, Made]:
    """The world that each site finds when it applies for the first time."""
    return {"usdf": built, "summit": published}


@pytest.fixture(scope="module")
def passed(starts: dict[str, Made], tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The boundaries that the operator of each site passes, in order."""
    found = {}
    for name, start in starts.items():
        with start.copy(tmp_path_factory.mktemp("passed")) as world:
            found[name] = boundaries(world, name)
    return found


def is_whole(world: TwoSites, name: str, everywhere: TwoSites, undisturbed: dict[str, Kept]) -> None:
    """Nothing is left to do at a site; what it has, and the archive, is as if nobody had been killed."""
    assert world.idle(name)
    assert objects(world.archive) == objects(everywhere.archive)
    manifests = promised(world.archive)
    for place in PLACES[name]:
        there = kept(world, place)
        assert there == undisturbed[place]
        assert {uuid: there.files[there.datasets[uuid][-1]] for uuid in manifests} == manifests


def test_every_call_of_a_port_that_carries_is_among_the_boundaries(passed: dict[str, list[str]]) -> None:
    """What a protocol learns to do must be cut somewhere: here, or by `crash.test_ports` while sets are built."""
    met = {name for names in passed.values() for name in names}
    ports = [(port, methods(port)) for port in (Store, Arrivals)]
    ports += [(Repository, CARRYING), (Backing, frozenset({"settle"})), (Unfinished, frozenset({"keep"}))]
    every = {f"{when} {port.__name__}.{m}" for port, names in ports for m in names for when in ("before", "after")}
    assert every | {"commit"} <= met


@pytest.mark.parametrize("name", PLACES)
def test_applies_that_die_at_one_call_of_a_port_after_the_other_are_finished_by_the_next(
    starts: dict[str, Made],
    everywhere: TwoSites,
    undisturbed: dict[str, Kept],
    passed: dict[str, list[str]],
    tmp_path: Path,
    name: str,
) -> None:
    """Each boundary once, in the order in which they are met; each apply goes on where the one before it died."""
    with starts[name].copy(tmp_path) as world:
        for boundary in dict.fromkeys(passed[name]):
            assert dies_at(world, name, boundary), f"nothing was left to do that passes {boundary}"
        world.done(name)
        is_whole(world, name, everywhere, undisturbed)


@LONG
@pytest.mark.parametrize("name", PLACES)
def test_an_apply_that_dies_at_any_call_of_a_port_is_finished_by_the_next(
    starts: dict[str, Made],
    everywhere: TwoSites,
    undisturbed: dict[str, Kept],
    passed: dict[str, list[str]],
    tmp_path: Path,
    name: str,
) -> None:
    for boundary, times in Counter(passed[name]).items():
        for number in sorted({1 + n * times // EACH for n in range(EACH)}):
            with starts[name].copy(tmp_path / boundary / str(number)) as world:
                # Files are copied side by side: how many are written before one of them is known may differ.
                dies_at(world, name, boundary, number)
                world.done(name)
                is_whole(world, name, everywhere, undisturbed)


@pytest.fixture(scope="module")
def seconds(starts: dict[str, Made], tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """How long each site works, in a process that has imported everything."""
    found = {}
    for name, start in starts.items():
        with start.copy(tmp_path_factory.mktemp("seconds")) as world:
            found[name] = seconds_of_work(world, name)
    return found


def moments() -> list[object]:
    """Return fractions of the work of a site, spread evenly; some on every push, the rest in the long tier."""
    draw = random.Random(20250207)
    drawn = [(number + draw.random()) / ALL for number in range(ALL)]
    pushed = drawn[ALL // PUSH // 2 :: ALL // PUSH]
    return [pytest.param(one, id=f"{one:.3f}", marks=() if one in pushed else LONG) for one in drawn]


@pytest.mark.parametrize("fraction", moments())
@pytest.mark.parametrize("name", PLACES)
def test_after_a_kill_at_any_moment_the_next_apply_finishes(
    starts: dict[str, Made],
    everywhere: TwoSites,
    undisturbed: dict[str, Kept],
    seconds: dict[str, float],
    tmp_path: Path,
    name: str,
    fraction: float,
) -> None:
    for attempt in range(10):
        with starts[name].copy(tmp_path / str(attempt)) as world:
            if dies_after(world, name, seconds[name] * fraction * 0.7**attempt):
                world.done(name)
                return is_whole(world, name, everywhere, undisturbed)
    raise AssertionError("no apply lived long enough to be killed")


@pytest.mark.parametrize("tried", [PUSH, pytest.param(ALL, marks=LONG)])
def test_a_kill_while_lost_files_come_back_loses_neither_certifications_nor_tags(
    everywhere: TwoSites, undisturbed: dict[str, Kept], tmp_path: Path, tried: int
) -> None:
    with Made(everywhere.root).copy(tmp_path) as world:
        there, root = undisturbed[SUMMIT], world.butler_root(SUMMIT)
        lost = sorted(root / there.datasets[uuid][-1] for uuid in promised(world.archive))[::7]
        _lose(lost)
        commits = boundaries(world, "summit").count("commit")
        for number in {1 + n * commits // tried for n in range(tried)}:
            _lose(lost)
            assert dies_at(world, "summit", "commit", number)
            assert kept(world, SUMMIT).associations == there.associations
            world.done("summit")
            is_whole(world, "summit", everywhere, undisturbed)


def _lose(files: list[Path]) -> None:
    for path in files:
        path.unlink()
