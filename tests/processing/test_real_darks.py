"""Darks of one night of a real SBIG STL-1001E, through signature removal, combination and the search for defects."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from processing import camera_files, raw
from processing.combine_frames import Combination, Reader, combine_frames
from processing.defect_boxes import reasons_of
from processing.defects import Reason
from processing.effects.cosmic_rays import RayCriteria
from processing.frame import Frame, Rows
from processing.isr import remove_signature
from processing.tasks.defects import MeasureDefectsTask

NIGHT = Path(__file__).parents[2] / "../shared/realdata/sbig_stl1001e_cgs"
CAMERA = camera_files.find("SBIG-STL-1001E")
DETECTOR = CAMERA.detector(0)
GAIN = DETECTOR.amplifiers[0].gain_e_per_adu
LADDER_S = (10, 20, 30, 60, 150, 300)
BIASES = {"Neg5": "biases-Neg5", "Neg10": "bias-Neg10"}
HOT_E_PER_S = 5.0


@cache
def raws(prefix: str) -> list[raw.RawFrame]:
    if not NIGHT.is_dir():
        pytest.skip("the real frames are not beside this project")
    return [raw.read(path) for path in sorted(NIGHT.glob(f"{prefix}*.bz2"))]


def corrected(frames: Sequence[raw.RawFrame], bias: Frame | None = None) -> list[Frame]:
    """Frames after signature removal."""
    found = []
    for each in frames:
        exposed = each.header["EXPTIME"] > 0
        done = remove_signature(each.image, DETECTOR, CAMERA.segment, bias=bias, shot_noise=exposed)
        found.append(Frame(done.image, done.variance, done.mask, "adu", {}))
    return found


def combined(frames: Sequence[Frame], seconds: float = 1.0, rays: RayCriteria | None = None) -> Combination:
    def reader(frame: Frame) -> Reader:
        def read(rows: Rows | None) -> Frame:
            part = slice(*rows) if rows else slice(None)
            return Frame(frame.image[part], frame.variance[part], frame.mask[part], "adu", {})

        return read

    scales = [seconds] * len(frames)
    return combine_frames([reader(f) for f in frames], scales, sigma=3, max_passes=3, frames_in_memory=20, rays=rays)


def product(done: Combination, unit: str, kind: str) -> Frame:
    return Frame(done.image, done.variance, done.mask, unit, {"OBSTYPE": kind})


@pytest.fixture(scope="module")
def biases() -> dict[str, Frame]:
    """The combined bias at each temperature."""
    return {t: product(combined(corrected(raws(prefix))), "adu", "bias") for t, prefix in BIASES.items()}


@pytest.fixture(scope="module")
def ladders(biases: dict[str, Frame]) -> dict[str, dict[int, Frame]]:
    """The dark of each time at each temperature, per second; one frame each."""
    return {
        t: {s: product(combined(corrected(raws(f"darks-expos{s}s-{t}"), bias), s), "adu/s", "dark") for s in LADDER_S}
        for t, bias in biases.items()
    }


def hot_pixels(dark: Frame) -> NDArray[np.bool_]:
    """What the task finds, without its wish to give up columns."""
    config = MeasureDefectsTask.ConfigClass()
    config.thresholdType, config.darkCurrentThreshold = "VALUE", HOT_E_PER_S
    config.badOnAndOffPixelColumnThreshold = -1
    found = MeasureDefectsTask(config=config).run(dark, detector=DETECTOR, applied={}).outputDefects
    return (reasons_of(found.flags) & Reason.HOT.value) != 0


@pytest.mark.parametrize("temperature", BIASES)
def test_hot_pixels_of_the_defect_task_are_those_of_a_plain_threshold(
    ladders: dict[str, dict[int, Frame]], temperature: str
) -> None:
    (exposure,) = raws(f"darks-expos300s-{temperature}")
    bias = np.mean([each.image for each in raws(BIASES[temperature])], axis=0)
    rate = (exposure.image - bias) * GAIN / 300
    noise = np.sqrt(2 * 13.6**2 + HOT_E_PER_S * 300) / 300
    far = np.abs(rate - HOT_E_PER_S) > 0.1 * noise  # the two biases differ where a value was clipped
    found, plain = hot_pixels(ladders[temperature][300]), rate > HOT_E_PER_S
    both = np.count_nonzero(found & plain & far)
    assert np.count_nonzero(plain) > 1000
    assert both >= 0.99 * np.count_nonzero(plain & far)
    assert both >= 0.99 * np.count_nonzero(found & far)
    assert np.count_nonzero(found & plain) >= 0.99 * np.count_nonzero(found | plain)


@pytest.mark.parametrize("temperature", BIASES)
def test_the_dark_ladder_is_linear_within_two_percent(ladders: dict[str, dict[int, Frame]], temperature: str) -> None:
    darks = ladders[temperature]
    good = np.all([np.isfinite(each.image) for each in darks.values()], axis=0)
    good &= darks[300].image * GAIN < 1.5  # hot pixels are another matter
    times = np.array(LADDER_S, float)
    signal = np.array([np.mean(darks[s].image[good], dtype=float) * s for s in LADDER_S])
    slope, offset = np.polyfit(times, signal, 1)
    assert np.count_nonzero(good) > 0.97 * good.size
    assert np.abs(signal - slope * times - offset).max() < 0.02 * signal.max()
    for left_out in range(len(times)):
        without, _ = np.polyfit(np.delete(times, left_out), np.delete(signal, left_out), 1)
        assert without == pytest.approx(slope, rel=0.02)


@pytest.fixture(scope="module")
def darks(biases: dict[str, Frame]) -> list[Frame]:
    """Ten darks of 60 s at -5 C."""
    return corrected(raws("darks-expos1-Neg5"), biases["Neg5"])


def test_ten_darks_without_their_cosmic_rays_give_the_measured_current(darks: list[Frame]) -> None:
    done = combined(darks, 60.0, RayCriteria())
    assert np.median(done.image) == pytest.approx(0.367, rel=0.05)
    per_frame = done.struck / done.image.size
    assert (per_frame > 0).all()
    assert (per_frame < 2e-4).all()  # the sky gives some 2 tracks a minute and square centimetre, of several pixels


def test_hot_pixels_of_ten_darks_are_not_taken_for_rays(darks: list[Frame]) -> None:
    plain, without = combined(darks, 60.0), combined(darks, 60.0, RayCriteria())
    hot = plain.image * GAIN > HOT_E_PER_S
    assert np.count_nonzero(hot) > 10_000
    ratio = without.image[hot] / plain.image[hot]
    assert np.median(ratio) == 1
    assert np.mean(np.abs(ratio - 1) > 0.05) < 0.01
