"""Estimators on one night of a real SBIG STL-1001E; its numbers were measured independently."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from numpy.typing import NDArray

from processing.combine import meanclip
from processing.statistics import Gain, gain_from_flat_pairs, read_noise_from_bias_pairs

NIGHT = Path(__file__).parents[2] / "../shared/realdata/sbig_stl1001e_cgs"
READ_NOISE_ADU = 6.70
DARK_ADU_PER_S = 0.367
GAIN_E_PER_ADU = 2.027
PEDESTAL_ADU = 100
"""What the camera adds to a frame from which it has subtracted a dark itself."""

Frames = NDArray[np.uint16]


@dataclass(frozen=True)
class Night:
    biases: Frames
    darks: Frames
    dark_time_s: float
    flats: Frames


@pytest.fixture(scope="session")
def night() -> Night:
    if not NIGHT.is_dir():
        pytest.skip("the real frames are not beside this project")
    with fits.open(next(NIGHT.glob("darks-expos1-Neg5*"))) as hdus:
        dark_time_s = hdus[0].header["EXPTIME"]
    return Night(_read("biases-Neg5"), _read("darks-expos1-Neg5"), dark_time_s, _read("flat-expos23s-Neg5"))


def _read(prefix: str) -> Frames:
    paths = sorted(NIGHT.glob(f"{prefix}*.bz2"))
    assert len(paths) == 10
    with ThreadPoolExecutor(2) as pool:  # unpacking takes the time, and releases the lock
        return np.stack(list(pool.map(fits.getdata, paths)))


def _gain(flats: NDArray[np.float32], sigma: float = 5.5) -> Gain:
    return gain_from_flat_pairs(flats, read_noise_adu=READ_NOISE_ADU, saturation_adu=60_000, sigma=sigma)


def test_read_noise_from_bias_pairs_is_the_measured_one(night):
    noise = read_noise_from_bias_pairs(night.biases)
    assert noise.read_noise_adu == pytest.approx(READ_NOISE_ADU, rel=0.05)
    assert noise.read_noise_error_adu < 0.05


def test_dark_current_of_the_median_dark_is_the_measured_one(night):
    dark = np.median(night.darks, axis=0) - np.median(night.biases, axis=0)
    assert np.median(dark) / night.dark_time_s == pytest.approx(DARK_ADU_PER_S, rel=0.05)


def test_combined_darks_per_second_give_the_same_current(night):
    bias = meanclip(night.biases)
    exposed = night.darks - bias.mean
    dark = meanclip(exposed, scale=[1 / night.dark_time_s] * 10, floor=1 / night.dark_time_s)
    assert dark.empty_pixels == 0
    assert np.median(dark.mean) == pytest.approx(DARK_ADU_PER_S, rel=0.05)


def test_gain_of_dark_subtracted_flats_without_their_pedestal_is_the_measured_one(night):
    gain = _gain(night.flats.astype(np.float32) - PEDESTAL_ADU)
    assert gain.pairs == 5
    assert gain.gain_e_per_adu == pytest.approx(GAIN_E_PER_ADU, rel=0.005)
    assert gain.gain_error_e_per_adu < 0.003


def test_taking_the_flats_for_raw_fails_the_gate_on_gain(night):
    gain = _gain(night.flats - meanclip(night.biases).mean)
    assert 1.92 < gain.gain_e_per_adu < 1.95


def test_a_clip_at_three_sigma_would_miss_the_gain(night):
    gain = _gain(night.flats.astype(np.float32) - PEDESTAL_ADU, sigma=3.0)
    assert gain.gain_e_per_adu > 1.02 * GAIN_E_PER_ADU
