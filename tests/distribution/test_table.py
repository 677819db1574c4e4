"""The table of all sites while a site is being served: each apply is killed after one more commit."""

from __future__ import annotations

import json

from reconciler.errors import ExitCode
from tests.distribution.operators import dies_at
from tests.distribution.two_sites import EMBARGO, MAIN, SUMMIT, TwoSites
from tests.worlds import TICKET


def cells(world: TwoSites) -> dict[str, str]:
    """Return place -> word of the ticket."""
    said = world.reconcile("status", "--all-sites", "--json")
    assert said.code in (ExitCode.OK, ExitCode.CHANGES), said.text
    (row,) = [one for one in json.loads(said.text)["rows"] if one["name"] == TICKET]
    return {place: cell["word"] for place, cell in row["places"].items()}


def test_every_stage_is_told_by_its_word_and_no_other_place_changes(world: TwoSites) -> None:
    told = [cells(world)]
    while dies_at(world, "summit", "after Repository.commit"):
        told.append(cells(world))
    told.append(cells(world))
    words = dict.fromkeys(one[SUMMIT] for one in told)
    assert list(words) == ["absent", "fetched", "certified", "linked", "protected"]
    assert {(one[MAIN], one[EMBARGO]) for one in told} == {("linked", "linked")}
