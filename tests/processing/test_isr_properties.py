"""Whatever is read out, signature removal either gives numbers with errors or says that there are none."""

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from processing import camera_files
from processing.assemble import place, readouts
from processing.camera import Detector
from processing.frame import Frame, bit
from processing.isr import Calibrations, remove_signature
from processing.simulation import curated
from processing.simulation.effects import PRESETS, Effects
from processing.simulation.sensor import draw

CAMERA = camera_files.find("LSSTComCam")
DETECTOR = CAMERA.detector(4)
SEGMENT = CAMERA.segment.scaled_to(6, 5)
SHAPE, RAW_SHAPE = DETECTOR.shape(SEGMENT), DETECTOR.raw_shape(SEGMENT)
MADE = curated.calibrations(DETECTOR, draw(DETECTOR, SEGMENT, Effects(**PRESETS["all"]), seed=1), "LSSTComCam")
ALL: Calibrations = {
    "photon_transfer": MADE["ptc"],
    "crosstalk": MADE["crosstalk"],
    "linearizer": MADE["linearizer"],
    "charge_transfer": MADE["cti"],
    "kernel": MADE["bfk"],
}
ADU = st.integers(0, 65_535).map(float)
RAWS = arrays(np.float32, RAW_SHAPE, elements=ADU | st.sampled_from([np.nan, np.inf, -np.inf]), fill=ADU)
RESPONSES = arrays(np.float32, SHAPE, elements=st.sampled_from([1, 0, -1, np.nan, np.inf]), fill=st.just(1))


def frame_of(image: np.ndarray) -> Frame:
    """A calibration with small errors."""
    return Frame(image, np.full(SHAPE, 1e-4, np.float32), np.zeros(SHAPE, np.int16), "", {})


@given(RAWS, RESPONSES, RESPONSES)
@settings(deadline=None, max_examples=25)
def test_no_number_is_silent_about_being_none(raw: np.ndarray, bias: np.ndarray, flat: np.ndarray) -> None:
    raw.setflags(write=False)
    done = remove_signature(raw, DETECTOR, SEGMENT, **ALL, bias=frame_of(bias), flat=frame_of(flat))
    unknown = ~(np.isfinite(done.image) & np.isfinite(done.variance))
    assert np.array_equal(unknown, unknown & (done.mask & bit("NO_DATA") != 0))
    assert np.all(done.variance[~unknown] > 0)


@given(arrays(np.uint16, RAW_SHAPE))
@settings(deadline=None, max_examples=25)
def test_what_the_converter_cannot_tell_is_saturated(raw: np.ndarray) -> None:
    done = remove_signature(raw, DETECTOR, SEGMENT, **ALL)
    assert np.count_nonzero(done.mask & bit("SAT")) == np.count_nonzero(_data(raw) >= 65_000)


def _frames(seed: int) -> dict[str, Frame]:
    """A bias, a dark and a flat of a sensor, each pixel another."""
    rng = np.random.default_rng(seed)
    images = {"bias": rng.normal(0, 3, SHAPE), "dark": rng.exponential(0.2, SHAPE), "flat": rng.normal(1, 0.05, SHAPE)}
    return {name: frame_of(image.astype(np.float32)) for name, image in images.items()}


def _raw(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(12_000, 300, RAW_SHAPE).round().astype(np.float32)


def _twice_the_adu() -> tuple[Detector, dict[str, Any]]:
    """The same sensor behind a converter of steps half as large; powers of two lose no bit."""
    finer = [
        a.model_copy(update={"gain_e_per_adu": a.gain_e_per_adu / 2, "saturation_adu": 2 * a.saturation_adu})
        for a in DETECTOR.amplifiers
    ]
    ptc, linearizer = MADE["ptc"], MADE["linearizer"]
    other = {
        "photon_transfer": replace(ptc, gain=ptc.gain / 2, turn_off=2 * ptc.turn_off),
        "linearizer": replace(linearizer, nodes=2 * linearizer.nodes, values=2 * linearizer.values),
    }
    return DETECTOR.model_copy(update={"amplifiers": tuple(finer)}), {**ALL, **other}


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=10)
def test_a_finer_converter_changes_no_electron(seed: int) -> None:
    sensor, other = _twice_the_adu()
    frames = _frames(seed)
    scaled = {
        name: replace(each, image=2 * each.image, variance=4 * each.variance) if name != "flat" else each
        for name, each in frames.items()
    }
    one, finer = (
        remove_signature(raw, of, SEGMENT, dark_time=30, **calibs, **made)
        for raw, of, calibs, made in (
            (_raw(seed), DETECTOR, ALL, frames),
            (2 * _raw(seed), sensor, other, scaled),
        )
    )
    np.testing.assert_allclose(finer.image, 2 * one.image, rtol=1e-5, atol=1e-2)
    np.testing.assert_allclose(finer.variance, 4 * one.variance, rtol=1e-4)
    np.testing.assert_array_equal(finer.mask, one.mask)


