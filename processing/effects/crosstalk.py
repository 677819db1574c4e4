"""Crosstalk: while one amplifier reads a bright pixel, its neighbours see a faint ghost of it at the same moment.

What is read of amplifier v is  read_v = signal_v + sum over s of c_vs signal_s,  with the signals of all amplifiers
in ADU above their overscan levels, pixel by pixel in readout order. The true signals are the solution of these
equations: what is subtracted is the ghost of the true source, not of the source with ghosts of its own, which would
leave terms of c² (as in ip_isr's `CrosstalkCalib.subtractCrosstalk`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from processing.table_file import AmplifierTable, Column, Numbers, TableError

Stack = NDArray[np.float32]
"""(n_amplifiers, rows, columns): the amplifiers in the camera's order, each in readout order."""

Flags = NDArray[np.bool_]
"""As `Stack`."""


@dataclass(frozen=True, eq=False)
class Crosstalk(AmplifierTable):
    """How much of each amplifier (source) is seen in each (victim): `coefficients[victim, source]`, a plain number."""

    coefficients: Annotated[
        Numbers, Column("signal seen in this amplifier per signal in each amplifier, in the order of the rows", axes=2)
    ]

    def __post_init__(self) -> None:
        """Refuse a matrix that is not square, has an amplifier see itself, or cannot be undone."""
        super().__post_init__()
        n = len(self.amplifiers)
        if self.coefficients.shape != (n, n):
            raise TableError(f"Crosstalk.coefficients: found shape {self.coefficients.shape}, expected {(n, n)}")
        if np.diagonal(self.coefficients).any():
            raise TableError("Crosstalk.coefficients: an amplifier is no source of itself: the diagonal must be 0")
        if (worst := np.abs(self.coefficients).sum(axis=1).max()) >= 1:
            raise TableError(f"Crosstalk.coefficients: the sources of a victim add up to {worst:.3g}, expected < 1")

    def matrix(self, amplifiers: Sequence[str]) -> Numbers:
        """The coefficients with rows and columns in the order of these amplifiers."""
        rows = self.rows_of(amplifiers)
        return self.coefficients[np.ix_(rows, rows)]


@dataclass(frozen=True, eq=False)
class Cleaned:
    """Signals without ghosts (ADU), their variance (ADU²), and where a ghost could not be known."""

    signal: Stack
    variance: Stack
    doubtful: Flags


def add(signal: Stack, matrix: Numbers) -> Stack:
    """What is read of true signals in ADU; `matrix` is [victim, source]."""
    return _mixed(np.eye(len(matrix)) + matrix, signal)


def subtract(signal: Stack, variance: Stack, saturated: Flags, matrix: Numbers) -> Cleaned:
    """Undo `add`. A pixel that is not finite becomes NaN, and takes no part.

    `doubtful` are victims whose source is saturated or not finite: the ghost is then larger than what can be
    subtracted. Where what is subtracted for a saturated source is below the victim's own noise, it is no matter.
    Variances are those of the readout; the photon noise of a ghost, c² times that of its source, is left out.
    """
    unmixing = np.linalg.inv(np.eye(len(matrix)) + matrix)
    unknown = ~np.isfinite(signal)
    cleaned = _mixed(unmixing, np.where(unknown, np.float32(0), signal))
    cleaned[unknown] = np.nan
    doubtful = _doubtful(signal, variance, saturated | unknown, np.abs(matrix))
    return Cleaned(cleaned, _mixed(unmixing**2, variance), doubtful)


def _mixed(matrix: NDArray[np.floating], stack: Stack) -> Stack:
    mixed: Stack = (matrix.astype(stack.dtype) @ stack.reshape(len(stack), -1)).reshape(stack.shape)
    return mixed


def _doubtful(signal: Stack, variance: Stack, unknown: Flags, share: Numbers) -> Flags:
    doubtful = np.zeros(signal.shape, np.bool_)
    for source in np.flatnonzero(unknown.any(axis=(1, 2))):
        where = unknown[source]
        brightness = np.nan_to_num(signal[source][where], nan=np.inf)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # without a share there is no limit
            limit = np.sqrt(variance[:, where]) / share[:, source, None]
        doubtful[:, where] |= brightness > limit
    return doubtful
