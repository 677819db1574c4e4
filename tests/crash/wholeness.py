"""What must hold of a world that was applied to its end, however often somebody was killed on the way."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from dataclasses import dataclass

from tests import playground
from tests.playground import PRODUCTS, Playground


@dataclass(frozen=True)
class Left:
    """What an apply left, with the times in the names of RUNs made equal."""

    datasets: Counter[str]
    collections: dict[str, str]
    chains: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Reached:
    """What is certified and sealed at some moment, all of it readable: nobody may lose it any more."""

    certified: dict[str, list[tuple[str, str, str]]]
    sealed: dict[str, str]


def left(world: Playground) -> Left:
    """Return what there is in the repository."""
    with world.butler() as butler:
        kinds = {_without_time(name): kind for name, (kind, _) in playground.kinds(butler).items()}
        chains = {_without_time(name): tuple(map(_without_time, m)) for name, m in playground.chains(butler).items()}
        return Left(playground.datasets(butler), kinds, chains)


def reached(world: Playground) -> Reached:
    """Return what is certified and sealed; every certified dataset is read."""
    with world.butler() as butler:
        playground.everything_readable(butler)
        return Reached(playground.certifications(butler), playground.sealed(butler))


def lose_journal(world: Playground) -> None:
    """Remove the whole work directory, journal and submissions."""
    shutil.rmtree(world.root / ".reconcile", ignore_errors=True)


def is_whole(world: Playground, as_undisturbed: Left, before: Reached) -> None:
    """Nothing is left to do, nothing is there twice, and what was reached before still is."""
    assert "Nothing to do" in world.plan()
    assert left(world) == as_undisturbed
    now = reached(world)
    assert all(set(rows) <= set(now.certified[collection]) for collection, rows in before.certified.items())
    assert before.sealed.items() <= now.sealed.items()
    with world.butler() as butler:
        assert all(len(playground.runs_of(butler, product)) == 1 for product in PRODUCTS)


def _without_time(collection: str) -> str:
    return re.sub(r"\d{8}T\d{6}Z", "<time>", collection)
