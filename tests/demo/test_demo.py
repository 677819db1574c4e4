"""The demo is the first thing that anybody sees: it must run as it is told, on simulated and on real frames."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

REAL = Path(__file__).parents[2] / "../shared/realdata/sbig_stl1001e_cgs"


def reconcile(*arguments: str | Path, code: int = 0) -> str:
    """Run the command line as a person would; return what it printed."""
    command = [sys.executable, "-m", "reconciler", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the demo's directory and what it told."""
    root = tmp_path_factory.mktemp("demo") / "story"
    return root, reconcile("demo", root)


def test_the_second_plan_says_in_one_sentence_that_nothing_is_to_do(told: tuple[Path, str]) -> None:
    assert told[1].count("Nothing to do: laptop is as the specs say.") == 2


def test_a_change_recertifies_and_reorders_and_builds_nothing(told: tuple[Path, str]) -> None:
    change = told[1].split("# Two edits in one commit")[1]
    assert "~ reorder LSSTComCam/calib" in change
    assert change.count("~ certify") == 9  # three collections: planned, applied, reverted
    assert "+ produce" not in change


def test_a_board_says_yes_before_science_sees_it(told: tuple[Path, str]) -> None:
    waits, signed = told[1].split("# A pull request puts the ticket into the chain")[1].split("# Whoever sees the site")
    assert "needs an approval to adopt LSSTComCam/calib/DM-1002, which science would see" in waits
    assert "has not passed its verification" not in waits
    assert "approved  adopt LSSTComCam/calib/DM-1002 at laptop/main by ada, ben" in signed
    assert "done  link LSSTComCam/calib/DM-1002 into LSSTComCam/calib" in signed


def test_everything_that_was_told_stands_in_the_repository(told: tuple[Path, str]) -> None:
    shown = json.loads(reconcile("show", "LSSTComCam/calib", "--directory", told[0], "--json"))
    assert shown["laptop/main"][0]["children"] == ["LSSTComCam/calib/DM-1002", "LSSTComCam/calib/DM-1001"]
    status = json.loads(reconcile("status", "--directory", told[0], "--json"))
    assert {row["state"] for row in status["rows"]} == {"in sync"}
    assert status["drift"] is False


def test_plain_butler_sees_what_the_specs_say(told: tuple[Path, str]) -> None:
    butler = Path(sys.executable).with_name("butler")
    command = [butler, "query-collections", told[0] / "repo", "LSSTComCam/calib", "--chains", "TREE"]
    tree = subprocess.run([*map(str, command)], capture_output=True, text=True, check=True).stdout
    names = [line.split()[0] for line in tree.splitlines()[2:]]
    assert names == [
        "LSSTComCam/calib",
        "LSSTComCam/calib/DM-1002",
        "LSSTComCam/calib/DM-1002/demo/flat-r.20250207a",
        "LSSTComCam/calib/DM-1002/demo/dark.20250207a",
        "LSSTComCam/calib/DM-1002/demo/bias.20250207a",
        "LSSTComCam/calib/DM-1001",
    ]


def test_a_directory_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    reconcile("demo", tmp_path, code=1)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a Butler on the demo's repository of one real night, at -5 C."""
    if not REAL.is_dir():
        pytest.skip(f"needs the real frames of {REAL.name} beside the project")
    from lsst.daf.butler import Butler

    root = tmp_path_factory.mktemp("real") / "story"
    where = "exposure.science_program='-5.0'"
    told = reconcile("demo", root, "--frames", REAL, "--camera", "SBIG-STL-1001E", "--where", where)
    assert "52 frames ingested, 0 refused" in told
    assert told.count("Nothing to do: laptop is as the specs say.") == 2
    return Butler.from_config(str(root / "repo"), collections="SBIG-STL-1001E/calib")


def product(butler: Any, name: str, **data_id: str) -> Any:
    """Return a certified product of the real night by Butler's own lookup."""
    from astropy.time import Time
    from lsst.daf.butler import Timespan

    noon = Timespan(Time("2024-12-07T12:00:00", scale="tai"), Time("2024-12-07T12:00:01", scale="tai"))
    found = butler.find_dataset(name, instrument="SBIG-STL-1001E", detector=0, timespan=noon, **data_id)
    return butler.get(found)


def test_real_darks_have_the_camera_s_dark_current(real: Any) -> None:
    """0.367 ADU/s is the median of the median dark at -5 C, measured independently."""
    assert np.median(product(real, "dark").image) == pytest.approx(0.367, rel=0.05)


def test_real_biases_have_no_read_noise_left_but_that_of_their_mean(real: Any) -> None:
    """6.70 ADU a frame leave 6.70 / sqrt(10); clipping at 3 sigma of ten values takes a few per cent of it."""
    bias = product(real, "bias")
    assert np.sqrt(np.mean(bias.variance)) == pytest.approx(6.70 / np.sqrt(10), rel=0.1)


def test_real_flats_are_normalised(real: Any) -> None:
    assert np.median(product(real, "flat", physical_filter="Visible").image) == pytest.approx(1.0, abs=0.01)
