"""Gain of an amplifier from a pair of flats, corrected for what the brighter-fatter effect takes from their variance.

Charge pushes charge away, so that the variance of flats grows more slowly than their level: by
[exp(2 x) - 1] / (2 x) with x = a00 x signal in electrons (Astier et al. 2019, eq 16). Where a00 is not known nothing
is corrected, and the gain comes out too large by about |a00| x signal: some 9 % at 30,000 electrons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from processing.statistics import EstimateError, Frame, gain_from_flat_pairs

ITERATIONS = 8
"""The factor depends on the gain that it corrects: each time it is right to a sixth of the error before, or better."""


@dataclass(frozen=True)
class PairGain:
    """Gain of a pair as its noise says (e-/ADU), the factor that takes the effect out, and the level in ADU."""

    apparent: float
    error: float
    factor: float
    mean_adu: float

    @property
    def gain(self) -> float:
        """The gain, corrected."""
        return self.apparent * self.factor


UNKNOWN = PairGain(np.nan, np.nan, np.nan, np.nan)


def pair_gain(pair: Sequence[Frame], *, read_noise_adu: float, a00: float) -> PairGain:
    """The gain of two flats of one amplifier in ADU; pixels that do not count are NaN, `a00` is NaN if not known.

    A pair that tells nothing, saturated or without light, has no gain.
    """
    try:
        found = gain_from_flat_pairs(pair, read_noise_adu=read_noise_adu)
    except EstimateError:
        return UNKNOWN
    factor = 1.0
    for _ in range(ITERATIONS):
        factor = brighter_fatter_factor(a00, found.mean_adu * found.gain_e_per_adu * factor)
    return PairGain(found.gain_e_per_adu, found.gain_error_e_per_adu, factor, found.mean_adu)


def brighter_fatter_factor(a00: float, signal_e: float) -> float:
    """The share of Poisson's variance that is left of a flat's; 1 where a00 is not known."""
    x = 2 * a00 * signal_e
    return float(np.expm1(x) / x) if np.isfinite(x) and x != 0 else 1.0
