"""Headers become observations: times, counters, types, and clear words about what is missing."""

from typing import Any

import pytest

from processing import camera_files
from processing.observation import HeaderError, detector_of, observe

SBIG = camera_files.find("SBIG-STL-1001E")
COMCAM = camera_files.find("LSSTComCam")


def sbig(**changes: Any) -> dict[str, Any]:
    """A header of the SBIG camera; None removes a keyword."""
    header = {
        "INSTRUME": "SBIG STL-1001 3 CCD Camera",
        "IMAGETYP": "Bias Frame          ",
        "DATE-OBS": "2017-09-08T20:45:08.464",
        "EXPTIME": 0.0,
        "FILTER": "Visible             ",
    } | {k.replace("_", "-"): v for k, v in changes.items()}
    return {k: v for k, v in header.items() if v is not None}


def comcam(**changes: Any) -> dict[str, Any]:
    """A header of LSSTComCam."""
    return {
        "INSTRUME": "LSSTComCam", "DETECTOR": 4, "IMGTYPE": "FLAT", "DATE-OBS": "2024-12-09T00:00:00",
        "EXPTIME": 10.0, "DARKTIME": 11.0, "FILTER": "r_03", "DAYOBS": "20241208", "SEQNUM": 696,
    } | changes  # fmt: skip


def test_the_exposure_id_is_the_day_and_the_number_in_the_header() -> None:
    assert observe(comcam(), COMCAM).exposure == 2024120800696


def test_without_a_counter_the_number_is_the_second_of_the_observing_day() -> None:
    assert observe(sbig(), SBIG).exposure == 2017090800000 + 8 * 3600 + 45 * 60 + 8


def test_without_a_counter_the_number_keeps_the_order_of_time() -> None:
    times = ["2017-09-08T12:00:00", "2017-09-08T23:59:59", "2017-09-09T00:00:01", "2017-09-09T11:59:59"]
    numbers = [observe(sbig(DATE_OBS=t), SBIG).exposure for t in times]
    assert numbers == sorted(set(numbers))


def test_the_day_lasts_until_noon() -> None:
    assert observe(sbig(DATE_OBS="2017-09-09T11:59:59"), SBIG).day_obs == 20170908
    assert observe(sbig(DATE_OBS="2017-09-09T12:00:00"), SBIG).day_obs == 20170909


def test_the_words_of_a_camera_are_translated() -> None:
    assert observe(sbig(IMAGETYP="Light Frame"), SBIG).observation_type == "flat"


def test_dark_time_is_exposure_time_where_the_header_has_none() -> None:
    assert observe(sbig(EXPTIME=60.0), SBIG).dark_time == 60.0
    assert observe(comcam(), COMCAM).dark_time == 11.0


def test_what_a_header_does_not_say_is_unknown() -> None:
    assert observe(comcam(), COMCAM).science_program == "unknown"


def test_a_raw_of_another_camera_is_refused_with_both_names() -> None:
    with pytest.raises(HeaderError, match=r"of camera 'LSSTComCam', expected 'SBIG-STL-1001E'"):
        detector_of(comcam(), SBIG)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"EXPTIME": None}, r"no EXPTIME \(exposure_time\)"),
        ({"EXPTIME": "long"}, r"EXPTIME \(exposure_time\) is 'long', expected a number"),
        ({"DATE_OBS": "yesterday"}, r"DATE-OBS \(begin\) is 'yesterday'.*2024-12-08T"),
        ({"IMAGETYP": "Tea break"}, r"IMAGETYP.*'Tea break', expected one of Bias Frame, Dark Frame"),
        ({"FILTER": "Red"}, r"FILTER \(filter\) is 'Red', expected one of Visible"),
        ({"OBJECT": "x" * 65}, r"target_name is 'x+', expected at most 64 characters"),
    ],
)
def test_a_bad_header_is_refused_with_the_keyword(change: dict[str, Any], said: str) -> None:
    with pytest.raises(HeaderError, match=said):
        observe(sbig(**change), SBIG)


@pytest.mark.parametrize(("key", "value"), [("SEQNUM", 100_000), ("SEQNUM", 1.5), ("DAYOBS", "20241301")])
def test_a_bad_counter_is_refused(key: str, value: Any) -> None:
    with pytest.raises(HeaderError, match=f"(?i){key[:3]}"):
        observe(comcam(**{key: value}), COMCAM)
