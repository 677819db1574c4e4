"""Flats of all detectors are measured one by one and normalised together; what cannot be used is named and left out."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from processing import camera_files
from processing.effects.normalisation import NormalisationError, Scales
from processing.flat_levels import Statistics, statistics
from processing.frame import Frame, bit
from processing.suitability import UnsuitableError, remarks_of
from processing.tasks.flat import FlatMeasureTask, FlatNormalizeTask
from tests.processing.frames import with_pixels

CAMERA = camera_files.find("LSSTComCam")
DETECTOR = CAMERA.detector(4)
SHAPE = 2 * 20, 8 * 10


def flat(level: float = 20_000.0, saturated: float = 0.0) -> Frame:
    """Noise of 1 % about a level, with a share of pixels saturated."""
    rng = np.random.default_rng(1)
    image = rng.normal(level, 0.01 * level, SHAPE).astype(np.float32)
    mask = np.where(rng.random(SHAPE) < saturated, bit("SAT"), 0).astype(np.int16)
    return Frame(image, np.ones(SHAPE, np.float32), mask, "adu", {})


def measured(number: int, exposure: int, share: float = 0.0, level: float | None = None) -> Statistics:
    """Statistics of detector `number`, 2 % brighter than the one before, in an exposure 10 % brighter likewise."""
    value = 20_000 * (1 + 0.02 * number) * (1 + 0.1 * exposure) if level is None else level
    return {"UNIT": "adu", "DETECTOR_SATURATED": share, "DETECTOR_MEDIAN": value, "DETECTOR_N": 1000}


def normalised(found: dict[tuple[int, int], Statistics]) -> Scales:
    """The scales of these statistics by (exposure, detector)."""
    task = FlatNormalizeTask()
    return task.run(list(found.values()), list(found), camera=CAMERA).outputScales


def night(**changed: Statistics) -> dict[tuple[int, int], Statistics]:
    """Three exposures on nine detectors; `e1d4=...` replaces one."""
    found = {(e, d): measured(d, e) for e in range(3) for d in range(9)}
    return found | {(int(k[1]), int(k[3])): v for k, v in changed.items()}


def test_the_level_is_the_median_of_usable_pixels() -> None:
    frame = with_pixels(flat(), slice(10), image=1e6, planes=bit("BAD"))
    frame = with_pixels(frame, 10, image=np.nan)
    found = FlatMeasureTask().run(frame, detector=DETECTOR).outputStats
    assert found["DETECTOR_MEDIAN"] == np.median(frame.image[11:])
    assert found["DETECTOR_SIGMA"] == pytest.approx(200, rel=0.05)
    assert found["DETECTOR_N"] == 29 * 80


def test_amplifiers_are_measured_in_the_order_of_the_camera() -> None:
    found = statistics(flat(), DETECTOR)
    assert [found[f"AMP_NAME_{n}"] for n in range(16)] == [a.name for a in DETECTOR.amplifiers]
    assert [found[f"AMP_N_{n}"] for n in range(16)] == [200] * 16


def test_the_share_of_saturated_pixels_is_stated() -> None:
    assert statistics(flat(saturated=0.3), DETECTOR)["DETECTOR_SATURATED"] == pytest.approx(0.3, abs=0.05)


def test_a_flat_without_a_usable_pixel_has_no_level() -> None:
    found = statistics(flat(saturated=1.1), DETECTOR)
    assert np.isnan(found["DETECTOR_MEDIAN"])
    assert found["DETECTOR_N"] == 0


def test_every_detector_of_the_camera_gets_its_factor() -> None:
    scales = normalised(night())
    ratio = scales.factor_of(8) / scales.factor_of(0)
    assert ratio == pytest.approx(1.16, rel=1e-9)
    assert remarks_of(scales.header) == []


def test_a_saturated_flat_is_left_out_by_name(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        scales = normalised(night(e1d4=measured(4, 1, share=0.2, level=60_000.0)))
    assert set(scales.fluxes(4)) == {0, 2}
    assert set(scales.fluxes(5)) == {0, 1, 2}
    assert (
        "saturated-flats: more than 1.0% of the pixels are saturated in detector 4 in exposure 1 (20.0%)" in caplog.text
    )
    assert [r.name for r in remarks_of(scales.header)] == ["saturated-flats"]


def test_a_level_that_does_not_fit_is_left_out_by_name() -> None:
    scales = normalised(night(e2d7=measured(7, 2, level=9_000.0)))
    assert [str(r) for r in remarks_of(scales.header)] == [
        "left-out-levels: does not fit the others, or is none: detector 7 in exposure 2 (9000)"
    ]


def test_an_exposure_that_is_saturated_everywhere_takes_no_part() -> None:
    everywhere = {f"e1d{d}": measured(d, 1, share=0.9) for d in range(9)}
    scales = normalised(night(**everywhere))
    assert all(set(scales.fluxes(d)) == {0, 2} for d in range(9))


def test_flats_that_are_all_saturated_give_an_error() -> None:
    with pytest.raises(NormalisationError, match="no usable level in exposures 0, 1, 2"):
        normalised({key: measured(key[1], key[0], share=0.9) for key in night()})


def test_a_missing_detector_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        normalised({key: value for key, value in night().items() if key[1] != 3})
    assert "missing-detectors: no flat of detectors 3" in caplog.text


def test_flats_in_different_units_are_refused() -> None:
    with pytest.raises(UnsuitableError, match="adu, electron"):
        normalised(night(e0d0=measured(0, 0) | {"UNIT": "electron"}))
