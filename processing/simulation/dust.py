"""Dust on the window of a sensor."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]

_STREAM = 2_000_001


def dust(shape: tuple[int, int], number: int, seed: list[int]) -> Image:
    """Share of the light that passes: shadows of 2 to 6 pixels' radius, up to 4 % deep in the middle.

    The deepest wins where they overlap.
    """
    rng = np.random.default_rng([*seed, _STREAM])
    light = np.ones(shape, np.float32)
    y, x = np.ogrid[: shape[0], : shape[1]]
    for _ in range(number):
        row, column, radius, depth = rng.uniform((0, 0, 2, 0.01), (*shape, 6, 0.04))
        distance = ((y - row) ** 2 + (x - column) ** 2) / radius**2
        light = np.minimum(light, 1 - depth * np.clip(1 - distance, 0, 1)).astype(np.float32)
    return light
