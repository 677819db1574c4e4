"""Signature removal undoes each effect of a simulated sensor by the factor stated here, given what is true of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from processing import camera_files
from processing.effects.photon_transfer import PhotonTransfer
from processing.frame import Frame, bit
from processing.isr import CONVERGED, Calibrations, Corrected, remove_signature
from processing.isr_steps import UnitError
from processing.provenance import UNITS
from processing.simulation import curated
from processing.simulation.effects import Effects
from processing.simulation.exposure import Shot, expose
from processing.simulation.sensor import Sensor, draw
from processing.table_file import AmplifierTable, TableError
from tests.processing.frames import with_pixels

CAMERA = camera_files.find("LSSTComCam")
DETECTOR = CAMERA.detector(4)
SEGMENT = CAMERA.segment.scaled_to(48, 40)
SHAPE = DETECTOR.shape(SEGMENT)
QUIET = {"photon_noise": False, "read_noise": False, "dark_current": False, "bias_structure": False}
SHOT = Shot("flat", 20241208, 1, "2024-12-08T12:00:00", 0.0, "r_03", "r", 20_000.0)
STRONG = {
    "crosstalk": {"crosstalk": 2e-3},
    "linearizer": {"nonlinearity": 0.01},
    "charge_transfer": {"parallel_cti": 3e-4, "serial_cti": 3e-4, "parallel_traps_e": 1, "serial_traps_e": 0.2},
    "kernel": {"brighter_fatter": 3e-6},
}
NAMES = {"crosstalk": "crosstalk", "linearizer": "linearizer", "cti": "charge_transfer", "bfk": "kernel"}


def scene() -> NDArray[np.float32]:
    """Relative light: an even sky, stars of two pixels' width of up to 4 times its brightness, and sharp steps."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    light = np.ones(SHAPE, np.float32)
    for row, column, peak in rng.uniform((2, 2, 0.5), (SHAPE[0] - 2, SHAPE[1] - 2, 4), (60, 3)):
        light += (peak * np.exp(-((y - row) ** 2 + (x - column) ** 2) / 8)).astype(np.float32)
    light[:, 20:40] *= 0.1
    return light


LIGHT = scene()


@dataclass(frozen=True)
class Exposed:
    """A raw and what is true of its sensor, as calibrations."""

    raw: NDArray[np.uint16]
    sensor: Sensor
    given: Calibrations

    def corrected(self, *names: str, **options: Any) -> Corrected:
        """With these calibrations and the true gains."""
        given = {name: self.given[name] for name in ("photon_transfer", *names)}
        return remove_signature(self.raw, DETECTOR, SEGMENT, **(given | options))


def exposed(shot: Shot = SHOT, **effects: Any) -> Exposed:
    """The scene on a sensor that has no other effects than these."""
    sensor = draw(DETECTOR, SEGMENT, Effects(**(QUIET | effects)), seed=3)
    made = curated.calibrations(DETECTOR, sensor, "LSSTComCam")
    given = {name: made[product] for product, name in NAMES.items()}
    raw = expose(DETECTOR, SEGMENT, sensor, shot, light=LIGHT, seed=3)
    return Exposed(raw, sensor, {"photon_transfer": made["ptc"], **given})


PLAIN = exposed().corrected()
"""Of a sensor without effects: what is left is the rounding to whole ADU."""


def residual(done: Corrected) -> float:
    """Root mean square difference to the plain image, ADU."""
    return float(np.sqrt(np.mean((done.image - PLAIN.image) ** 2)))


@pytest.mark.parametrize(("effect", "factor"), [("crosstalk", 80), ("linearizer", 150), ("charge_transfer", 25)])
def test_each_effect_is_reduced_by_this_factor(effect: str, factor: float) -> None:
    frame = exposed(**STRONG[effect])
    before, after = residual(frame.corrected()), residual(frame.corrected(effect))
    assert before > 5
    assert after < before / factor


def test_brighter_fatter_is_reduced_by_a_factor_of_twenty() -> None:
    frame = exposed(**STRONG["kernel"])
    before, after = residual(frame.corrected()), residual(frame.corrected("kernel"))
    assert before > 20
    assert after < before / 20


