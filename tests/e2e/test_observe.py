"""A snapshot of a site, and plans from it by whoever has no access."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.e2e.desk import CHAIN, EXPOSURES, INSTRUMENT, PLACE, PUBLIC, SITE, Desk

TAKE = ("observe", "--out")


def snapshot(desk: Desk) -> str:
    """Take a snapshot, and the repository away."""
    file = str(desk.root / "here.json")
    desk.done(*TAKE, file)
    shutil.rmtree(desk.butler_root)
    return file


def test_an_unchanged_site_gives_the_same_bytes(applied: Desk) -> None:
    first, second = applied.root / "first.json", applied.root / "second.json"
    said = applied.done(*TAKE, first)
    applied.done(*TAKE, second)
    assert first.read_bytes() == second.read_bytes()
    assert f"{PLACE}: " in said.out
    assert f"{len(EXPOSURES)} exposures" in said.out


def test_what_a_command_did_not_see_finished_is_not_written(locked: Desk) -> None:
    locked.edit(SITE, lambda site: site["repositories"].update(gone={"butler": "./gone", "instruments": [INSTRUMENT]}))
    said = locked.run(*TAKE, locked.root / "here.json", "--json")
    assert said.code == 11
    assert said.json["places"] == [PLACE]
    assert "there is no Butler repository" in said.json["unknown"]["here/gone"]
    plan = locked.run("plan", "--observed", locked.root / "here.json")
    assert plan.code == 11
    assert "there is no Butler repository" in plan.out


@pytest.mark.parametrize("how", [(), ("--json",), ("--markdown",)])
def test_the_plan_from_a_snapshot_is_the_plan_of_the_site(locked: Desk, how: tuple[str, ...]) -> None:
    live = locked.done("plan", *how)
    file = snapshot(locked)
    still = locked.done("plan", "--observed", file, *how)
    told = "as the snapshot"
    assert told not in live.out
    if how == ("--json",):
        assert {**live.json, "observed": file} == still.json
    else:
        assert told in still.out
        assert still.out.splitlines()[-1] == live.out.splitlines()[-1]


def test_the_effect_on_exposures_is_told_from_a_snapshot_too(applied: Desk) -> None:
    applied.edit(f"specs/{INSTRUMENT}/chain.yaml", lambda chain: chain.update(members=[]))
    live = applied.done("plan", "--json").json
    file = snapshot(applied)
    assert applied.done("plan", "--observed", file, "--json").json["effect"] == live["effect"] != []


def test_in_sync_as_a_snapshot_says(applied: Desk) -> None:
    said = applied.done("plan", "--observed", snapshot(applied), "--detailed-exitcode")
    assert "Nothing to do" in said.out


def test_a_plan_saved_from_a_snapshot_is_applied_if_the_site_is_still_so(locked: Desk) -> None:
    locked.done(*TAKE, locked.root / "here.json")
    saved = locked.root / "here.plan"
    locked.done("plan", "--observed", locked.root / "here.json", "--out", saved)
    assert locked.run("apply", saved, "--auto-approve").code == 0
    assert locked.run("apply", saved, "--auto-approve").code == 6


def test_a_snapshot_of_another_site_or_version_is_refused(locked: Desk) -> None:
    file = locked.root / "here.json"
    locked.done(*TAKE, file)
    content = json.loads(file.read_text())
    file.write_text(json.dumps({**content, "site": "there"}))
    said = locked.run("plan", "--observed", file, "--site", "here")
    assert said.code == 1
    assert "the snapshot is of site there, not of here" in said.err
    assert locked.run("plan", "--observed", file).code == 64
    file.write_text(json.dumps({**content, "format": "reconcile snapshot 99"}))
    said = locked.run("plan", "--observed", file)
    assert said.code == 1
    assert "reconcile snapshot 99" in said.err


def test_a_snapshot_that_is_not_there_is_an_error(locked: Desk) -> None:
    said = locked.run("plan", "--observed", locked.root / "nothing.json")
    assert said.code == 1
    assert "nothing.json" in said.err


def test_chains_stand_in_the_file(applied: Desk) -> None:
    applied.done(*TAKE, applied.root / "here.json")
    content = json.loads((applied.root / "here.json").read_text())
    assert content["places"][PLACE]["collections"][PUBLIC]["children"] == [CHAIN]
