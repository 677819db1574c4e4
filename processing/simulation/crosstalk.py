"""Crosstalk: what one amplifier reads is seen, faintly, by those that read at the same moment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from processing.camera import Amplifier, Detector

Matrix = NDArray[np.float64]
"""[victim, source], amplifiers in the camera's order: signal seen per signal, both in ADU; 0 on the diagonal."""

_STREAM = 2_000_004

FALL = 0.1
"""What is left of the coupling one amplifier further away, and across the middle of the sensor."""


def couplings(detector: Detector, strength: float, *, seed: int) -> Matrix:
    """Neighbours couple with half to all of `strength`, those further away with ever less."""
    rng = np.random.default_rng([seed, detector.id, _STREAM])
    n = len(detector.amplifiers)
    matrix = strength * rng.uniform(0.5, 1, (n, n))
    for victim, seen in enumerate(detector.amplifiers):
        for source, reads in enumerate(detector.amplifiers):
            matrix[victim, source] *= _nearness(seen, reads)
    return matrix


def mix(signals: NDArray[np.float32], matrix: Matrix) -> NDArray[np.float32]:
    """Signals (n_amplifiers, rows, columns), in readout order and above bias, with what the others add to each."""
    # einsum adds in one order on one core: the same frame, to the bit, on every machine.
    ghosts: NDArray[np.float32] = np.einsum("vs,sij->vij", matrix.astype(np.float32), signals)
    return signals + ghosts


def _nearness(one: Amplifier, other: Amplifier) -> float:
    steps = abs(one.column - other.column) + abs(one.row - other.row) * 2
    return FALL ** (steps - 1) if steps else 0.0