def test_all_effects_together_leave_next_to_nothing() -> None:
    frame = exposed(**{name: value for effect in STRONG.values() for name, value in effect.items()})
    before, after = residual(frame.corrected()), residual(frame.corrected(*NAMES.values()))
    assert after < before / 20


def test_the_order_of_amplifiers_in_a_calibration_does_not_matter() -> None:
    frame = exposed(crosstalk=2e-3, nonlinearity=0.01, serial_cti=2e-5, brighter_fatter=3e-6)
    turned = {name: _turned(calib) for name, calib in frame.given.items()}
    one, other = frame.corrected(*NAMES.values()), replace(frame, given=turned).corrected(*NAMES.values())
    assert np.array_equal(one.image, other.image)
    assert np.array_equal(one.variance, other.variance)


def _turned(calib: Any) -> AmplifierTable:
    """The same with its rows, and the columns of a matrix of amplifiers, in reverse."""
    columns = {
        name: getattr(calib, name)[::-1]
        for name in calib.__dataclass_fields__
        if hasattr(getattr(calib, name), "dtype")
    }
    if "coefficients" in columns:
        columns["coefficients"] = columns["coefficients"][:, ::-1]
    return replace(calib, amplifiers=calib.amplifiers[::-1], **columns)


def test_nothing_that_goes_in_is_changed() -> None:
    frame = exposed(crosstalk=2e-3, nonlinearity=0.01, serial_cti=2e-5, brighter_fatter=3e-6)
    frames = {"bias": _frame(1.0), "dark": _frame(1.0), "flat": made_in("electron")}
    arrays = [frame.raw, *(each for f in frames.values() for each in (f.image, f.variance, f.mask))]
    for array in arrays:
        array.setflags(write=False)
    remove_signature(frame.raw, DETECTOR, SEGMENT, dark_time=1, apply_gains=True, **frame.given, **frames)


def _frame(value: float, variance: float = 0.0, mask: int = 0) -> Frame:
    full = np.full(SHAPE, value, np.float32)
    return Frame(full, np.full(SHAPE, variance, np.float32), np.full(SHAPE, mask, np.int16), "", {})


def made_in(unit: str) -> Frame:
    """A flat of frames in this unit."""
    return replace(_frame(1.0), header={UNITS: unit})


@pytest.mark.parametrize(("flat", "gains"), [("adu", True), ("electron", False)])
def test_a_flat_of_frames_in_another_unit_is_refused(flat: str, gains: bool) -> None:
    with pytest.raises(UnitError, match=f"the flat was made of frames in {flat}, this image is in"):
        remove_signature(exposed().raw, DETECTOR, SEGMENT, apply_gains=gains, flat=made_in(flat))


def test_a_dark_in_electrons_is_refused() -> None:
    dark = replace(_frame(1.0), unit="electron/s")
    with pytest.raises(UnitError, match="the dark is in electron/s"):
        remove_signature(exposed().raw, DETECTOR, SEGMENT, dark_time=1, dark=dark)


def test_gains_turn_adu_into_electrons() -> None:
    frame = exposed()
    done = frame.corrected(apply_gains=True)
    assert done.unit == "electron"
    assert done.image == pytest.approx(LIGHT * 20_000, abs=2)
    assert done.cards["LSST ISR GAIN C10"] == pytest.approx(float(frame.sensor.gain[0]))


def test_the_variance_in_electrons_is_that_of_the_charge() -> None:
    frame = exposed()
    done = frame.corrected(apply_gains=True)
    noise = frame.given["photon_transfer"]
    assert isinstance(noise, PhotonTransfer)
    assert done.variance == pytest.approx(np.maximum(done.image, 0) + noise.read_noise.mean() ** 2, rel=1e-3, abs=2)


def test_the_flat_divides_image_and_variance() -> None:
    frame = exposed()
    plain, done = frame.corrected(), frame.corrected(flat=_frame(0.5, variance=1e-4))
    assert np.array_equal(done.image, plain.image / np.float32(0.5))
    assert done.variance == pytest.approx((plain.variance + done.image**2 * np.float32(1e-4)) / 0.25, rel=1e-5)


