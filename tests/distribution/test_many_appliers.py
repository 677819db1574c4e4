"""Eight operators apply at once, and again while they are told to wait: it ends as if one had; no lock is left."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.errors import ExitCode
from tests.distribution.kept import Kept, kept, objects, promised
from tests.distribution.operators import Cut, start
from tests.distribution.two_sites import EMBARGO, MAIN, SUMMIT, Made, TwoSites

MANY = 8
CONFIGURATION = "butler.yaml"
TOLD_TO_WAIT = (ExitCode.LOCKED, ExitCode.WAITING)


@pytest.fixture(params=["sqlite", "postgresql"])
def made(request: pytest.FixtureRequest) -> Made:
    """A world in which nothing is published yet, on each back end."""
    found = request.getfixturevalue("built" if request.param == "sqlite" else "on_postgresql")
    assert isinstance(found, Made)
    return found


@pytest.fixture
def fresh(made: Made, tmp_path: Path) -> Iterator[TwoSites]:
    with made.copy(tmp_path / "many") as world:
        yield world


@pytest.fixture
def alone(made: Made, tmp_path: Path) -> Iterator[TwoSites]:
    with made.copy(tmp_path / "alone") as world:
        yield world


def apply_at_once(world: TwoSites, name: str) -> None:
    """Let eight operators apply, and again as long as they are told to wait: in the end each has done it."""
    operators = [start(world, name, name=f"operator-{number}", again=TOLD_TO_WAIT) for number in range(MANY)]
    codes = [operator.end() for operator in operators]
    said = "\n".join(operator.said for operator in operators)
    assert codes == [ExitCode.OK] * MANY, said
    assert "Traceback" not in said


def same(one: Kept, other: Kept) -> None:
    """Both hold the same; only where their databases are differs."""
    assert (one.collections, one.associations, one.datasets) == (other.collections, other.associations, other.datasets)
    assert {**one.files, CONFIGURATION: ""} == {**other.files, CONFIGURATION: ""}


def test_eight_operators_at_each_site_end_as_if_one_had_applied(fresh: TwoSites, alone: TwoSites) -> None:
    for name in ("usdf", "summit"):
        apply_at_once(fresh, name)
        alone.done(name)
    assert objects(fresh.archive) == objects(alone.archive)
    for place in (MAIN, EMBARGO, SUMMIT):
        same(kept(fresh, place), kept(alone, place))
    there, manifests = kept(fresh, SUMMIT), promised(fresh.archive)
    assert {uuid: there.files[there.datasets[uuid][-1]] for uuid in manifests} == manifests
    assert fresh.idle("usdf")
    assert fresh.idle("summit")


def _stops() -> None:
    print("HOLDS", flush=True)
    time.sleep(600)


def test_who_holds_the_lock_is_named_and_the_lock_goes_with_a_holder_that_is_killed(fresh: TwoSites) -> None:
    fresh.done("usdf")
    holder = start(fresh, "summit", Cut("after Repository.lock", then=_stops), "holder")
    assert holder.await_word("HOLDS"), holder.said
    said = fresh.apply("summit")
    assert said.code == ExitCode.LOCKED, said.text
    assert re.search(rf"is locked by reconcile {holder.process.pid}@", said.text), said.text
    assert "the lock goes with the process that holds it" in said.text
    assert holder.kill() == -signal.SIGKILL
    fresh.done("summit")
    assert fresh.idle("summit")
