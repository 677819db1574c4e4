"""Whatever is read out, signature removal either gives numbers with errors or says that there are none."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from processing import camera_files
from processing.assemble import readouts
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
