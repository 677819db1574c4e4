"""Pixels and columns that do not work: hot, cold, dead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from processing.camera import Detector, Segment
from processing.defect_boxes import Reason
from processing.simulation.effects import Effects

Image = NDArray[np.float32]

HOT_E_PER_S = 3.0
"""A pixel with more dark current is a defect in the truth, as it is for LSSTCam."""

COLD_RESPONSE = 0.9
"""And so is one that sees less of the light."""

_STREAM = 2_000_000


@dataclass(frozen=True, eq=False)
class Flaws:
    """What is wrong with one sensor; images are assembled (rows, columns)."""

    dark_current: Image
    """e-/s on top of that of a good sensor."""
    collection: Image
    """Share of all charge that the pixel gives: 0 in bad columns."""
    transmission: Image
    """Share of the light that the pixel sees."""


def flaws(detector: Detector, segment: Segment, effects: Effects, *, seed: int) -> Flaws:
    """Draw the flaws of one sensor."""
    rng = np.random.default_rng([seed, detector.id, _STREAM])
    shape = detector.shape(segment)
    hot, cold = rng.random((2, *shape), dtype=np.float32)
    rates, responses = rng.uniform(20, 100, shape), rng.uniform(0.1, 0.7, shape)
    return Flaws(
        dark_current=np.where(hot < effects.hot_pixels, rates, 0).astype(np.float32),
        collection=_columns(detector, segment, effects.bad_columns, rng),
        transmission=np.where(cold < effects.cold_pixels, responses, 1).astype(np.float32),
    )


def true_defects(dark_current: Image, known: Flaws) -> NDArray[np.uint8]:
    """The pixels that a calibration should find, by `Reason`, of a sensor with this dark current in all (e-/s)."""
    reasons = np.zeros(dark_current.shape, np.uint8)
    reasons[dark_current > HOT_E_PER_S] |= Reason.HOT.value
    reasons[known.transmission < COLD_RESPONSE] |= Reason.COLD.value
    reasons[known.collection == 0] = Reason.COLUMN.value
    return reasons


def _columns(detector: Detector, segment: Segment, number: int, rng: np.random.Generator) -> Image:
    """1, and 0 in so many columns, each of one amplifier; no two are the same."""
    collection = np.ones(detector.shape(segment), np.float32)
    rows, columns = detector.grid[0], collection.shape[1]
    for chosen in rng.choice(rows * columns, number, replace=False):
        row, column = divmod(int(chosen), columns)
        collection[row * segment.rows : (row + 1) * segment.rows, column] = 0
    return collection
