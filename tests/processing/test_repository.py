"""A repository of ours serves anybody's plain `butler` command."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from astropy.io import fits

from processing.__main__ import main
from processing.butler.registration import class_name
from processing.camera import CameraError
from processing.camera_files import find
from tests.processing.build import CP_PIPE_DIR, generate, repository

BUTLER = Path(sys.executable).with_name("butler")


def butler(*arguments: object) -> str:
    """What the command prints, run from a directory of no meaning."""
    done = subprocess.run([BUTLER, *map(str, arguments)], capture_output=True, text=True, cwd="/", check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the bias of one detector."""
    top = tmp_path_factory.mktemp("top")
    assert main(["simulate", str(top / "raws"), "--bias=2", "--amp-size=8x8", "--detectors=3"]) == 0
    repo = repository(top / "repo", "LSSTComCam", "SBIG-STL-1001E")
    assert main(["repo", "ingest", str(repo), str(top / "raws"), "--camera=LSSTComCam"]) == 0
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CP_PIPE_DIR", str(CP_PIPE_DIR))
        pipeline = CP_PIPE_DIR / "pipelines/LSSTComCam/cpBias.yaml"
        generate(repo, pipeline, "instrument='LSSTComCam'", inputs=["LSSTComCam/raw/all"], run="u/me/bias")
    return repo


def test_butler_lists_both_cameras(repo: Path) -> None:
    listed = butler("query-dimension-records", repo, "instrument")
    assert "processing.butler.instrument.SBIG_STL_1001E" in listed
    assert "processing.butler.instrument.LSSTComCam" in listed


def test_butler_finds_raws_by_selection(repo: Path) -> None:
    where = "instrument='LSSTComCam' and exposure.seq_num in (2..9) and exposure.observation_type='bias'"
    listed = butler("query-datasets", repo, "raw", "--where", where)
    assert "2024120800002" in listed
    assert "2024120800001" not in listed


def test_butler_retrieves_files_that_astropy_reads(repo: Path, tmp_path: Path) -> None:
    butler("retrieve-artifacts", repo, tmp_path, "--dataset-type=bias", "--collections=u/me/bias")
    (path,) = tmp_path.rglob("*.fits")
    assert fits.getdata(path).shape == (16, 64)
    assert fits.getval(path, "OBSTYPE") == "bias"


def test_butler_get_needs_no_code_of_ours_to_be_imported_first(repo: Path) -> None:
    script = (
        "import sys; from lsst.daf.butler import Butler; b = Butler.from_config(sys.argv[1]);"
        "print(b.get('bias', instrument='LSSTComCam', detector=3, collections='u/me/bias').unit);"
        "print(b.get(b.query_datasets('raw', 'LSSTComCam/raw/all')[0]).image.shape)"
    )
    # The package itself has to be importable, as BUTLER's configuration names its classes.
    environment = os.environ | {"PYTHONPATH": str(CP_PIPE_DIR.parent)}
    done = subprocess.run(
        [sys.executable, "-c", script, repo], capture_output=True, text=True, cwd="/", env=environment, check=True
    )
    assert done.stdout.split("\n")[:2] == ["adu", "(24, 136)"]


def test_checksums_are_recorded(repo: Path) -> None:
    assert "checksum: true" in (repo / "butler.yaml").read_text()


def test_a_name_with_a_dot_is_refused_with_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["repo", "create", str(tmp_path / "repo3.12"), "--camera=LSSTComCam"]) == 1
    assert "use " + str(tmp_path / "repo3_12") in capsys.readouterr().err


def test_a_repository_is_not_made_twice(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["repo", "create", str(repo), "--camera=LSSTComCam"]) == 1
    assert "is a repository already; nothing was changed" in capsys.readouterr().err


def test_a_database_that_does_not_answer_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = "postgresql://nobody@127.0.0.1:9/none"
    assert main(["repo", "create", str(tmp_path / "repo"), "--camera=LSSTComCam", f"--db={url}"]) == 1
    assert "the database refuses" in capsys.readouterr().err
    assert not (tmp_path / "repo").exists()


def test_an_instrument_class_fits_into_butlers_column() -> None:
    assert len(class_name(find("SBIG-STL-1001E"))) <= 64


def test_a_name_that_would_not_fit_is_refused() -> None:
    long = find("LSSTComCam").model_copy(update={"name": "C" * 40})
    with pytest.raises(CameraError, match="longer than 64"):
        class_name(long)