@given(st.integers(0, 2**32), st.integers(-1000, 5000))
@settings(deadline=None, max_examples=10)
def test_the_level_of_the_amplifiers_changes_nothing(seed: int, pedestal: int) -> None:
    one, other = (
        remove_signature(_raw(seed) + np.float32(added), DETECTOR, SEGMENT, dark_time=30, **ALL, **_frames(seed))
        for added in (0, pedestal)
    )
    np.testing.assert_allclose(other.image, one.image, atol=0.1)
    np.testing.assert_array_equal(other.mask, one.mask)


@given(st.integers(0, 2**32), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=10)
def test_pixels_that_are_corrected_one_by_one_may_stand_in_any_row(seed: int, random: object) -> None:
    order = list(range(SEGMENT.rows))
    random.shuffle(order)

    def mixed(image: np.ndarray) -> np.ndarray:
        """The same rows of each amplifier in another order."""
        found = image.copy()
        for amplifier in DETECTOR.amplifiers:
            place(found, amplifier, SEGMENT)[:] = place(image, amplifier, SEGMENT)[order]
        return found

    raw, frames = _raw(seed), _frames(seed)
    other_raw = raw.copy()
    for there, here in zip(readouts(other_raw, DETECTOR, SEGMENT), readouts(raw, DETECTOR, SEGMENT), strict=True):
        there.window[: SEGMENT.rows] = here.window[: SEGMENT.rows][order]
    others = {name: replace(each, image=mixed(each.image)) for name, each in frames.items()}
    pixelwise: Calibrations = {name: ALL[name] for name in ("photon_transfer", "crosstalk", "linearizer")}
    one, other = (
        remove_signature(each, DETECTOR, SEGMENT, dark_time=30, **pixelwise, **made)
        for each, made in ((raw, frames), (other_raw, others))
    )
    np.testing.assert_allclose(other.image, mixed(one.image), atol=0.01)
    np.testing.assert_array_equal(other.mask, mixed(one.mask))


@given(st.integers(0, 2**32), st.integers(1, 6))
@settings(deadline=None, max_examples=10)
def test_a_dark_counts_by_its_time(seed: int, power: int) -> None:
    frames, factor = _frames(seed), np.float32(2**power)
    dark = frames.pop("dark")
    slower = replace(dark, image=dark.image / factor, variance=dark.variance / factor**2)
    one, other = (
        remove_signature(_raw(seed), DETECTOR, SEGMENT, dark_time=time, **ALL, **frames, dark=made)
        for time, made in ((15.0, dark), (15.0 * factor, slower))
    )
    np.testing.assert_array_equal(other.image, one.image)
    np.testing.assert_array_equal(other.variance, one.variance)


def _data(raw: np.ndarray) -> np.ndarray:
    return np.concatenate([readout.data.ravel() for readout in readouts(raw, DETECTOR, SEGMENT)])


@given(st.integers(0, 2**32), st.floats(0.25, 4))
@settings(deadline=None, max_examples=15)
def test_flats_in_other_units_change_nothing_but_the_unit(seed: int, factor: float) -> None:
    raw = np.random.default_rng(seed).normal(20_000, 100, RAW_SHAPE).astype(np.float32)
    one, other = (
        remove_signature(raw, DETECTOR, SEGMENT, **ALL, flat=frame_of(np.full(SHAPE, value, np.float32)))
        for value in (1, factor)
    )
    assert np.allclose(other.image * np.float32(factor), one.image, rtol=1e-5)
    assert np.array_equal(other.mask, one.mask)
