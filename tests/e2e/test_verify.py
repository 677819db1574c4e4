"""A bias is verified before science sees it: by a real pipeline, on a real Butler, and told in a report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e import desk as desks
from tests.e2e.desk import INSTRUMENT, PUBLIC, SITE, SPEC, TICKET, Desk, leaf

VERIFY: dict[str, Any] = {"rule": "strict", "bias": {}}
RESULTS = "verifyBiasResults"


def noisy(detector: int) -> dict[str, Any]:
    """A verification that finds twice the noise in one amplifier."""
    return {"rule": "strict", "bias": {"overrides": {"verifyBiasDet:noisy": f"[{detector}]"}}}


@pytest.fixture
def desk(locked: Desk) -> Desk:
    """A bias that is to be verified, at a site that asks for approval and verification."""
    locked.write(SPEC, desks.calibration_set("bias", verify=VERIFY))
    locked.write(SITE, desks.site(trust="required"))
    locked.lock()
    return locked


def asked(desk: Desk, verify: dict[str, Any]) -> None:
    desk.edit(SPEC, lambda spec: spec.update(verify=verify))
    desk.commit("verify")


def outcomes(desk: Desk) -> dict[str, dict[str, Any]]:
    return {one["step"]: one for one in desk.apply("--json").json["results"]}


def test_what_was_examined_is_the_generation_itself_though_no_chain_holds_it(desk: Desk) -> None:
    """The rows name the UUIDs of the RUN, also where the certified range does not cover the exposures."""
    desk.edit(SPEC, lambda spec: spec.update(certify={"begin": "2030-01-01T00:00:00"}))
    desk.commit("valid later")
    desk.apply()
    with desk.butler() as butler:
        table = butler.get(RESULTS, instrument=INSTRUMENT, collections=leaf("verifyBias"))
        made = {str(ref.id) for ref in butler.registry.queryDatasets("bias", collections=leaf("biasGen"))}
    assert set(table["CALIB_UUID_bias"]) == made


def test_an_examination_is_told_with_its_exposures_and_done_once(desk: Desk) -> None:
    first = outcomes(desk)
    assert first[f"examine bias in {leaf('verifyBias')} (3 exposures)"]["outcome"] == "done"
    assert not any("examine" in step for step in outcomes(desk))


def test_a_noisy_amplifier_is_named_in_the_report(desk: Desk, tmp_path: Path) -> None:
    asked(desk, noisy(1))
    desk.apply()
    said = desk.done("report", TICKET, "--into", str(tmp_path / "report"), "--json").json
    assert said["outcome"] == "failed"
    front = (tmp_path / "report" / "index.html").read_text()
    assert "NOISE" in front
    assert "C01" in front
    record = (tmp_path / "report" / "record.html").read_text()
    assert "bps submit --input" in record
    assert "<dt>sealed</dt>" in record
    assert "numpy " in record


def test_a_report_of_what_passed_says_so_and_what_a_link_would_change(desk: Desk) -> None:
    desk.apply()
    page = desk.done("report", TICKET, "--markdown").out
    assert "Passed: 1 calibration" in page
    assert f"Effect on {PUBLIC}" in page


def test_a_report_of_what_was_never_built_says_that_nothing_was_examined(desk: Desk) -> None:
    page = desk.done("report", TICKET, "--markdown").out
    assert "bias has not been verified yet" in page


def test_a_report_of_an_unknown_ticket_offers_the_nearest(desk: Desk) -> None:
    said = desk.run("report", "DM-11")
    assert said.code == 64
    assert "did you mean DM-1?" in said.err


def test_a_folder_that_is_no_report_is_left_alone(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    said = desk.run("report", TICKET, "--into", str(tmp_path))
    assert said.code == 1
    assert (tmp_path / "thesis.tex").read_text() == "mine"


def test_a_site_that_wants_reports_has_one_of_each_ticket_that_was_verified(desk: Desk) -> None:
    desk.edit(SITE, lambda site: site.update(reports="evidence"))
    desk.edit(".gitignore", lambda ignored: f"{ignored}\nevidence/")
    desk.commit("reports")
    said = desk.apply()
    assert f"{TICKET}: passed. Open" in said.out
    front = desk.root / "evidence" / TICKET / "index.html"
    before = front.stat().st_mtime_ns
    desk.apply()
    assert front.stat().st_mtime_ns == before, "nothing was verified, so nothing is told anew"
