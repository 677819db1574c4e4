"""Die before and after every call of a port while sets are published and fetched, in memory; the next apply mends."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import fields, replace
from typing import Any

import pytest

from reconciler import ports
from reconciler.adapters.memory_store import Store
from reconciler.apply import apply
from reconciler.archived import Archive
from reconciler.spec.documents import Model
from tests.fuse import Crash, Fuse, Fused
from tests.several import EMBARGO, SUMMIT, Several, deployment, words
from tests.worlds import TICKET, Ask, calibration_set, chain

GOES = deployment(EMBARGO, **{SUMMIT: {"protect": True}})
DOCUMENTS = (*calibration_set([Ask("bias"), Ask("dark")], deployment=GOES), chain(TICKET))
OWN = {"guard"}
"""What a store has for itself."""


def applies(several: Several, name: str, fuse: Fuse, documents: tuple[Model, ...] = DOCUMENTS) -> None:
    """Let one site apply with every port behind a fuse."""
    want, facts = several.want(name, *documents)
    world = several.world(name, want)
    repositories: Any = {place: Fused(one, ports.Repository, fuse) for place, one in world.repositories.items()}
    store: Any = Fused(several.archive, ports.Store, fuse)
    world = replace(world, repositories=repositories, store=Archive(store, want.archived))
    steps = [planned.step for planned in several.plan(name, *documents).steps]
    assert {word for _, word in words(list(apply(steps, world, want, facts)))} <= {"done", "unchanged"}


def again(several: Several) -> Several:
    """Return a world of its own with the same content."""
    copied = Several()
    copied.stores = {place: Store(**deepcopy(content(one))) for place, one in several.stores.items()}
    copied.archive.memory.files = dict(several.archive.memory.files)
    return copied


def content(store: Store) -> dict[str, Any]:
    """Return what a repository holds."""
    return {one.name: getattr(store, one.name) for one in fields(store) if one.name not in OWN}


def held(several: Several) -> dict[str, dict[str, Any]]:
    """Return everything that repositories and archive hold."""
    return {**{place: content(one) for place, one in several.stores.items()}, "archive": several.archive.memory.files}


@pytest.mark.parametrize("name", ["usdf", "summit"])
def test_a_kill_at_any_boundary_is_mended_by_the_next_apply(name: str) -> None:
    start = Several()
    start.apply("usdf", *calibration_set([Ask("bias"), Ask("dark")]), chain(TICKET))
    if name == "summit":
        start.apply("usdf", *DOCUMENTS)
    whole, fuse = again(start), Fuse()
    applies(whole, name, fuse)
    assert {"after Store.publish" if name == "usdf" else "after Store.pieces", "after Repository.receive"} <= {
        *fuse.passed
    }
    for position in range(len(fuse.passed)):
        several = again(start)
        with pytest.raises(Crash):
            applies(several, name, Fuse(burns_at=position))
        several.apply(name, *DOCUMENTS)
        assert several.plan(name, *DOCUMENTS).empty
        assert held(several) == held(whole)
