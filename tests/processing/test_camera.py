"""Cameras are values read from YAML; a mistake in the file is named with file and key."""

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from processing import camera_files
from processing.camera import CameraError, Segment

SMALLEST = {
    "name": "MyCam",
    "time_scale": "utc",
    "segment": {"columns": 20, "rows": 10},
    "amplifier_defaults": {"gain_e_per_adu": 2.0, "read_noise_e": 5.0, "saturation_adu": 60000},
    "amplifiers": [{"name": "A", "column": 0, "row": 0}, {"name": "B", "column": 1, "row": 0, "flip_x": True}],
    "detectors": [{"id": 0, "name": "S0"}, {"id": 1, "name": "S1", "amplifiers": {"B": {"gain_e_per_adu": 3.0}}}],
    "filters": {"R": "r"},
    "header": {
        "camera": {"key": "INSTRUME"},
        "detector": {"key": "CHIP"},
        "observation_type": {"key": "IMAGETYP"},
        "begin": {"key": "DATE-OBS"},
        "exposure_time": {"key": "EXPTIME"},
        "filter": {"key": "FILTER"},
    },
}


def written(directory: Path, **changes: object) -> Path:
    """A camera file, changed."""
    path = directory / "MyCam.yaml"
    path.write_text(yaml.safe_dump(SMALLEST | changes))
    return path


@pytest.mark.parametrize("name", ["LATISS", "LSSTCam", "LSSTComCam", "SBIG-STL-1001E"])
def test_a_camera_of_the_package_can_be_found(name: str) -> None:
    assert camera_files.find(name).name == name


def test_comcam_has_nine_detectors_of_sixteen_amplifiers() -> None:
    camera = camera_files.find("LSSTComCam")
    assert [len(d.amplifiers) for d in camera.detectors] == [16] * 9
    assert dict(camera.filters) == {
        "u_02": "u", "g_01": "g", "r_03": "r", "i_06": "i", "z_03": "z", "y_04": "y",
    }  # fmt: skip


def test_comcam_sensors_have_their_real_size() -> None:
    camera = camera_files.find("LSSTComCam")
    assert camera.detector(0).shape(camera.segment) == (4000, 4072)


def test_latiss_has_one_sensor_and_names_a_filter_with_its_grating() -> None:
    camera = camera_files.find("LATISS")
    assert [d.name for d in camera.detectors] == ["RXX_S00"]
    assert len(camera.detector(0).amplifiers) == 16
    assert camera.physical_filter("r") == "SDSSr_65mm~empty"
    assert camera.physical_filter("white") == "empty~empty"


def test_lsstcam_has_189_science_detectors_in_21_rafts() -> None:
    camera = camera_files.find("LSSTCam")
    assert [d.id for d in camera.detectors] == list(range(189))
    assert len({d.name.split("_")[0] for d in camera.detectors}) == 21
    assert [camera.detector(n).name for n in (0, 8, 27, 94, 188)] == [
        "R01_S00", "R01_S22", "R10_S00", "R22_S11", "R43_S22",
    ]  # fmt: skip
    assert {b: camera.physical_filter(b) for b in "ugrizy"} == {
        "u": "u_24", "g": "g_6", "r": "r_57", "i": "i_39", "z": "z_20", "y": "y_10",
    }  # fmt: skip


def test_no_two_detectors_of_lsstcam_stand_in_one_place_and_its_corners_are_empty() -> None:
    places = {d.position for d in camera_files.find("LSSTCam").detectors}
    assert len(places) == 189
    assert not places & {(x, y) for x in (0, 1, 2, 12, 13, 14) for y in (0, 1, 2, 12, 13, 14)}


@pytest.mark.parametrize(
    ("number", "shape", "flips", "gain"), [(0, (4000, 4072), {True}, 1.662), (94, (4004, 4096), {False}, 1.477)]
)
def test_the_makers_of_lsstcam_differ_in_size_gain_and_the_side_of_the_lower_readouts(
    number: int, shape: tuple[int, int], flips: set[bool], gain: float
) -> None:
    camera = camera_files.find("LSSTCam")
    detector = camera.detector(number)
    assert detector.shape(camera.segment_for(detector)) == shape
    assert {a.flip_x for a in detector.amplifiers if a.row == 0} == flips
    assert {a.gain_e_per_adu for a in detector.amplifiers} == {gain}


@pytest.mark.parametrize(("header", "columns"), [({"DETECTOR": 0}, 509), ({"DETECTOR": 94}, 512)])
def test_a_raw_that_says_nothing_has_the_segment_of_its_detector(header: dict[str, int], columns: int) -> None:
    assert camera_files.find("LSSTCam").segment_of(header).columns == columns