@pytest.mark.parametrize("response", [0.0, -1.0, np.nan])
def test_where_the_flat_has_no_response_nothing_is_known(response: float) -> None:
    flat = with_pixels(_frame(1.0), (3, 4), image=response)
    done = exposed().corrected(flat=flat)
    assert np.argwhere(done.mask & bit("NO_DATA")).tolist() == [[3, 4]]
    assert np.isnan(done.image[3, 4])


@pytest.mark.parametrize("name", ["bias", "dark", "flat"])
def test_the_mask_of_a_calibration_is_joined(name: str) -> None:
    done = exposed().corrected(dark_time=1, **{name: _frame(1.0, mask=bit("BAD"))})
    assert np.all(done.mask & bit("BAD"))


@pytest.mark.parametrize("name", ["bias", "dark"])
def test_what_a_calibration_does_not_know_is_no_data(name: str) -> None:
    calib = with_pixels(_frame(1.0), (3, 4), image=np.nan)
    done = exposed(**STRONG["kernel"], serial_cti=2e-5).corrected(
        "charge_transfer", "kernel", dark_time=1, **{name: calib}
    )
    assert np.argwhere(done.mask & bit("NO_DATA")).tolist() == [[3, 4]]


def test_a_raw_of_one_value_is_no_data() -> None:
    raw = np.full(DETECTOR.raw_shape(SEGMENT), 1000, np.uint16)
    done = remove_signature(raw, DETECTOR, SEGMENT)
    assert np.all(done.mask & bit("NO_DATA"))


def test_a_raw_without_numbers_is_no_data() -> None:
    frame = exposed(**STRONG["kernel"], crosstalk=2e-3, nonlinearity=0.01, serial_cti=2e-5)
    raw = np.full(DETECTOR.raw_shape(SEGMENT), np.nan, np.float32)
    done = replace(frame, raw=raw).corrected(*NAMES.values())
    assert np.all(done.mask & bit("NO_DATA"))


def test_a_saturated_raw_says_so_everywhere_and_so_do_its_victims() -> None:
    frame = exposed(replace(SHOT, electrons=500_000.0), crosstalk=2e-3)
    done = frame.corrected("crosstalk")
    saturated = done.mask & bit("SAT") != 0
    assert saturated.mean() > 0.5
    assert np.all((done.mask & bit("SUSPECT") != 0)[saturated])


def test_a_signal_beyond_the_turn_off_is_doubtful() -> None:
    done = exposed(full_well_e=60_000.0).corrected()
    assert np.array_equal(done.mask & bit("SUSPECT") != 0, done.image > 60_000 / PLAIN_GAIN)


PLAIN_GAIN = np.repeat(
    np.repeat(draw(DETECTOR, SEGMENT, seed=3).gain[[*range(8, 16), *range(8)]].reshape(2, 8), 40, 0), 48, 1
)


def test_an_amplifier_that_no_measurement_knows_is_doubtful_as_a_whole() -> None:
    frame = exposed()
    measured = frame.given["photon_transfer"]
    assert isinstance(measured, PhotonTransfer)
    gains = measured.gain.copy()
    gains[0] = np.nan
    done = replace(frame, given={"photon_transfer": replace(measured, gain=gains)}).corrected()
    marked = done.mask & bit("SUSPECT") != 0
    assert marked[40:, :48].all()
    assert marked.sum() == 40 * 48


def test_a_calibration_of_another_sensor_is_refused() -> None:
    frame = exposed(crosstalk=2e-3)
    other = replace(frame.given["crosstalk"], amplifiers=tuple("ABCDEFGHIJKLMNOP"))
    with pytest.raises(TableError, match="Crosstalk: has no amplifier C10"):
        replace(frame, given=frame.given | {"crosstalk": other}).corrected("crosstalk")


def test_the_iteration_of_brighter_fatter_is_told() -> None:
    cards = exposed(**STRONG["kernel"]).corrected("kernel").cards
    assert cards[CONVERGED] is True
    assert 1 < cards["LSST ISR BF ITERATIONS"] < 10
