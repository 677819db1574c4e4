"""The large and the small camera from simulated raws to a bias, through real Butler and real pipelines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lsst.daf.butler import Butler

from processing import camera_files
from processing.__main__ import main
from tests.processing.build import CP_PIPE_DIR, generate, repository


@pytest.mark.parametrize(("camera", "detectors"), [("LATISS", [0]), ("LSSTCam", [0, 94, 188])])
def test_raws_of_a_camera_become_its_bias(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, camera: str, detectors: list[int]
) -> None:
    monkeypatch.setenv("CP_PIPE_DIR", str(CP_PIPE_DIR))
    chosen = f"--detectors={','.join(map(str, detectors))}"
    assert main(["simulate", str(tmp_path / "raws"), f"--camera={camera}", "--bias=2", "--amp-size=24x16", chosen]) == 0
    repo = repository(tmp_path / "repo", camera)
    assert main(["repo", "ingest", str(repo), str(tmp_path / "raws"), f"--camera={camera}"]) == 0
    pipeline = CP_PIPE_DIR / f"pipelines/{camera}/cpBias.yaml"
    made = generate(repo, pipeline, f"instrument='{camera}'", inputs=[f"{camera}/raw/all"], run="u/me/bias")
    biases = [ref for ref in made if ref.datasetType.name == "bias"]
    assert sorted(int(ref.dataId["detector"]) for ref in biases) == detectors
    with Butler.from_config(repo) as butler:
        image = butler.get(biases[0]).image
    assert image.shape == (32, 192)
    assert np.isfinite(image).all()


@pytest.mark.parametrize("camera", ["LATISS", "LSSTCam"])
def test_a_repository_knows_the_detectors_and_filters_of_a_camera(tmp_path: Path, camera: str) -> None:
    repo = repository(tmp_path / "repo", camera)
    expected = camera_files.find(camera)
    with Butler.from_config(repo) as butler, butler.query() as query:
        detectors = query.dimension_records("detector").where(instrument=camera).limit(None)
        names = {record.id: record.full_name for record in detectors}
        filters = query.dimension_records("physical_filter").where(instrument=camera).limit(None)
        bands = {record.name: record.band for record in filters}
    assert names == {d.id: d.name for d in expected.detectors}
    assert bands == dict(expected.filters)
