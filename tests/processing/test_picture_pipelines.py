"""Pictures as outputs of pipelines and of the command: real Butler, products put by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from astropy.time import Time
from lsst.daf.butler import Butler, CollectionType, DatasetType, Timespan
from lsst.pipe.base import Pipeline
from lsst.pipe.base.separable_pipeline_executor import SeparablePipelineExecutor

from processing.__main__ import main
from processing.defect_boxes import Box, Defects, Origin, Reason
from processing.frame import Frame
from processing.pictures.figure import Picture
from tests.processing.build import CP_PIPE_DIR, certify, repository
from tests.processing.test_pictures import frame, pixels

CAMERA = "LSSTComCam"
RUN = f"{CAMERA}/calib/DM-1/made"
DETECTORS = (0, 4, 8)
DEFECTS = Defects((Box(3, 4, 5, 6, Reason.HOT, Origin.DARK),), (64, 128))


def put(butler: Butler, kind: str, value: Frame | Defects, **data_id: str) -> None:
    """Store the same for each detector."""
    storage = "CalibFrame" if isinstance(value, Frame) else "CalibDefects"
    dimensions = butler.dimensions.conform(["instrument", "detector", *data_id])
    butler.registry.registerDatasetType(DatasetType(kind, dimensions, storage, isCalibration=True))
    for detector in DETECTORS:
        butler.put(value, kind, instrument=CAMERA, detector=detector, **data_id)


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A repository with a bias, defects, and flats of two filters."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CP_PIPE_DIR", str(CP_PIPE_DIR))
        root = repository(tmp_path_factory.mktemp("pictures") / "repo", CAMERA)
        with Butler.from_config(root, writeable=True, run=RUN) as butler:
            put(butler, "bias", frame())
            put(butler, "defects", DEFECTS)
            for name in ("g_01", "r_03"):
                put(butler, "flat", frame(1, unit=""), physical_filter=name)
        yield root


def pictures_of(repo: Path, product: str, where: str = f"instrument='{CAMERA}'") -> dict[tuple[str, str], Path]:
    """Run only the pictures of a product's pipeline; the PNG by dataset type and filter."""
    run = f"u/me/{product}/{uuid4()}"
    with Butler.from_config(repo, collections=[RUN], run=run) as butler:
        executor = SeparablePipelineExecutor(butler)
        pipeline = Pipeline.from_uri(f"{CP_PIPE_DIR}/pipelines/{CAMERA}/cp{product.capitalize()}.yaml#pictures")
        graph = executor.build_quantum_graph(pipeline, where=where)
        executor.pre_execute_qgraph(graph, register_dataset_types=True)
        executor.run_pipeline(graph)
        refs = [r for r in butler.query_all_datasets([run]) if r.datasetType.storageClass_name == "CalibPicture"]
        return {
            (ref.datasetType.name, str(ref.dataId.get("physical_filter", ""))): Path(butler.getURI(ref).ospath)
            for ref in refs
        }


def test_a_bias_has_both_mosaics_by_cp_pipes_names(repo: Path) -> None:
    found = pictures_of(repo, "bias")
    assert set(found) == {("biasMosaic8", ""), ("biasMosaic64", "")}
    assert all(path.suffix == ".png" for path in found.values())


def test_a_flat_has_its_mosaics_per_filter(repo: Path) -> None:
    found = pictures_of(repo, "flat", f"instrument='{CAMERA}' and physical_filter='g_01'")
    assert set(found) == {("flatMosaic8", "g_01"), ("flatMosaic64", "g_01")}


def test_defects_have_a_map(repo: Path) -> None:
    assert set(pictures_of(repo, "defects")) == {("defectsMosaic", "")}


@pytest.mark.parametrize(
    ("product", "label"),
    [
        ("bias", "cpBiasMosaic"),
        ("dark", "cpDarkMosaic"),
        ("flat", "cpFlatMosaic"),
        ("defects", "cpDefectsMosaic"),
        ("cti", "cpCtiTrails"),
    ],
)
def test_pictures_are_one_quantum_and_a_subset_of_their_own(
    product: str, label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CP_PIPE_DIR", str(CP_PIPE_DIR))
    pipeline = Pipeline.from_uri(f"{CP_PIPE_DIR}/pipelines/{CAMERA}/cp{product.capitalize()}.yaml")
    assert pipeline.subsets["pictures"] == {label}
    dimensions = pipeline.to_graph().tasks[label].raw_dimensions
    assert dimensions == ({"instrument", "physical_filter"} if product == "flat" else {"instrument"})


def test_what_butler_gives_back_is_the_file(repo: Path) -> None:
    path = pictures_of(repo, "bias", f"instrument='{CAMERA}' and detector in (0, 4)")[("biasMosaic64", "")]
    with Butler.from_config(repo) as butler:
        refs = butler.query_datasets("biasMosaic64", "u/me/bias/*", find_first=False)
        (same,) = [ref for ref in refs if butler.getURI(ref).ospath == str(path)]
        assert butler.get(same) == Picture(path.read_bytes())


def test_the_command_draws_a_picture_per_filter(repo: Path, tmp_path: Path) -> None:
    assert main(["draw", str(repo), "--collections", RUN, "--type=flat", "--into", str(tmp_path / "images")]) == 0
    assert sorted(path.name for path in (tmp_path / "images").iterdir()) == [
        f"LSSTComCam_{name}_flatMosaic{n}.png" for name in ("g_01", "r_03") for n in (64, 8)
    ]
    picture = Picture((tmp_path / "images/LSSTComCam_g_01_flatMosaic8.png").read_bytes())
    assert np.unique(pixels(picture)).size > 20


def test_the_command_draws_what_is_certified(repo: Path, tmp_path: Path) -> None:
    with Butler.from_config(repo) as butler:
        refs = butler.query_datasets("defects", RUN)
    certify(repo, f"{CAMERA}/calib/DM-1/defects", refs)
    options = ["--collections", f"{CAMERA}/calib/DM-1/defects", "--type=defects", "--into", str(tmp_path)]
    assert main(["draw", str(repo), *options]) == 0
    assert (tmp_path / "LSSTComCam_defectsMosaic.png").is_file()


def test_where_several_are_certified_a_run_must_be_named(
    repo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    collection = f"{CAMERA}/calib/DM-2/bias"
    with Butler.from_config(repo, writeable=True, run=f"{CAMERA}/calib/DM-2/made") as butler:
        put(butler, "bias", frame(50))
        middle = Time("2025-01-01", scale="tai")
        butler.collections.register(collection, CollectionType.CALIBRATION)
        for run, when in ((RUN, Timespan(None, middle)), (butler.run, Timespan(middle, None))):
            butler.registry.certify(collection, butler.query_datasets("bias", run), when)
    assert main(["draw", str(repo), "--collections", collection, "--type=bias", "--into", str(tmp_path)]) == 1
    assert "certified more than once: name a RUN" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "collections", "said"),
    [
        ("dark", RUN, "nothing to draw"),
        ("bias", "nowhere", "nothing to draw"),
        ("raw", RUN, "dataset type 'raw' is of instrument, detector, exposure"),
    ],
)
def test_what_cannot_be_drawn_is_named_and_nothing_is_written(
    repo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, collections: str, said: str
) -> None:
    into = tmp_path / "images"
    assert main(["draw", str(repo), "--collections", collections, f"--type={kind}", "--into", str(into)]) == 1
    assert said in capsys.readouterr().err
    assert not into.exists()
