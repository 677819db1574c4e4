"""Frames that should not be combined, through real pipelines: left out, refused or told, by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from astropy.io import fits
from lsst.daf.butler import Butler, DatasetRef
from lsst.pipe.base.mp_graph_executor import MPGraphExecutorError

from processing.__main__ import main
from processing.suitability import remarks_of
from tests.processing.build import CP_PIPE_DIR, certify, generate, repository

CAMERA = "SBIG-STL-1001E"
PLAN = """\
- {type: bias, night: 20170908, first_seq: 1, count: 4}
- {type: dark, night: 20170908, first_seq: 11, count: 3, exposure_time: 0}
- {type: dark, night: 20170908, first_seq: 21, count: 2, exposure_time: 60}
- {type: dark, night: 20170908, first_seq: 31, count: 2, exposure_time: 300}
- {type: dark, night: 20170907, first_seq: 1, count: 4, exposure_time: 60}
- {type: flat, night: 20170908, first_seq: 41, count: 4, exposure_time: 10, band: white}
- {type: flat, night: 20170908, first_seq: 51, count: 1, exposure_time: 10, band: white, electrons: 300000}
"""
SATURATED, TIMELESS = 2017090802295, 2017090800495
"""The camera counts seconds of its day: 45 from one exposure to the next."""


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A repository with these frames of 32 x 32 pixels and their bias."""
    top = tmp_path_factory.mktemp("doubtful")
    (top / "plan.yaml").write_text(PLAN)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CP_PIPE_DIR", str(CP_PIPE_DIR))
        raws = str(top / "raws")
        options = [f"--camera={CAMERA}", f"--plan={top / 'plan.yaml'}", "--amp-size=32x32"]
        assert main(["simulate", raws, *options]) == 0
        for number, path in enumerate(sorted((top / "raws").glob("*_20170907*_dark_*.fits"))):
            fits.setval(path, "CCD-TEMP", value=-5.0 if number < 2 else -10.0)
        made = repository(top / "repo", CAMERA)
        assert main(["repo", "ingest", str(made), raws, f"--camera={CAMERA}"]) == 0
        certify(made, "bias", run(made, "bias", "exposure.observation_type='bias'"))
        yield made


def run(repo: Path, kind: str, selection: str, number: int = 1) -> list[DatasetRef]:
    """What the pipeline of a kind makes of a selection."""
    inputs = [f"{CAMERA}/raw/all"] if kind in ("bias", "flat") else ["bias", f"{CAMERA}/raw/all"]
    pipeline = CP_PIPE_DIR / f"pipelines/{CAMERA}/cp{kind.capitalize()}.yaml"
    return generate(repo, pipeline, f"instrument='{CAMERA}' and {selection}", inputs=inputs, run=f"run/{kind}-{number}")


def test_a_saturated_flat_takes_no_part_and_the_product_says_so(repo: Path) -> None:
    (made,) = run(repo, "flat", "exposure.observation_type='flat'")
    with Butler.from_config(repo) as butler:
        header = butler.get(made).header
    inputs = [header[f"CPP_INPUT_{number}"] for number in range(header["NCOMBINE"])]
    assert len(inputs) == 4
    assert SATURATED not in inputs
    assert header["LSST ISR UNITS"] == "adu"
    (remark,) = remarks_of(header)
    assert remark.name == "saturated-flats"
    assert f"detector 0 in exposure {SATURATED} (100.0%): left out" in remark.text


def test_a_dark_without_dark_time_is_refused_by_exposure(repo: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(MPGraphExecutorError):
        run(repo, "dark", "exposure.observation_type='dark' and exposure.exposure_time = 0")
    assert f"CombineError: exposure {TIMELESS}: its DarkTime is 0.0: it cannot be divided by that" in caplog.text


def test_a_dark_of_two_times_says_so_and_counts_its_rays(repo: Path) -> None:
    selection = "exposure.observation_type='dark' and exposure.day_obs=20170908 and exposure.exposure_time > 1"
    (made,) = run(repo, "dark", selection, 2)
    with Butler.from_config(repo) as butler:
        header = butler.get(made).header
    assert {r.name for r in remarks_of(header)} == {"mixed-exposure-times"}
    assert [header[f"CPP_INPUT_NCR_{number}"] for number in range(4)] == [0, 0, 0, 0]


def test_a_dark_of_two_temperatures_says_so(repo: Path) -> None:
    (made,) = run(repo, "dark", "exposure.observation_type='dark' and exposure.day_obs=20170907", 3)
    with Butler.from_config(repo) as butler:
        (remark,) = remarks_of(butler.get(made).header)
    assert remark.name == "mixed-temperatures"
    assert "-5 C" in remark.text
    assert "-10 C" in remark.text
