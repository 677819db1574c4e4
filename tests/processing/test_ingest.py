"""Raws go into a repository once, all that can; the others are named, and nothing is lost."""

from __future__ import annotations

import bz2
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits
from lsst.daf.butler import Butler

from processing.__main__ import main
from processing.butler.registration import register
from processing.camera_files import find
from tests import fuse
from tests.processing.build import real_frames, repository

Ingest = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository to copy: making one takes longer than most tests."""
    return repository(tmp_path_factory.mktemp("empty") / "repo", "LSSTComCam", "SBIG-STL-1001E")


@pytest.fixture
def repo(empty: Path, tmp_path: Path) -> Path:
    """A repository of one's own."""
    return Path(shutil.copytree(empty, tmp_path / "repo"))


@pytest.fixture
def raws(tmp_path: Path) -> list[Path]:
    """Two bias frames on two detectors."""
    options = ["--bias=2", "--amp-size=8x8", "--detectors=0,1"]
    assert main(["simulate", str(tmp_path / "raws"), *options]) == 0
    return sorted((tmp_path / "raws").glob("*.fits"))


@pytest.fixture
def ingest(repo: Path, capsys: pytest.CaptureFixture[str]) -> Ingest:
    """The command on our repository: exit status and what its JSON says."""

    def run(*files: Path, camera: str = "LSSTComCam", into: Path = repo, more: tuple[str, ...] = ()) -> Any:
        capsys.readouterr()
        given = [str(f) for f in files]
        status = main(["repo", "ingest", str(into), *given, f"--camera={camera}", "--json", *more])
        return status, json.loads(capsys.readouterr().out)

    return run


def held(repo: Path) -> int:
    """How many raws the repository has, each readable."""
    with Butler.from_config(repo, without_datastore=False) as butler:
        refs = butler.query_datasets("raw", "*", find_first=False, explain=False)
        return sum(1 for ref in refs if butler.get(ref).image.size)


def edited(path: Path, name: str, **cards: object) -> Path:
    """A copy with other header values; None removes a keyword."""
    copy = path.with_name(name)
    with fits.open(path) as hdus:
        for key, value in cards.items():
            if value is None:
                del hdus[0].header[key]
            else:
                hdus[0].header[key] = value
        hdus.writeto(copy)
    return copy


def test_a_kill_while_the_run_is_registered_leaves_none_of_it(repo: Path, raws: list[Path], ingest: Ingest) -> None:
    with fuse.dies_inserting("run"):
        ingest(raws[0].parent)
    assert ingest(raws[0].parent) == (0, {"ingested": 4, "skipped": 0, "refused": []})


def test_a_directory_of_raws_is_ingested(repo: Path, raws: list[Path], ingest: Ingest) -> None:
    assert ingest(raws[0].parent) == (0, {"ingested": 4, "skipped": 0, "refused": []})
    assert held(repo) == 4


def test_the_same_files_again_are_skipped(repo: Path, raws: list[Path], ingest: Ingest) -> None:
    ingest(*raws)
    assert ingest(*raws) == (0, {"ingested": 0, "skipped": 4, "refused": []})


def test_a_copy_of_a_file_in_the_same_call_is_skipped(raws: list[Path], ingest: Ingest) -> None:
    copy = shutil.copy(raws[0], raws[0].with_name("zcopy.fits"))
    assert ingest(*raws, copy)[1] == {"ingested": 4, "skipped": 1, "refused": []}


def test_the_same_raw_has_the_same_uuid_in_every_repository(
    empty: Path, repo: Path, raws: list[Path], ingest: Ingest, tmp_path: Path
) -> None:
    other = Path(shutil.copytree(empty, tmp_path / "other"))
    uuids = []
    for each in (repo, other):
        ingest(raws[0], into=each)
        with Butler.from_config(each) as butler:
            uuids.append(butler.query_datasets("raw", "LSSTComCam/raw/all")[0].id)
    assert uuids[0] == uuids[1]


@pytest.mark.parametrize("transfer", ["copy", "symlink", "direct"])
def test_every_transfer_can_be_repeated(repo: Path, raws: list[Path], ingest: Ingest, transfer: str) -> None:
    more = (f"--transfer={transfer}",)
    assert ingest(*raws, more=more)[1]["ingested"] == 4
    assert ingest(*raws, more=more)[1]["skipped"] == 4
    assert held(repo) == 4


