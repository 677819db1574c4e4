"""The pattern that each readout adds on top of the bias level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from processing.assemble import place
from processing.camera import Detector, Segment

Image = NDArray[np.float32]


def structure(detector: Detector, segment: Segment, rng: np.random.Generator, *, on: bool) -> Image:
    """Columns that differ by about 2 ADU, and a glow of 5 ADU where each amplifier reads out; assembled, in ADU."""
    image = np.empty(detector.shape(segment), np.float32)
    glow = 5 * np.exp(-np.arange(segment.columns, dtype=np.float32) / (segment.columns / 8))
    for amplifier in detector.amplifiers:
        place(image, amplifier, segment)[:] = glow + rng.normal(0, 2, segment.columns).astype(np.float32)
    return image if on else np.zeros_like(image)
