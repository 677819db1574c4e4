"""What is left of crosstalk: how much of each bright pixel is seen in the amplifiers that are read with it.

A pixel tells something of a source if it is bright there and in no other amplifier: flats tell nothing, spots, stars,
hot pixels and cosmic rays do. Coefficients are the slopes of victims on sources, about the victim's own level, with the
least sum of absolute deviations: the hot pixels and rays of a victim are no ghosts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from processing.frame import Image
from processing.verify.moments import moments

BRIGHT_ADU = 5_000.0
"""A source above the level of its amplifier; a ghost of 1e-3 of it is as large as the noise of a read."""

FEWEST = 3
"""Pixels of a source; of fewer, one struck victim is a ghost."""

MEDIAN_ERROR = (np.pi / 2) ** 0.5
"""The error of a median of Gaussian values, in units of that of their mean."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ghosts:
    """[victim, source]: share of the source's signal that is seen in the victim, and its error; NaN: not measured."""

    coefficient: Numbers
    error: Numbers

    @property
    def significance(self) -> Numbers:
        """|coefficient| in units of its error."""
        return np.asarray(np.abs(self.coefficient) / self.error, np.float64)


def ghosts(
    images: Sequence[Image], good: Sequence[NDArray[np.bool_]], lit: Sequence[NDArray[np.bool_]], *, bright_adu: float
) -> Ghosts:
    """Measure amplifiers in readout order; victims count where `good`, sources where `lit` (charge that is known)."""
    n = len(images)
    levels = [moments(image[where]) for image, where in zip(images, good, strict=True)]
    above = np.stack([image - np.float32(level.mean) for image, level in zip(images, levels, strict=True)])
    bright = (above > bright_adu) & np.stack(lit)
    alone = bright.sum(axis=0) == 1
    coefficient, error = np.full((2, n, n), np.nan)
    for source in range(n):
        where = bright[source] & alone
        for victim in range(n):
            used = where & good[victim]
            if victim != source and np.count_nonzero(used) >= FEWEST:
                signal = above[source][used].astype(np.float64)
                coefficient[victim, source] = _slope(signal, above[victim][used])
                error[victim, source] = MEDIAN_ERROR * levels[victim].noise / float(signal @ signal) ** 0.5
    return Ghosts(coefficient, error)


def _slope(signal: Numbers, seen: Image) -> float:
    """The line through 0 with the least sum of absolute deviations: the median of the slopes, weighted by signals."""
    slopes = seen / signal
    order = np.argsort(slopes)
    weight = np.cumsum(signal[order])
    return float(slopes[order][np.searchsorted(weight, 0.5 * weight[-1])])