def test_later_frames_of_a_night_keep_the_earlier_ids(repo: Path, ingest: Ingest) -> None:
    late, early = (Path(p) for p in real_frames(
        "biases-Neg5-Vis.00000001.BIAS.FIT", "biases-Neg5-Vis.00000000.BIAS.FIT"
    ))  # fmt: skip
    ingest(late, camera="SBIG-STL-1001E")
    ingest(early, camera="SBIG-STL-1001E")
    with Butler.from_config(repo) as butler:
        records = butler.query_dimension_records("exposure", instrument="SBIG-STL-1001E")
    assert sorted(r.id for r in records) == [2017090831508, 2017090831513]


def test_utc_of_the_header_becomes_tai(repo: Path, ingest: Ingest) -> None:
    ingest(*map(Path, real_frames("biases-Neg5-Vis.00000000.BIAS.FIT")), camera="SBIG-STL-1001E")
    with Butler.from_config(repo) as butler:
        (record,) = butler.query_dimension_records("exposure", instrument="SBIG-STL-1001E")
    assert record.timespan.begin.tai.isot == "2017-09-08T20:45:45.464000"


# What cannot be ingested.


@pytest.mark.parametrize("length", [0, 100, 3000, 8000])
def test_a_truncated_file_is_named_and_the_others_are_ingested(
    repo: Path, raws: list[Path], ingest: Ingest, length: int
) -> None:
    os.truncate(raws[1], length)
    status, said = ingest(*raws)
    assert (status, said["ingested"]) == (1, 3)
    (refusal,) = said["refused"]
    assert refusal["file"] == str(raws[1])
    assert "truncated" in refusal["why"] or "unreadable as FITS" in refusal["why"]
    assert held(repo) == 3


def test_a_truncated_compressed_file_is_named(raws: list[Path], ingest: Ingest) -> None:
    packed = raws[0].with_suffix(".fits.bz2")
    packed.write_bytes(bz2.compress(raws[0].read_bytes())[:-50])
    status, said = ingest(packed)
    assert status == 1
    assert "unreadable as FITS" in said["refused"][0]["why"]


def test_a_compressed_file_is_read_as_it_is(repo: Path, raws: list[Path], ingest: Ingest) -> None:
    packed = raws[0].with_suffix(".fits.bz2")
    packed.write_bytes(bz2.compress(raws[0].read_bytes()))
    assert ingest(packed)[1]["ingested"] == 1
    assert held(repo) == 1


def test_a_file_that_is_not_there_is_named(raws: list[Path], ingest: Ingest) -> None:
    status, said = ingest(raws[0].with_name("gone.fits"), raws[0])
    assert (status, said["ingested"]) == (1, 1)
    assert "No such file" in said["refused"][0]["why"]


def test_a_frame_of_another_camera_is_named(raws: list[Path], ingest: Ingest) -> None:
    status, said = ingest(*raws, camera="SBIG-STL-1001E")
    assert (status, said["ingested"], len(said["refused"])) == (1, 0, 4)
    assert "of camera 'LSSTComCam', expected 'SBIG-STL-1001E'" in said["refused"][0]["why"]


def test_another_frame_for_the_same_exposure_and_detector_is_refused(
    repo: Path, raws: list[Path], ingest: Ingest
) -> None:
    other = edited(raws[0], "zother.fits", COMMENT="other bytes")
    status, said = ingest(*raws, other)
    assert (status, said["ingested"]) == (1, 4)
    assert said["refused"][0]["file"] == str(other)
    assert f"duplicate of {raws[0]}" in said["refused"][0]["why"]


def test_another_frame_for_what_the_repository_holds_is_refused(raws: list[Path], ingest: Ingest) -> None:
    ingest(*raws)
    status, said = ingest(edited(raws[0], "zother.fits", COMMENT="other bytes"))
    assert (status, said["ingested"], said["skipped"]) == (1, 0, 0)
    assert "exposure 2024120800001, detector 0" in said["refused"][0]["why"]


def test_a_detector_that_contradicts_its_exposure_is_refused(raws: list[Path], ingest: Ingest) -> None:
    ingest(*raws)
    status, said = ingest(edited(raws[0], "z.fits", DETECTOR=2, IMGTYPE="DARK"))
    assert status == 1
    assert "observation_type dark against bias" in said["refused"][0]["why"]


@pytest.mark.parametrize("key", ["IMGTYPE", "EXPTIME", "DATE-OBS", "FILTER", "SEQNUM", "DETECTOR"])
def test_a_missing_keyword_is_named(raws: list[Path], ingest: Ingest, key: str) -> None:
    status, said = ingest(edited(raws[0], "z.fits", **{key: None}))
    assert status == 1
    assert f"the header has no {key}" in said["refused"][0]["why"]


