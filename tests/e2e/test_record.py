"""The construction record of a ticket, printed from its repository alone; and typed again, it makes the same."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lsst.daf.butler import Timespan

from reconciler import seals
from tests.e2e.desk import CHAIN, LOCK, PLACE, PUBLIC, SPEC, TICKET, Desk, leaf

GENERATED = [leaf("biasGen"), leaf("darkGen")]


def generated(desk: Desk) -> list[Any]:
    found = desk.done("record", TICKET, "--json").json
    return [one for one in found["deeds"] if one["deed"] == "generated"]


def test_a_ticket_is_told_in_the_order_of_making_with_times_versions_and_outcomes(applied: Desk) -> None:
    bias, dark = generated(applied)
    assert [bias["leaf"], dark["leaf"]] == GENERATED
    assert bias["exposures"] == ["2024120800001..2024120800003"]
    assert bias["datasets"] == {"bias": 2}
    how = bias["construction"]
    assert how["started"] <= how["finished"] <= dark["construction"]["finished"]
    assert how["versions"].keys() >= {"python", "numpy", "daf_butler", "pipe_base"}
    assert how["variables"]["SELECTION_BIAS"] == f"(instrument='TestCam' and exposure in ({bias['exposures'][0]}))"
    assert dark["construction"]["inputs"] == [leaf("bias"), "TestCam/raw/all"]


def test_years_later_neither_journal_nor_specs_are_needed(applied: Desk) -> None:
    before = applied.done("record", TICKET, "--json").json
    shutil.rmtree(applied.root / ".reconcile")
    for name in (SPEC, LOCK):
        (applied.root / name).unlink()
    applied.write("specs/TestCam/chain.yaml", {"kind": "Chain", "instrument": "TestCam", "name": PUBLIC, "members": []})
    applied.commit("years later")
    after = applied.done("record", TICKET, "--json").json
    assert after["deeds"] == before["deeds"]
    assert after["chains"] == {PUBLIC: [CHAIN]}


def test_a_seal_from_before_constructions_were_kept_is_told_from_specs_and_run(applied: Desk) -> None:
    with applied.butler() as butler:
        for info in butler.collections.query_info("*", include_doc=True):
            doc = json.loads(info.doc) if (info.doc or "").startswith(seals.MARK) else {}
            if doc.get("seal", {}).pop("construction", None):
                butler.registry.setCollectionDocumentation(info.name, json.dumps(doc, separators=(",", ":")))
    bias, _ = generated(applied)
    assert not bias["kept_in_seal"]
    assert bias["construction"]["template"] == "bps_bias.yaml"
    assert bias["construction"]["versions"].keys() >= {"python", "numpy"}
    said = applied.done("record", TICKET)
    assert "how it was made was not kept when it was sealed; so the specs make the same recipe now:" in said.out
    assert "Nothing to do" in applied.done("plan").out


def undo(desk: Desk) -> None:
    """Take away all that was certified and linked for the ticket; what was generated stays."""
    with desk.butler() as butler:
        butler.collections.redefine_chain(PUBLIC, [])
        butler.collections.redefine_chain(CHAIN, [])
        butler.collections.x_remove(CHAIN)
        for name in ("bias", "dark"):
            butler.registry.decertify(leaf(name), name, Timespan(None, None))


def certified(desk: Desk) -> dict[str, Any]:
    """Return what is certified, and the ticket's chain."""
    shown = desk.done("show", TICKET, "--json").json[PLACE]
    return {one["collection"]: (one["certifications"], one["children"]) for one in shown if one["type"] != "RUN"}


def with_butler() -> dict[str, str]:
    """Return an environment in which `butler` can be typed."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def test_typed_again_the_record_makes_the_same_certifications_and_chains(applied: Desk, tmp_path: Path) -> None:
    before = certified(applied)
    script = tmp_path / "DM-1.sh"
    script.write_text("bps() { :; }\nset -e\n" + applied.done("record", TICKET).out)
    undo(applied)
    assert certified(applied) != before
    subprocess.run(["bash", str(script)], check=True, capture_output=True, env=with_butler())
    assert certified(applied) == before


def curated(desk: Desk) -> None:
    """Bring defects as files in git."""
    for detector in (0, 1):
        desk.write(f"defects/{detector}.yaml", f"rows: [{detector}]\n")
    files = [{"file": f"../../defects/{detector}.yaml", "detector": detector} for detector in (0, 1)]
    dataset = {"storage_class": "StructuredDataDict", "dimensions": ["instrument", "detector"], "files": files}
    common = {"kind": "CuratedSet", "instrument": "TestCam", "ticket": "DM-2", "origin": PLACE}
    desk.write("specs/TestCam/DM-2.yaml", {**common, "datasets": {"defects": dataset}})


def defects(desk: Desk) -> list[Any]:
    """Return the defects that are certified, as science gets them."""
    with desk.butler() as butler:
        rows = butler.registry.queryDatasetAssociations("defects", collections=f"{PUBLIC}/DM-2")
        return sorted((str(row.timespan), butler.get(row.ref)["rows"]) for row in rows)


def test_files_in_git_are_ingested_again_as_they_were(unlocked: Desk, tmp_path: Path) -> None:
    curated(unlocked)
    unlocked.commit("defects")
    assert "1 blocked, 2 done" in unlocked.apply().out
    before = defects(unlocked)
    assert [rows for _, rows in before] == [[0], [1]]
    typed = f"bps() {{ :; }}\nset -e\ncd {unlocked.root}\n{unlocked.done('record', 'DM-2').out}"
    with unlocked.butler() as butler:
        butler.registry.decertify(f"{PUBLIC}/DM-2", "defects", Timespan(None, None))
        butler.removeRuns([f"{PUBLIC}/DM-2/unbounded"], unlink_from_chains=True)
    assert defects(unlocked) == []
    subprocess.run(["bash", "-c", typed], check=True, capture_output=True, env=with_butler())
    assert defects(unlocked) == before


def test_work_that_failed_is_told_as_not_complete(locked: Desk) -> None:
    shutil.rmtree(locked.butler_root / "TestCam" / "raw")
    assert locked.apply().code == 8
    said = locked.done("record", TICKET)
    assert "# NOT COMPLETE since" in said.out
    assert leaf("biasGen") in said.out


def test_a_ticket_that_nobody_knows_is_named_with_the_nearest(applied: Desk) -> None:
    said = applied.run("record", "DM-11")
    assert (said.code, "nothing of DM-11 is at this site" in said.err, "did you mean DM-1?" in said.err) == (
        1,
        True,
        True,
    )


@pytest.mark.parametrize("ticket", ["bias", "DM-0", "../DM-1"])
def test_what_is_no_ticket_is_a_mistake_of_usage(applied: Desk, ticket: str) -> None:
    assert applied.run("record", ticket).code == 64


def test_a_site_that_cannot_be_reached_is_unknown(applied: Desk) -> None:
    shutil.rmtree(applied.butler_root)
    assert applied.run("record", TICKET).code == 11