def test_a_raw_that_says_its_size_is_believed_whatever_its_detector() -> None:
    header = {"DETECTOR": 94, "SEGCOLS": 32, "SEGROWS": 16, "SEGPRE": 1, "SEGOVCOL": 8, "SEGOVROW": 4}
    assert camera_files.find("LSSTCam").segment_of(header).shape == (20, 41)


def test_a_raft_is_nine_detectors_of_one_make(tmp_path: Path) -> None:
    raft = {"name": "R10", "first_id": 9, "position": [0, 1], "sensor": "small"}
    make = {"small": {"segment": {"columns": 4, "rows": 5}, "amplifiers": [{"names": ["P", "Q"], "row": 0}]}}
    camera = camera_files.load(written(tmp_path, sensors=make, rafts=[raft]))
    corner = camera.detector(17)
    assert (corner.name, corner.position, corner.shape(camera.segment_for(corner))) == ("R10_S22", (2, 5), (5, 8))
    assert [(a.name, a.column) for a in corner.amplifiers] == [("P", 0), ("Q", 1)]
    assert [a.name for a in camera.detector(0).amplifiers] == ["A", "B"]


def test_a_detector_overrides_an_amplifier(tmp_path: Path) -> None:
    camera = camera_files.load(written(tmp_path))
    assert [a.gain_e_per_adu for a in camera.detector(1).amplifiers] == [2.0, 3.0]


def test_a_camera_outside_the_package_is_found_on_the_search_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path)
    monkeypatch.setenv("PROCESSING_CAMERAS", str(tmp_path))
    assert camera_files.find("MyCam").segment.columns == 20


def test_an_unknown_camera_is_answered_with_the_known_ones() -> None:
    with pytest.raises(CameraError, match=r"no camera 'Nope'.*LSSTComCam.*PROCESSING_CAMERAS"):
        camera_files.find("Nope")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"segment": {"columns": 20}}, r"MyCam.yaml: segment.rows: Field required"),
        ({"segmnt": 1}, r"segmnt: Extra inputs"),
        ({"time_scale": "gps"}, r"time_scale: .*'utc' or 'tai'.*found 'gps'"),
        ({"filters": {"y": True}}, r"filters.y: .*quotes"),
        ({"header": SMALLEST["header"] | {"begin": {}}}, r"header.begin: .*`key`, `default` or both"),
        ({"detectors": [{"id": 0, "name": "a"}] * 2}, r"detector ids stand twice: \[0\]"),
        ({"name": "Other"}, r"'Other' must be the file's name, 'MyCam'"),
        ({"rafts": [{"name": "R1"}]}, r"detectors.2.id: Field required"),
        (
            {"rafts": [{"name": "R1", "first_id": 2, "position": [0, 0], "sensor": "x"}]},
            r"detectors.2.sensor: Extra inputs",
        ),
        ({"rafts": {"name": "R1"}}, r"rafts: Extra inputs"),
        ({"rafts": [{"name": "R1", "first_id": 2, "position": "ab"}]}, r"detectors.2.first_id: Extra inputs"),
        ({"sensors": {"x": 1}}, r"sensors: Extra inputs"),
        ({"amplifier_defaults": {}}, r"detectors.0.amplifiers.0.gain_e_per_adu: Field required"),
    ],
)
def test_a_mistake_is_named_with_file_and_key(tmp_path: Path, change: dict[str, object], said: str) -> None:
    with pytest.raises(CameraError, match=said):
        camera_files.load(written(tmp_path, **change))


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(CameraError) as error:
        camera_files.load(written(tmp_path, time_scale="gps", segment={}))
    assert len(str(error.value).splitlines()) == 3


def test_a_file_that_is_no_yaml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "MyCam.yaml"
    path.write_text("name: [")
    with pytest.raises(CameraError, match=r"MyCam.yaml: cannot be read"):
        camera_files.load(path)


def test_a_camera_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        camera_files.find("LSSTComCam").segment.columns = 1  # type: ignore[misc]  # what the test is about


def test_a_scaled_segment_keeps_scans_that_can_be_measured() -> None:
    segment = camera_files.find("LSSTComCam").segment.scaled_to(64, 32)
    assert segment == Segment(columns=64, rows=32, prescan_columns=1, overscan_columns=8, overscan_rows=4)


def test_a_camera_without_overscan_has_none_when_scaled() -> None:
    segment = camera_files.find("SBIG-STL-1001E").segment.scaled_to(64, 32)
    assert segment.shape == (32, 64)