def test_an_image_of_another_size_is_refused(raws: list[Path], ingest: Ingest) -> None:
    _, said = ingest(edited(raws[0], "z.fits", SEGCOLS=9))
    assert "the image has (24, 136) (rows, columns), expected (24, 144)" in said["refused"][0]["why"]


def test_a_detector_that_the_camera_has_not_is_refused(raws: list[Path], ingest: Ingest) -> None:
    _, said = ingest(edited(raws[0], "z.fits", DETECTOR=12))
    assert "LSSTComCam has no detector 12" in said["refused"][0]["why"]


# Repositories that cannot take anything.


def test_a_missing_repository_is_an_error_with_the_next_move(raws: list[Path], ingest: Ingest, tmp_path: Path) -> None:
    status, said = ingest(*raws, into=tmp_path / "none")
    assert status == 1
    assert "no repository here; make one with: python -m processing repo create" in said["error"]


def test_a_directory_without_raws_is_an_error(ingest: Ingest, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    status, said = ingest(tmp_path / "nothing")
    assert status == 1
    assert "no raws" in said["error"]


def test_a_repository_without_the_camera_says_how_to_add_it(raws: list[Path], ingest: Ingest, tmp_path: Path) -> None:
    other = repository(tmp_path / "sbig", "SBIG-STL-1001E")
    status, said = ingest(*raws, into=other)
    assert status == 1
    assert "butler register-instrument REPO processing.butler.instrument.LSSTComCam" in said["error"]


def test_a_repository_that_we_did_not_make_is_refused_unchanged(
    raws: list[Path], ingest: Ingest, tmp_path: Path
) -> None:
    Butler.makeRepo(tmp_path / "plain")
    assert "not made by `repo create`" in ingest(*raws, into=tmp_path / "plain")[1]["error"]


def test_a_repository_that_defines_raws_otherwise_is_refused_unchanged(
    raws: list[Path], ingest: Ingest, tmp_path: Path
) -> None:
    Butler.makeRepo(tmp_path / "plain")
    with Butler.from_config(tmp_path / "plain", writeable=True) as butler:
        register(butler.registry, find("LSSTComCam"))
        butler.registry.registerDatasetType(_foreign_raw(butler))
    status, said = ingest(*raws, into=tmp_path / "plain")
    assert status == 1
    assert "defines raws otherwise" in said["error"]
    with Butler.from_config(tmp_path / "plain") as butler:
        assert not list(butler.collections.query("*"))


def _foreign_raw(butler: Butler) -> Any:
    from lsst.daf.butler import DatasetType

    dimensions = butler.dimensions.conform(["instrument", "exposure", "detector"])
    return DatasetType("raw", dimensions, "StructuredDataDict")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1.3 MB, mounted here."""
    place = tmp_path / "small"
    place.mkdir()
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("mounting a small file system needs root")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1300k", "tmpfs", place], check=False)
    if mounted.returncode:
        pytest.skip("this system does not let us mount a small file system")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)  # a failed Butler may still hold its database


def test_a_full_disk_is_an_error_and_a_repetition_finishes(
    empty: Path, raws: list[Path], ingest: Ingest, small_disk: Path
) -> None:
    repo = Path(shutil.copytree(empty, small_disk / "repo"))
    filler = small_disk / "filler"
    filler.write_bytes(bytes(_free(small_disk) - 40_000))
    status, said = ingest(*raws, into=repo)
    assert status == 1
    assert "No space left" in said["error"] or "disk is full" in said["error"]
    filler.unlink()
    assert held(repo) == 0
    assert ingest(*raws, into=repo)[1]["ingested"] == 4


def test_a_full_disk_leaves_no_half_repository(small_disk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (small_disk / "filler").write_bytes(bytes(_free(small_disk) - 40_000))
    assert main(["repo", "create", str(small_disk / "repo"), "--camera=LSSTComCam"]) == 1
    error = capsys.readouterr().err
    assert "No space left" in error or "disk is full" in error or "disk I/O error" in error
    assert not (small_disk / "repo").exists()


def test_a_repository_that_cannot_be_written_is_an_error(
    empty: Path, raws: list[Path], ingest: Ingest, small_disk: Path
) -> None:
    repo = Path(shutil.copytree(empty, small_disk / "repo"))
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    status, said = ingest(*raws, into=repo)
    assert status == 1
    assert "readonly" in said["error"] or "Read-only" in said["error"]


def _free(place: Path) -> int:
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize
