"""Putting files: what is there already stays, what is lacking comes, all or nothing."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from lsst.daf.butler import CollectionType, DatasetType, Timespan

from reconciler.errors import ReconcileError
from reconciler.observation import Scope
from reconciler.parcel import File
from tests import fuse
from tests.contract.hands import EVERYTHING, ButlerHands, Hands, data_id

RUN = "Cam/calib/DM-1/unbounded"


def file(tmp_path: Path, detector: int, dataset_type: str = "defects") -> File:
    path = tmp_path / f"{dataset_type}_{detector}.yaml"
    path.write_text(f"detector: {detector}\n")
    dimensions = ("instrument", "detector")
    return File(dataset_type, "StructuredDataDict", dimensions, data_id(detector), str(path), sha256_of(path))


def sha256_of(path: str | Path) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def test_files_become_datasets_of_the_run(hands: Hands, tmp_path: Path) -> None:
    uuids = hands.repository.put(RUN, (file(tmp_path, 3, "bias"), file(tmp_path, 4, "bias")))
    assert set(uuids["bias"]) == {data_id(3), data_id(4)}
    assert hands.repository.observe(EVERYTHING).contents[RUN, "bias"] == uuids["bias"]


def test_putting_twice_is_putting_once(hands: Hands, tmp_path: Path) -> None:
    files = (file(tmp_path, 3, "bias"), file(tmp_path, 4, "bias"))
    first = hands.repository.put(RUN, files)
    assert hands.again().put(RUN, files) == first


def test_after_a_kill_only_what_is_lacking_is_put(hands: Hands, tmp_path: Path) -> None:
    files = (file(tmp_path, 3, "bias"), file(tmp_path, 4, "bias"))
    begun = hands.repository.put(RUN, files[:1])
    assert hands.repository.put(RUN, files)["bias"][data_id(3)] == begun["bias"][data_id(3)]


def test_a_kill_while_the_run_is_registered_leaves_none_of_it(butler_hands: ButlerHands, tmp_path: Path) -> None:
    files = (file(tmp_path, 3, "bias"),)
    with fuse.dies_inserting("run"):
        butler_hands.repository.put(RUN, files)
    assert set(butler_hands.again().put(RUN, files)["bias"]) == {data_id(3)}


def test_nothing_to_put_puts_nothing(hands: Hands) -> None:
    assert hands.repository.put(RUN, ()) == {}
    assert hands.kind(RUN) == "RUN"


def test_a_dataset_type_that_is_new_is_registered_and_its_files_can_be_read(
    butler_hands: ButlerHands, tmp_path: Path
) -> None:
    butler_hands.repository.put(RUN, (file(tmp_path, 3),))
    butler_hands.butler.registry.refresh()
    found = butler_hands.butler.get("defects", instrument="Cam", detector=3, collections=RUN)
    assert found == {"detector": 3}
    assert butler_hands.butler.get_dataset_type("defects").isCalibration()


def test_a_file_that_a_killed_attempt_left_does_not_hinder(butler_hands: ButlerHands, tmp_path: Path) -> None:
    one = file(tmp_path, 3)
    butler_hands.repository.put(RUN, (one,))
    (ref,) = butler_hands.butler.query_datasets("defects", collections=RUN)
    left = Path(butler_hands.butler.getURI(ref).ospath)
    butler_hands.butler.pruneDatasets([ref], purge=True, unstore=True, disassociate=True)
    left.write_text("half of a fi")
    butler_hands.repository.put(RUN, (one,))
    assert butler_hands.butler.get("defects", instrument="Cam", detector=3, collections=RUN) == {"detector": 3}


def test_a_dataset_type_that_is_defined_otherwise_is_refused_before_anything_is_written(
    butler_hands: ButlerHands, tmp_path: Path
) -> None:
    other = replace(file(tmp_path, 3, "flat"), storage_class="StructuredDataList")
    with pytest.raises(ReconcileError) as error:
        butler_hands.repository.put(RUN, (file(tmp_path, 3), other))
    for words in ("flat", "StructuredDataDict", "StructuredDataList", "physical_filter"):
        assert words in str(error.value)
    assert butler_hands.kind(RUN) is None
    assert not butler_hands.butler.registry.queryDatasetTypes(["defects"], missing=[])


def test_a_storage_class_that_the_repository_does_not_know_is_refused(
    butler_hands: ButlerHands, tmp_path: Path
) -> None:
    with pytest.raises(ReconcileError, match="storage class Crosstalk of defects"):
        butler_hands.repository.put(RUN, (replace(file(tmp_path, 3), storage_class="Crosstalk"),))


def test_a_dimension_that_does_not_exist_is_refused(butler_hands: ButlerHands, tmp_path: Path) -> None:
    with pytest.raises(ReconcileError, match="amplifier"):
        butler_hands.repository.put(RUN, (replace(file(tmp_path, 3), dimensions=("instrument", "amplifier")),))


def test_a_detector_that_the_camera_does_not_have_is_refused_and_nothing_is_put(
    butler_hands: ButlerHands, tmp_path: Path
) -> None:
    with pytest.raises(ReconcileError, match="99"):
        butler_hands.repository.put(RUN, (file(tmp_path, 3, "bias"), file(tmp_path, 99, "bias")))
    assert butler_hands.repository.observe(EVERYTHING).contents.get((RUN, "bias"), {}) == {}


def test_a_data_id_that_lacks_a_dimension_is_refused(butler_hands: ButlerHands, tmp_path: Path) -> None:
    with pytest.raises(ReconcileError, match="detector"):
        butler_hands.repository.put(RUN, (replace(file(tmp_path, 3, "bias"), data_id="instrument=Cam"),))


def test_a_file_that_has_changed_since_it_was_read_is_refused(butler_hands: ButlerHands, tmp_path: Path) -> None:
    one = file(tmp_path, 3)
    Path(one.path).write_text("{}")
    with pytest.raises(ReconcileError, match="has changed"):
        butler_hands.repository.put(RUN, (one,))


def test_a_file_that_is_gone_is_named(butler_hands: ButlerHands, tmp_path: Path) -> None:
    one = file(tmp_path, 3)
    Path(one.path).unlink()
    with pytest.raises(ReconcileError, match=r"defects_3\.yaml"):
        butler_hands.repository.put(RUN, (one,))


def test_a_file_of_a_kind_that_the_formatter_does_not_read_is_refused(
    butler_hands: ButlerHands, tmp_path: Path
) -> None:
    one = file(tmp_path, 3)
    other = Path(one.path).rename(tmp_path / "defects.txt")
    with pytest.raises(ReconcileError, match=r"\.txt"):
        butler_hands.repository.put(RUN, (replace(one, path=str(other)),))


def test_a_run_that_exists_as_something_else_is_refused(butler_hands: ButlerHands, tmp_path: Path) -> None:
    butler_hands.collection(RUN, "CALIBRATION")
    with pytest.raises(ReconcileError, match="CALIBRATION"):
        butler_hands.repository.put(RUN, (file(tmp_path, 3),))
    assert not butler_hands.butler.registry.queryDatasetTypes(["defects"], missing=[])


def test_the_files_of_a_run_are_copied_out_under_plain_names_as_often_as_asked(hands: Hands, tmp_path: Path) -> None:
    hands.repository.put(RUN, (file(tmp_path, 3, "bias"), file(tmp_path, 4, "bias")))
    into = tmp_path / "pictures"
    for _ in range(2):
        paths = hands.repository.retrieve(RUN, ("bias", "biasMosaic8"), str(into))
        assert sorted(into.iterdir()) == sorted(map(Path, paths))
        assert len(paths) == 2


def test_a_run_without_pictures_gives_none(hands: Hands, tmp_path: Path) -> None:
    assert hands.repository.retrieve("Cam/calib/none", ("biasMosaic8",), str(tmp_path / "pictures")) == ()


def test_looking_at_a_picture_does_not_hide_calibrations_of_the_same_dimensions(
    butler_hands: ButlerHands, tmp_path: Path
) -> None:
    repository, everything = butler_hands.repository, Scope(None, frozenset({"camera"}))
    path = file(tmp_path, 3).path
    camera = File("camera", "StructuredDataDict", ("instrument",), "instrument=Cam", path, sha256_of(path))
    uuid = repository.put(RUN, (camera,))["camera"]["instrument=Cam"]
    before = repository.observe(everything)
    butler = butler_hands.butler
    butler.registry.refresh()
    butler.registry.registerDatasetType(
        DatasetType("map", ["instrument"], "StructuredDataDict", universe=butler.dimensions)
    )
    butler_hands.collection("somebody/run", "RUN")
    butler.put({}, "map", instrument="Cam", run="somebody/run")
    butler.collections.register("calib/camera", CollectionType.CALIBRATION)
    butler.registry.certify("calib/camera", [butler.get_dataset(UUID(uuid))], Timespan(None, None))
    assert len(repository.retrieve("somebody/run", ("map",), str(tmp_path / "pictures"))) == 1
    after = repository.observe(everything)
    assert after.contents == before.contents
    assert after.certifications["calib/camera", "camera"]
