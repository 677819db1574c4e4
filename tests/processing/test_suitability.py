"""What is doubtful of the inputs of a product is named, and stands in its header."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from processing import frame, suitability
from processing.combine import meanclip
from processing.frame import Frame
from processing.suitability import Input, Remark, UnsuitableError

FRAME = Input(1, "dark", "r_03", exposure_time=300.0, dark_time=301.0)


def remarks(calibration_type: str, *inputs: Input) -> dict[str, str]:
    """Texts by name."""
    return {r.name: r.text for r in suitability.of_inputs(calibration_type, inputs)}


@pytest.mark.parametrize(
    ("kind", "like"),
    [
        ("bias", replace(FRAME, observation_type="bias", exposure_time=0.0, dark_time=0.0)),
        ("dark", FRAME),
        ("flat", replace(FRAME, observation_type="flat")),
    ],
)
def test_like_frames_need_no_remark(kind: str, like: Input) -> None:
    assert remarks(kind, like, replace(like, exposure=2)) == {}


def test_a_flat_of_two_filters_is_refused_with_the_exposures_of_each() -> None:
    with pytest.raises(UnsuitableError, match=r"i_06: exposures 2; r_03: exposures 1\. Select one"):
        suitability.of_inputs("flat", [FRAME, replace(FRAME, exposure=2, physical_filter="i_06")])


@pytest.mark.parametrize("kind", ["bias", "dark"])
def test_frames_without_light_may_have_any_filter(kind: str) -> None:
    other = replace(FRAME, exposure=2, physical_filter="i_06")
    assert remarks(kind, FRAME, other).keys() == remarks(kind, FRAME, FRAME).keys()


def test_frames_of_another_type_are_named() -> None:
    assert remarks("dark", FRAME, replace(FRAME, exposure=2, observation_type="flat")) == {
        "other-type": "in a dark: flat: exposures 2"
    }


def test_darks_of_several_times_are_named() -> None:
    text = remarks("dark", FRAME, replace(FRAME, exposure=2, dark_time=61.0))["mixed-exposure-times"]
    assert text == "301 s: exposures 1; 61 s: exposures 2"


def test_an_exposed_bias_is_named() -> None:
    exposed = replace(FRAME, observation_type="bias")
    assert remarks("bias", exposed) == {"exposed-bias": "300 s: exposures 1"}


@pytest.mark.parametrize(("degrees", "named"), [(-4.9, False), (-4.2, True)])
def test_darks_of_several_temperatures_are_named(degrees: float, named: bool) -> None:
    found = remarks("dark", replace(FRAME, temperature=-5.0), replace(FRAME, exposure=2, temperature=degrees))
    assert ("mixed-temperatures" in found) == named


def test_frames_that_were_corrected_with_different_calibrations_are_named() -> None:
    one, other = (replace(FRAME, exposure=n, calibrations={"BIAS": f"uuid-{n}"}) for n in (1, 2))
    bare = replace(FRAME, exposure=3)
    assert remarks("dark", one, other, bare) == {
        "mixed-configuration": "corrected with several of BIAS: none: exposures 3; uuid-1: exposures 1; "
        "uuid-2: exposures 2"
    }


def test_frames_in_different_units_are_refused() -> None:
    with pytest.raises(UnsuitableError, match="adu: exposures 1; electron: exposures 2"):
        suitability.of_inputs("dark", [FRAME, replace(FRAME, exposure=2, unit="electron")])


@pytest.mark.parametrize("sigma", [2.0, 3.0, 4.0, 5.0])
def test_the_fewest_frames_to_clip_are_those_that_reject_a_wild_one(sigma: float) -> None:
    fewest = suitability.fewest_to_clip(sigma)
    for number in range(2, 12):
        stack = np.zeros((number, 1, 1), np.float32)
        stack[0] = 1e6
        kept = meanclip(stack, sigma=sigma).count[0, 0]
        assert kept == (number - 1 if number >= fewest else number)


def test_too_few_frames_are_told_and_enough_are_not() -> None:
    (remark,) = suitability.of_number(3, 3.0)
    assert str(remark).startswith("too-few-frames: 3 of at least 4 frames")
    assert suitability.of_number(4, 3.0) == []
    assert [r.name for r in suitability.of_number_for_rays(2)] == ["too-few-for-rays"]
    assert suitability.of_number_for_rays(3) == []


def test_saturated_flats_are_told_by_name_and_share() -> None:
    (remark,) = suitability.of_saturation({7: 0.25, 8: 0.001, 9: 0.0}, then="left out")
    assert str(remark) == "saturated-flats: more than 1.0% of the pixels are saturated in 7 (25.0%): left out"


def test_a_share_that_is_no_number_does_not_pass() -> None:
    assert suitability.of_saturation({7: float("nan")}, then="left out")


def test_missing_detectors_are_told() -> None:
    (remark,) = suitability.of_detectors(range(9), [0, 1, 2, 3, 5, 6, 7, 8])
    assert remark.text.startswith("no flat of detectors 4:")
    assert suitability.of_detectors([0], [0]) == []


def test_of_many_exposures_some_are_named_and_the_rest_counted() -> None:
    many = [replace(FRAME, exposure=n, observation_type="flat") for n in range(20)]
    assert remarks("dark", *many)["other-type"].endswith("0, 1, 2, 3, 4, 5, 6, 7, 12 more")


def test_remarks_come_back_from_the_header_of_a_file(tmp_path: Path) -> None:
    said = [Remark("too-few-frames", "3 of at least 4 frames: " + "very " * 60 + "few"), Remark("other-type", "bias")]
    plain = [np.zeros((2, 2), kind) for kind in (np.float32, np.float32, np.int16)]
    frame.write(Frame(*plain, "adu", suitability.cards(said)), tmp_path / "one.fits")
    assert suitability.remarks_of(frame.read(tmp_path / "one.fits").header) == said
