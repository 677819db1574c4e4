"""Nonlinearity: the signal that is read is not quite in proportion to the charge. A curve per amplifier corrects it.

Two forms, with the conventions of ip_isr:

    SplineLinearizer       linear = x - s(x)                     s: Akima spline through (nodes, values)
    PolynomialLinearizer   linear = x + sum over i of c_i x^(2+i)    one coefficient is ip_isr's `Squared`

x and the result are in ADU above the overscan level. Curves are known up to a limit: beyond it the correction stays
what it is there, and the pixels are flagged; so is the whole of an amplifier whose curve is not known (NaN), which
is left as it is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from processing.table_file import AmplifierTable, Column, Numbers, TableError

Signal = NDArray[np.floating]
Curve = Callable[[Numbers], Numbers]


@dataclass(frozen=True)
class Correction:
    """Of one amplifier: what is added to a signal within `low` and `high` (ADU), and its derivative."""

    added: Curve
    slope: Curve
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Linearizer(AmplifierTable, ABC):
    """A curve per amplifier, in one of the forms of this module."""

    @abstractmethod
    def correction(self, amplifier: str) -> Correction | None:
        """The curve of an amplifier; None if it is not known."""

    def __post_init__(self) -> None:
        """Refuse a curve that maps two signals to one."""
        super().__post_init__()
        for name in self.amplifiers:
            if (found := self.correction(name)) is not None:
                _refuse_falling(found, f"{type(self).__name__} of {name}")


@dataclass(frozen=True, eq=False)
class SplineLinearizer(Linearizer):
    """Nodes rise along each row; rows with fewer nodes end in NaN, those that are NaN alone are not known."""

    nodes: Annotated[Numbers, Column("signals at which the spline is given, rising", "adu", axes=2, unknown=True)]
    values: Annotated[Numbers, Column("what is subtracted at each node", "adu", axes=2, unknown=True)]

    def __post_init__(self) -> None:
        """Refuse nodes and values that make no splines."""
        if np.shape(self.nodes) != np.shape(self.values):
            raise TableError(f"SplineLinearizer: nodes {np.shape(self.nodes)}, values {np.shape(self.values)} differ")
        super().__post_init__()

    @override
    def correction(self, amplifier: str) -> Correction | None:
        """The spline through the nodes."""
        from scipy.interpolate import Akima1DInterpolator

        row = self.amplifiers.index(amplifier)
        known = np.isfinite(self.nodes[row])
        nodes, values = self.nodes[row][known], self.values[row][known]
        if not nodes.size:
            return None
        if nodes.size < 2 or not known[: nodes.size].all() or not (np.diff(nodes) > 0).all() or np.isnan(values).any():
            raise TableError(
                f"SplineLinearizer of {amplifier}: expected two or more nodes that rise, each with a value, then NaN;"
                f" found nodes {self.nodes[row].tolist()}, values {self.values[row].tolist()}"
            )
        spline = Akima1DInterpolator(nodes, -values)
        return Correction(spline, spline.derivative(), float(nodes[0]), float(nodes[-1]))


@dataclass(frozen=True, eq=False)
class PolynomialLinearizer(Linearizer):
    """Powers rise from 2 along each row; a row with NaN is not known."""

    coefficients: Annotated[
        Numbers, Column("of the powers 2, 3, ... of the signal in ADU, to be added", axes=2, unknown=True)
    ]
    limit: Annotated[Numbers, Column("largest signal for which the polynomial holds", "adu")]

    @override
    def correction(self, amplifier: str) -> Correction | None:
        """The polynomial, from 0 to the limit: below, noise about nothing, there is nothing to correct."""
        row = self.amplifiers.index(amplifier)
        if np.isnan(self.coefficients[row]).any():
            return None
        polynomial = np.polynomial.Polynomial([0, 0, *self.coefficients[row]])
        return Correction(polynomial, polynomial.deriv(), 0.0, float(self.limit[row]))


@dataclass(frozen=True, eq=False)
class Linearized:
    """Signal (ADU), variance (ADU²), and where the curve says nothing."""

    signal: NDArray[np.float32]
    variance: NDArray[np.float32]
    doubtful: NDArray[np.bool_]


def linearize(signal: Signal, variance: Signal, correction: Correction | None) -> Linearized:
    """Correct signals of one amplifier; NaN stays NaN."""
    if correction is None:
        unchanged = signal.astype(np.float32), variance.astype(np.float32)
        return Linearized(*unchanged, np.ones(signal.shape, np.bool_))
    held = np.clip(signal.astype(np.float64), correction.low, correction.high)
    inside = held == signal
    slope = np.where(inside, 1 + correction.slope(held), 1)
    linear = signal + correction.added(held)
    return Linearized(
        linear.astype(np.float32), (variance * slope**2).astype(np.float32), np.greater(signal, correction.high)
    )


def corrections(linearizer: Linearizer, amplifiers: Sequence[str]) -> list[Correction | None]:
    """The curves of these amplifiers, in their order."""
    linearizer.rows_of(amplifiers)
    return [linearizer.correction(name) for name in amplifiers]


_SAMPLES = 4096
"""Points at which a curve is tested for rising."""


def _refuse_falling(found: Correction, name: str) -> None:
    if not found.low < found.high:
        raise TableError(f"{name}: holds from {found.low:g} to {found.high:g} ADU, expected a range")
    x = np.linspace(found.low, found.high, _SAMPLES)
    if not (falls := 1 + found.slope(x) <= 0).any():
        return
    raise TableError(f"{name}: the corrected signal falls at {x[np.argmax(falls)]:.0f} ADU, expected it to rise")
