"""A command for one site leaves every other site as it is, and no repository is taken for another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.errors import ExitCode
from tests.distribution.kept import identities, kept, rows
from tests.distribution.two_sites import EMBARGO, MAIN, SUMMIT, Made, TwoSites

PLACES = {"usdf": (MAIN, EMBARGO), "summit": (SUMMIT,)}


@pytest.fixture
def served(everywhere: TwoSites, tmp_path: Path) -> Iterator[TwoSites]:
    """A world of its own in which both sites have applied."""
    with Made(everywhere.root).copy(tmp_path) as world:
        yield world


def untouched(root: Path) -> object:
    """Return all that a write would change: rows, files with their times, and names of whatever stands there."""
    return rows(root), identities(root), sorted(root.rglob("*"))


@pytest.mark.parametrize(("here", "there", "start"), [("usdf", "summit", "built"), ("summit", "usdf", "published")])
def test_what_is_typed_for_one_site_leaves_the_repositories_of_the_other_as_they_were(
    request: pytest.FixtureRequest, tmp_path: Path, here: str, there: str, start: str
) -> None:
    made: Made = request.getfixturevalue(start)
    with made.copy(tmp_path) as world:
        held = {place: (untouched(world.butler_root(place)), kept(world, place)) for place in PLACES[there]}
        assert not world.idle(here)
        world.done(here)
        for command in (("plan", "--site", here), ("status", "--site", here), ("status", "--all-sites")):
            world.reconcile(*command)
        assert {place: (untouched(world.butler_root(place)), kept(world, place)) for place in held} == held


def exchange(world: TwoSites, one: str, other: str) -> None:
    """Let two repositories change their paths, as mounts do that somebody mixes up."""
    first, second, aside = world.butler_root(one), world.butler_root(other), world.root / "aside"
    first.rename(aside)
    second.rename(first)
    aside.rename(second)


@pytest.mark.parametrize(
    "command",
    [
        ("plan", "--site", "summit"),
        ("apply", "--site", "summit", "--auto-approve"),
        ("status", "--site", "summit"),
        ("plan", "--site", "usdf"),
        ("apply", "--site", "usdf", "--auto-approve"),
        ("status", "--site", "usdf"),
    ],
    ids=" ".join,
)
def test_repositories_that_have_changed_their_paths_are_told_apart_and_nothing_is_written(
    served: TwoSites, command: tuple[str, ...]
) -> None:
    exchange(served, EMBARGO, SUMMIT)
    roots = [served.butler_root(place) for place in (EMBARGO, SUMMIT)]
    held = [untouched(root) for root in roots]
    said = served.reconcile(*command)
    assert said.code == ExitCode.ERROR, said.text
    wrong = (EMBARGO, SUMMIT) if "usdf" in command else (SUMMIT, EMBARGO)
    assert f"the repository configured as {wrong[0]} is recorded as {wrong[1]}" in " ".join(said.text.split())
    assert "correct `butler:` in sites/" in said.text
    assert [untouched(root) for root in roots] == held


def test_the_table_shows_the_others_beside_repositories_that_have_changed_their_paths(served: TwoSites) -> None:
    exchange(served, EMBARGO, SUMMIT)
    said = served.reconcile("status", "--all-sites", "--json")
    assert said.code == ExitCode.UNREACHABLE, said.text
    (row,) = (row for row in json.loads(said.text)["rows"] if row["ticket"] == "DM-1")
    cells = row["places"]
    assert {place: cell["word"] for place, cell in cells.items()} == {
        MAIN: "linked",
        EMBARGO: "unknown",
        SUMMIT: "unknown",
    }
    told = " ".join(served.reconcile("status", "--all-sites").text.split())
    for configured, recorded in ((EMBARGO, SUMMIT), (SUMMIT, EMBARGO)):
        assert f"the repository configured as {configured} is recorded as {recorded}" in told
