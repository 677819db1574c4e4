"""What is built at one place goes to all others by plain apply; whatever somebody breaks there is named and mended."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lsst.daf.butler import Butler, CollectionType, Timespan

from reconciler.errors import ExitCode
from tests.e2e import abroad
from tests.e2e import desk as desks
from tests.e2e.abroad import CURATED, EMBARGO, LOCAL, MAIN, PLACES, STAND, SUMMIT, UNBOUNDED, butler, table, tree
from tests.e2e.desk import CHAIN, INSTRUMENT, PUBLIC, Desk, leaf

BIAS = leaf("bias")
TAGGED = f"{INSTRUMENT}/calib_tagged/DM-1"
OURS = [
    (0, PUBLIC, "CHAINED"),
    (1, CHAIN, "CHAINED"),
    (2, leaf("dark"), "CALIBRATION"),
    (2, leaf("bias"), "CALIBRATION"),
    (1, CURATED, "CALIBRATION"),
]
LINKED, PROTECTED = "linked", "protected"


@pytest.fixture(scope="module")
def distributed(raws_only: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Everything has been applied at every site once."""
    desk = abroad.lay_out(tmp_path_factory.mktemp("abroad") / "desk")
    shutil.copytree(raws_only, desk.root / PLACES[MAIN])
    with person(desk, SUMMIT) as somebody:
        somebody.collections.register(LOCAL, CollectionType.CALIBRATION)
        somebody.collections.register(PUBLIC, CollectionType.CHAINED)
        somebody.collections.redefine_chain(PUBLIC, LOCAL)
    desk.lock()
    for name in ("usdf", "summit", "tts"):
        said = desk.apply("--site", name)
        assert said.code == 0, said.everything
    return desk


@pytest.fixture
def desk(distributed: Desk, tmp_path: Path) -> Desk:
    return desks.copy(distributed, tmp_path / "desk")


def person(desk: Desk, place: str) -> Any:
    """A person's own Butler at one place."""
    return Butler.from_config(str(desk.root / PLACES[place]), writeable=True)


def rows(desk: Desk) -> dict[str, dict[str, Any]]:
    """Return the table: row -> place -> cell."""
    return {row["name"]: row["places"] for row in desk.run("status", "--all-sites", "--json").json["rows"]}


def test_every_place_has_it_under_the_same_fingerprint(distributed: Desk) -> None:
    said = table(distributed)
    assert said.code == 0, said.everything
    expected = {MAIN: LINKED, EMBARGO: LINKED, SUMMIT: PROTECTED, STAND: PROTECTED}
    for row in (CHAIN, CURATED):
        cells = rows(distributed)[row]
        assert {place: cell["word"] for place, cell in cells.items()} == expected
        assert len({cell["fingerprint"] for cell in cells.values()}) == 1


def test_then_nothing_is_left_to_do_anywhere(distributed: Desk) -> None:
    for name in ("usdf", "summit", "tts"):
        assert f"Nothing to do: {name} is as the specs say" in distributed.done("plan", "--site", name).out


def test_a_newcomer_sees_the_same_tree_everywhere_and_what_the_summit_had(distributed: Desk) -> None:
    for place in PLACES:
        theirs = [(1, LOCAL, "CALIBRATION")] if place == SUMMIT else []
        unbounded = [(0, UNBOUNDED, "CHAINED"), (1, f"{CURATED}/unbounded", "RUN")]
        assert tree(distributed, place, PUBLIC, UNBOUNDED) == [*OURS, *theirs, *unbounded]


def test_geometry_without_a_date_is_found_through_the_unbounded_chain(distributed: Desk) -> None:
    for place in PLACES:
        with person(distributed, place) as somebody:
            found = somebody.get("camera", instrument=INSTRUMENT, collections=UNBOUNDED)
        assert found == {"shape": "square"}


def reorder(desk: Desk, place: str) -> None:
    butler("collection-chain", desk.root / PLACES[place], PUBLIC, CURATED, CHAIN, LOCAL)


def uncertify(desk: Desk, place: str) -> None:
    with person(desk, place) as somebody:
        one = somebody.registry.expandDataId(instrument=INSTRUMENT, detector=1)
        somebody.registry.decertify(leaf("bias"), "bias", Timespan(None, None), dataIds=[one])


