"""Nonlinearity: what an amplifier reads is bent by a polynomial of its own.

With u = linear signal / full scale of the converter, both in ADU above bias, an amplifier reads

    linear * (1 + k1 u + k2 u^2 + k3 u^3),

which is as the linear signal at 0 and at full scale, and stays so beyond.
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial import polynomial
from numpy.typing import NDArray

FULL_SCALE_ADU = 65535
"""The converter has 16 bits: brighter pixels stand at this value."""

Coefficients = NDArray[np.float64]
"""(n_amplifiers, 3): k1, k2, k3 of each."""

_STREAM = 2_000_003
_SYMMETRIC = np.array([4.0, -4.0, 0.0])
_SKEW = np.array([0.0, 27 / 4, -27 / 4])
"""4 u (1 - u) and 27/4 u^2 (1 - u): both are at most 1."""


def curves(detector: int, amplifiers: int, strength: float, *, seed: int) -> Coefficients:
    """Draw the curves of one sensor: half to all of `strength` at their greatest, up or down."""
    rng = np.random.default_rng([seed, detector, _STREAM])
    size = strength * rng.uniform(0.5, 1, amplifiers) * rng.choice([-1, 1], amplifiers)
    share = rng.uniform(0, 1, amplifiers)
    found: Coefficients = np.outer(size * share, _SYMMETRIC) + np.outer(size * (1 - share), _SKEW)
    return found


def bend(linear: NDArray[np.float32], coefficients: Coefficients) -> NDArray[np.float32]:
    """What one amplifier reads of linear signals, in ADU above bias."""
    u = np.clip(linear / np.float32(FULL_SCALE_ADU), 0, 1)
    k1, k2, k3 = coefficients.astype(np.float32)
    bent: NDArray[np.float32] = linear * (1 + u * (k1 + u * (k2 + u * k3)))
    return bent


def table(coefficients: Coefficients, nodes: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Read signals of one amplifier from 0 to full scale, and by how much each exceeds the linear one, in ADU."""
    linear = np.linspace(0, FULL_SCALE_ADU, nodes)
    excess = linear * polynomial.polyval(linear / FULL_SCALE_ADU, [0.0, *coefficients])
    return linear + excess, excess
