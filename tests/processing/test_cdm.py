"""Charge transfer against models that share no line with ours: ESA's charge distortion model, and the simulator's
registers, which shift every packet through every pixel."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from processing.camera import Amplifier, Detector, Segment
from processing.effects.charge_transfer import AmplifierTransfer, Transfer, correct
from processing.effects.overscan_trails import OverscanTrails, measure_trails
from processing.effects.solve_transfer import Criteria, solve
from processing.simulation.charge_transfer import Register, read_out
from tests.processing import pyxel_cdm

Image = NDArray[np.float64]

SEGMENT = Segment(columns=100, rows=400, prescan_columns=3, overscan_columns=24, overscan_rows=20)
TRAPS = {"traps_e": (0.4, 1.2), "release": (2.0, 1.5), "power": 0.6, "prescan": 3}
LEVELS_E = (3_000.0, 10_000.0, 20_000.0, 35_000.0, 50_000.0, 65_000.0, 80_000.0, 95_000.0)
GAIN, NOISE_E = 1.662, 7.24
DATA = np.s_[: SEGMENT.rows, : SEGMENT.columns]
AMPLIFIER = Amplifier(name="C00", column=0, row=0, gain_e_per_adu=GAIN, read_noise_e=NOISE_E, saturation_adu=65_000)
SENSOR = Detector(id=0, name="S00", amplifiers=(AMPLIFIER,))


@pytest.fixture(scope="module", autouse=True)
def cdm() -> None:
    """Skip where the model cannot be had."""
    try:
        pyxel_cdm.model()
    except pyxel_cdm.NoModel as missing:
        pytest.skip(str(missing))


def with_overscans(data: Image) -> Image:
    """The image before it is shifted."""
    return np.pad(data, ((0, SEGMENT.overscan_rows), (0, SEGMENT.overscan_columns)))


def distorted(level_e: float) -> Image:
    """An even image of this level as the model reads it, without noise."""
    return pyxel_cdm.read_out(with_overscans(np.full((SEGMENT.rows, SEGMENT.columns), level_e)), **TRAPS)


def stars() -> Image:
    """Twenty stars on a sky of 500 e-."""
    rng = np.random.default_rng(5)
    image = rng.poisson(500, (SEGMENT.rows, SEGMENT.columns)).astype(np.float64)
    y, x = np.indices(image.shape)
    for row, column in rng.uniform(0.05, 0.95, (20, 2)) * image.shape:
        image += 30_000 * np.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * 1.5**2))
    return image


def flat(level_e: float, exposure: int) -> OverscanTrails:
    """The trails of a flat with all its noise."""
    rng = np.random.default_rng(exposure)
    charge = rng.poisson(level_e, (SEGMENT.rows, SEGMENT.columns)).astype(np.float64)
    read = np.pad(pyxel_cdm.read_out(with_overscans(charge), **TRAPS), ((0, 0), (SEGMENT.prescan_columns, 0)))
    raw = np.rint((read + rng.normal(0, NOISE_E, read.shape)) / GAIN + 1000).astype(np.uint16)
    return measure_trails(raw, SENSOR, SEGMENT, exposure=exposure, gain=np.array([GAIN]))


@pytest.fixture(scope="module")
def found() -> AmplifierTransfer:
    """What we measure on eight flats."""
    return solve([flat(level, n) for n, level in enumerate(LEVELS_E)], Criteria()).amplifier("C00")


def cti(transfer: Transfer, signal_e: float, transfers: int) -> float:
    """Deferred charge per signal and transfer."""
    held = transfer.held_e(np.array([signal_e]), transfers)
    return transfer.cti + float(held[0]) / (signal_e * transfers)


@pytest.mark.parametrize("signal_e", [1.0e4, 1.5e4, 3e4, 6e4, 1e5])
def test_cti_is_that_of_the_charge_distortion_model_within_five_percent(
    found: AmplifierTransfer, signal_e: float
) -> None:
    read = distorted(signal_e)
    serial = read[: SEGMENT.rows, SEGMENT.columns :].sum() / (signal_e * SEGMENT.rows * 103)
    parallel = read[SEGMENT.rows :, : SEGMENT.columns].sum() / (signal_e * SEGMENT.columns * 400)
    assert cti(found.serial, signal_e, 103) == pytest.approx(serial, rel=0.05)
    assert cti(found.parallel, signal_e, 400) == pytest.approx(parallel, rel=0.05)


def test_trails_of_stars_in_the_charge_distortion_model_become_ten_times_fainter(found: AmplifierTransfer) -> None:
    charge = stars()
    read = pyxel_cdm.read_out(with_overscans(charge), **TRAPS)[DATA]
    left = correct(np.ascontiguousarray(read), found, SEGMENT) - charge
    assert np.std(left) < np.std(read - charge) / 10


def test_trails_of_stars_shifted_pixel_by_pixel_become_two_hundred_times_fainter() -> None:
    charge = stars().astype(np.float32)
    window = read_out(charge, SEGMENT, Register(1e-5, 0.1, 1.5), Register(2e-5, 0.2, 3.0))
    read = np.ascontiguousarray(window[: SEGMENT.rows, SEGMENT.prescan_columns :][:, : SEGMENT.columns])
    true = AmplifierTransfer(Transfer(2e-5, 0.2, 3.0, 0.5), Transfer(1e-5, 0.1, 1.5, 0.5))
    assert np.std(correct(read, true, SEGMENT) - charge) < np.std(read - charge) / 200
