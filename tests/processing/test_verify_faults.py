"""The tests of the tests: each fault, with its size, is noticed by exactly these tests on exactly this amplifier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from processing.amplifiers import in_readout_order
from processing.effects.photon_transfer import PhotonTransfer
from processing.frame import Frame
from processing.simulation.charge_transfer import Register
from processing.simulation.effects import Effects
from processing.simulation.sensor import draw
from processing.verify.bias import measure_bias
from reconciler.verification.tests import TESTS
from tests.processing.examination import (
    CAMERA,
    SEGMENT,
    Bench,
    Fault,
    failures,
    healthy,
    measured,
    recalibrated,
    with_fault,
    worse,
)

AMPLIFIER = "C12"
NUMBER = 2
"""Its place in the camera's order."""

SENSORS = [(detector, seed) for seed in (1, 2) for detector in range(9)][:13]
"""208 amplifiers."""


def raised_read_noise(bench: Bench) -> Bench:
    """By 20 %."""
    return worse(bench, read_noise=bench.sensor.read_noise * np.float32(1.2))


def bias_step(sigma: float) -> Callable[[Bench, str], Bench]:
    """A bias that is too low by so many times the read noise."""

    def put(bench: Bench, amplifier: str) -> Bench:
        bias = bench.calibrations["bias"]
        image = bias.image.copy()
        in_window(bench, image, amplifier)[:] -= sigma * bench.sensor.read_noise[NUMBER] / bench.sensor.gain[NUMBER]
        return recalibrated(bench, bias=replace(bias, image=image))

    return put


def hot_column(bench: Bench) -> Bench:
    """60 ADU above its neighbours, in every frame."""
    structure = bench.sensor.bias_structure.copy()
    in_window(bench, structure, AMPLIFIER)[:, 50] += 60
    return worse(bench, bias_structure=structure)


def light_leak(bench: Bench) -> Bench:
    """1 electron per second."""
    return replace(bench, leak_e=30.0)


def saturated_flats(bench: Bench) -> Bench:
    """130,000 electrons, beyond the end of the converter at about 107,000."""
    return replace(bench, flat_e=130_000.0)


def wrong_gain(factor: float) -> Callable[[Bench, str], Bench]:
    """A photon transfer curve with a gain that is so many times the true one."""

    def put(bench: Bench, amplifier: str) -> Bench:
        curve: PhotonTransfer = bench.calibrations["photon_transfer"]
        gain = curve.gain.copy()
        gain[curve.rows_of([amplifier])] *= factor
        return recalibrated(bench, photon_transfer=replace(curve, gain=gain))

    return put


def crosstalk_left(bench: Bench) -> Bench:
    """5e-4 of the second amplifier to the left."""
    matrix = np.zeros((16, 16))
    matrix[NUMBER, NUMBER - 2] = 5e-4
    return worse(bench, crosstalk=matrix)


def serial_cti(bench: Bench) -> Bench:
    """1e-5."""
    return worse(bench, serial=Register(1e-5, 0.0, 3.0))


def parallel_cti(bench: Bench) -> Bench:
    """1e-5."""
    return worse(bench, parallel=Register(1e-5, 0.0, 1.5))


def unlisted_defects(bench: Bench) -> Bench:
    """0.2 % of the pixels are hot, with 20 to 100 electrons per second, and in no list."""
    hot = draw(bench.detector, SEGMENT, Effects(hot_pixels=0.002), seed=bench.seed)
    return worse(bench, dark_current=hot.dark_current)


def in_window(bench: Bench, image: Any, amplifier: str) -> Any:
    """The amplifier's part of an image of the sensor."""
    return in_readout_order(image, bench.detector)[amplifier]


NOISES = {"NOISE", "READ_NOISE_CONSISTENT"}

