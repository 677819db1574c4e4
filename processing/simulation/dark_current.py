"""Charge that gathers without light."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]


def dark_current(shape: tuple[int, int], rng: np.random.Generator, *, on: bool) -> Image:
    """About 0.2 e-/s, rising by a third along the rows; one pixel in a thousand is hot (5 to 20 e-/s)."""
    dark = np.full(shape, 0.2, np.float32)
    dark *= np.linspace(0.85, 1.15, shape[0], dtype=np.float32)[:, None]
    hot = rng.random(shape, dtype=np.float32) < 0.001
    dark[hot] = rng.uniform(5, 20, int(hot.sum()))
    return dark if on else np.zeros_like(dark)
