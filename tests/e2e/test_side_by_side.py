"""Six flats of a set in one apply: there is a moment at which a quantum of each of them is being executed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e import desk as desks
from tests.e2e.desk import CHAIN, EXPOSURES, SITE, SPEC, Desk

FLATS = [f"flat-{band}" for band in "ugrizy"]


@pytest.fixture
def flats(unlocked: Desk) -> Desk:
    """A desk whose set makes six flats, each of one exposure, at a site of six workers."""
    entries = {
        name: desks.product(
            "bias", generation=name.replace("flat", "flatGen"), certified=name, selection_variable="SELECTION_BIAS"
        )
        for name in FLATS
    }
    unlocked.write("specs/TestCam/catalog.yaml", desks.catalog(**entries))
    selections = {name: f"exposure={exposure}" for name, exposure in zip(FLATS, EXPOSURES, strict=True)}
    unlocked.write(SPEC, desks.calibration_set(*FLATS, selections=selections))
    unlocked.write(SITE, desks.site(engine={"processes": len(FLATS)}))
    unlocked.commit("Six flats")
    unlocked.lock()
    return unlocked


@pytest.mark.timeout(120)
def test_six_flats_run_side_by_side(flats: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reduction waits for one of each other flat: one flat after the other, it would wait for ever."""
    (meeting := tmp_path / "meeting").mkdir()
    monkeypatch.setenv("MEET_IN", str(meeting))
    monkeypatch.setenv("MEETING", str(len(FLATS)))
    said = flats.apply()
    assert said.code == 0, said.everything
    assert {path.name for path in meeting.iterdir()} == {str(exposure) for exposure in EXPOSURES}
    assert flats.collections()[CHAIN] == tuple(f"{CHAIN}/trial/{name}.{desks.RERUN}" for name in reversed(FLATS))