FAULTS = {
    "read noise 20 % up": Fault({"bias": NOISES, "dark": NOISES, "gain": {"ISR_NOISE"}}, sensor=raised_read_noise),
    "bias step of 3 sigma": Fault({"bias": {"MEAN"}, "dark": {"MEAN"}}, calibration=bias_step(3.0)),
    "bias step of half a sigma, which no test can see": Fault({}, calibration=bias_step(0.5)),
    "hot column of 60 ADU": Fault(
        {"bias": {"CR_NOISE"}, "dark": {"CR_NOISE"}, "defects": {"PROB_TEST"}}, sensor=hot_column
    ),
    "light leak of 1 e-/s": Fault({"dark": {"MEAN", "NOISE"}}, sensor=light_leak),
    "flats of 130,000 e-": Fault({"flat": {"SATURATION"}}, sensor=saturated_flats),
    "gain 6 % up": Fault(
        {"bias": NOISES, "dark": NOISES, "flat": {"NOISE"}, "gain": {"GAIN_FROM_FLAT_PAIR", "ISR_NOISE"}},
        calibration=wrong_gain(1.06),
    ),
    "gain 6 % down": Fault({"gain": {"GAIN_FROM_FLAT_PAIR", "ISR_NOISE"}}, calibration=wrong_gain(0.94)),
    "crosstalk of 5e-4": Fault({"crosstalk": {"NO_SIGNIFICANT_DETECTION"}}, sensor=crosstalk_left),
    "serial CTI of 1e-5": Fault({"cti": {"SERIAL_RESIDUAL"}}, sensor=serial_cti),
    "parallel CTI of 1e-5": Fault({"cti": {"PARALLEL_RESIDUAL"}}, sensor=parallel_cti),
    "2 in 1000 pixels hot and in no list": Fault({"defects": {"PROB_TEST"}}, sensor=unlisted_defects),
}


@pytest.fixture(scope="module")
def bench() -> Bench:
    """A good sensor."""
    return healthy(4)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_noticed_by_exactly_these_tests_on_exactly_this_amplifier(bench: Bench, name: str) -> None:
    fault = FAULTS[name]
    found = failures(measured(*with_fault(bench, fault, AMPLIFIER)))
    assert found == {product: {(test, AMPLIFIER) for test in tests} for product, tests in fault.noticed.items()}


def test_200_good_amplifiers_give_no_false_alarm() -> None:
    """Without one among n, at most 1 - 0.05^(1/n) of good amplifiers alarm, at 95 %: 1.43 % for 208."""
    amplifiers = 0
    for detector, seed in SENSORS:
        good = healthy(detector, seed)
        assert failures(measured(good, good.raws)) == {}, (detector, seed)
        amplifiers += len(CAMERA.detector(detector).amplifiers)
    assert 1 - 0.05 ** (1 / amplifiers) < 0.015


def test_every_test_has_measured_every_amplifier_of_a_good_sensor(bench: Bench) -> None:
    tables = measured(bench, bench.raws)
    unmeasured = {
        (test.product, test.name): int(np.isnan(test.measure(tables[test.product]).value).sum()) for test in TESTS
    }
    assert set(unmeasured.values()) == {0}, unmeasured


def test_every_test_reads_columns_that_are_measured(bench: Bench) -> None:
    tables = measured(bench, bench.raws)
    assert {c for test in TESTS for c in test.columns if c not in tables[test.product].columns} == set()


def test_shot_noise_of_6_electrons_of_dark_current_fails_in_cp_verify_and_passes_here(bench: Bench) -> None:
    table = measured(bench, bench.raws)["dark"]
    assert np.count_nonzero(table.columns["DARK_VERIFY_NOISE"]) < 8
    (noise,) = [test for test in TESTS if (test.product, test.name) == ("dark", "NOISE")]
    assert (noise.bound.excess(noise.measure(table).value) < 0).all()


def test_a_frame_of_nothing_is_measured_as_nothing(bench: Bench) -> None:
    shape = bench.detector.shape(SEGMENT)
    nothing = Frame(
        np.full(shape, np.nan, np.float32), np.ones(shape, np.float32), np.zeros(shape, np.int16), "adu", {}
    )
    rows = measure_bias(nothing, bench.detector, bench.calibrations["bias"])
    assert all(np.isnan(rows[AMPLIFIER][key]) for key in ("MEAN", "NOISE", "CR_NOISE", "AMP_CORNER"))
