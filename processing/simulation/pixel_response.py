"""Pixel response non-uniformity: pixels differ in how much of the light they turn into charge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]

_STREAM = 1_000_000
"""Keeps the random stream of a band's flat apart from those of other truths of the same sensor."""


def pixel_response(shape: tuple[int, int], band: str, seed: list[int]) -> Image:
    """Factors about 1 with a spread of 1 %, in each band others."""
    rng = np.random.default_rng([*seed, _STREAM + ord(band[0])])
    return 1 + np.float32(0.01) * rng.standard_normal(shape, dtype=np.float32)
