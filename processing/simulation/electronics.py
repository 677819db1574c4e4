"""The electronics of each amplifier: gain, read noise and the level that it adds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from processing.camera import Detector

PerAmplifier = NDArray[np.float32]
"""(n_amplifiers,), in the camera's order."""


def gains(detector: Detector, rng: np.random.Generator, *, spread: bool) -> PerAmplifier:
    """e-/ADU: the nominal ones, with a spread of 1 %."""
    return _spread([a.gain_e_per_adu for a in detector.amplifiers], rng, spread=spread)


def read_noises(detector: Detector, rng: np.random.Generator, *, spread: bool, on: bool) -> PerAmplifier:
    """Electrons: the nominal ones, with a spread of 1 %; 0 where the noise is off."""
    noises = _spread([a.read_noise_e for a in detector.amplifiers], rng, spread=spread)
    return noises if on else np.zeros_like(noises)


def bias_levels(amplifiers: int, rng: np.random.Generator) -> PerAmplifier:
    """ADU: about 1000, with a spread of 50."""
    return rng.normal(1000, 50, amplifiers).astype(np.float32)


def drift(amplifiers: int, rng: np.random.Generator) -> PerAmplifier:
    """By how much the levels of one exposure differ from the sensor's, in ADU: a spread of 3."""
    return rng.normal(0, 3, amplifiers).astype(np.float32)


def _spread(nominal: list[float], rng: np.random.Generator, *, spread: bool) -> PerAmplifier:
    factors = rng.normal(1, 0.01, len(nominal))
    return (np.array(nominal) * (factors if spread else 1)).astype(np.float32)