def drop(desk: Desk, place: str) -> None:
    butler("collection-chain", desk.root / PLACES[place], "--mode", "remove", CHAIN, leaf("dark"))


def untag(desk: Desk, place: str) -> None:
    butler("remove-collections", desk.root / PLACES[place], TAGGED, "--no-confirm")


def lose(desk: Desk, place: str) -> None:
    with person(desk, place) as somebody:
        ref = somebody.find_dataset("dark", instrument=INSTRUMENT, detector=0, collections=leaf("darkGen"))
        Path(somebody.getURI(ref).ospath).unlink()


BREAKS: dict[str, tuple[Callable[[Desk, str], None], str, str]] = {
    "reordered": (reorder, f"{PUBLIC} is searched in another order", f"~ reorder {PUBLIC}"),
    "decertified": (uncertify, f"1 certification of bias in {BIAS} differ", f"~ certify bias in {BIAS}"),
    "dropped": (drop, f"{leaf('dark')} is not in {CHAIN}", f"+ link {leaf('dark')} into {CHAIN}"),
    "untagged": (untag, f"URGENT: 4 datasets not protected by {TAGGED}", f"protect 4 datasets by {TAGGED}"),
    "lost": (lose, f"{leaf('darkGen')} is not as it was sealed", f"fetch lost files of {leaf('darkGen')} from archive"),
}


@pytest.mark.parametrize("broken", BREAKS)
def test_whatever_somebody_breaks_is_named_by_status_and_shown_by_plan(desk: Desk, broken: str) -> None:
    do, named, planned = BREAKS[broken]
    do(desk, SUMMIT)
    told = table(desk)
    assert told.code == ExitCode.CHANGES
    assert named in told.out
    plan = desk.done("plan", "--site", "summit").out
    assert planned in plan
    assert "1 step to do" in plan


@pytest.mark.parametrize("drifts", [False, True])
def test_a_repository_that_cannot_be_asked_is_unknown_and_all_others_are_shown(desk: Desk, drifts: bool) -> None:
    before = rows(desk)
    (desk.root / PLACES[SUMMIT]).rename(desk.root / "unplugged")
    if drifts:
        drop(desk, STAND)
    told = table(desk)
    assert told.code == ExitCode.UNREACHABLE, told.everything
    assert f"{CHAIN} at {SUMMIT}: unknown" in told.out
    after = rows(desk)
    assert {cells[SUMMIT]["word"] for cells in after.values() if SUMMIT in cells} == {"unknown"}
    shown = {place for place in PLACES if place != SUMMIT and not (drifts and place == STAND)}
    assert {place: after[CHAIN][place] for place in shown} == {place: before[CHAIN][place] for place in shown}
    assert after[CHAIN][STAND]["word"] == ("drifted" if drifts else PROTECTED)


def test_a_place_that_does_without_a_ticket_is_skipped_with_the_reason(desk: Desk) -> None:
    why = "its stand has another geometry"
    spec = f"specs/{INSTRUMENT}/DM-2.yaml"
    desk.edit(spec, lambda content: content["deployment"]["repositories"].update({STAND: {"skip": why}}))
    desk.commit("no geometry at the test stand")
    assert f"{CURATED} at {STAND}: skipped\n  {why}\n" in table(desk).out
    cell = rows(desk)[CURATED][STAND]
    assert (cell["word"], cell["reasons"], cell["pending"]) == ("skipped", [why], False)


def test_one_apply_mends_all_of_it_and_leaves_what_is_theirs(desk: Desk) -> None:
    before = rows(desk)
    for do, _, _ in BREAKS.values():
        do(desk, SUMMIT)
    assert {place for place, cell in rows(desk)[CHAIN].items() if cell["word"] == "drifted"} == {SUMMIT}
    told = desk.apply("--site", "summit")
    assert told.code == 0, told.everything
    assert "5 done." in told.out
    assert table(desk).code == 0
    assert rows(desk) == before
    assert tree(desk, SUMMIT, PUBLIC) == [*OURS, (1, LOCAL, "CALIBRATION")]
