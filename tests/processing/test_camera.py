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


@pytest.mark.parametrize("name", ["LSSTComCam", "SBIG-STL-1001E"])
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
