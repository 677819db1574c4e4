"""A scale of colours for values: ten steps of cividis, which rise in lightness.

So they are read in grey, and by people who do not tell red from green (Nuñez, Anderton and Renslow 2018).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

COLOURS = (
    "#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838",
)  # fmt: skip
STEPS = len(COLOURS)
USUAL = (2.0, 98.0)
"""Percentiles between which colours differ: a few wild values do not make all others look alike."""


@dataclass(frozen=True, slots=True)
class Ramp:
    """Values from `low` to `high` in equal steps; what lies outside has the colour of the nearest end."""

    low: float
    high: float

    def steps(self, values: NDArray[np.float64]) -> list[int]:
        """Return the step of each value; -1 for NaN."""
        width = self.high - self.low
        part = (values - self.low) / width if width > 0 else np.where(np.isnan(values), np.nan, 0.5)
        steps = np.clip(np.floor(np.nan_to_num(part) * STEPS), 0, STEPS - 1)
        return list(map(int, np.where(np.isnan(part), -1, steps)))

    @property
    def edges(self) -> tuple[float, ...]:
        """The values between which the steps lie."""
        return tuple(np.linspace(self.low, self.high, STEPS + 1).tolist())


def ramp(values: NDArray[np.float64]) -> Ramp:
    """Return the scale for these values."""
    measured = values[np.isfinite(values)]
    if not len(measured):
        return Ramp(0.0, 0.0)
    low, high = np.percentile(measured, USUAL).tolist()
    return Ramp(low, high)
