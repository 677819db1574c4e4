"""Full well: a pixel holds no more than so much charge, the rest bleeds along its column."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]


def bleed(charge: Image, full_well_e: float) -> Image:
    """The charge of one amplifier once what exceeds full well has run half up, half down its column.

    What reaches the end of the column is lost.
    """
    full = np.flatnonzero((charge > full_well_e).any(axis=0))
    result = np.minimum(charge, np.float32(full_well_e))
    if not full.size:
        return result
    excess, held = (charge[:, full] - result[:, full]) / 2, result[:, full]
    for rows in (range(len(charge)), reversed(range(len(charge)))):
        running = np.zeros(full.size, np.float32)
        for row in rows:
            running += excess[row]
            taken = np.minimum(running, full_well_e - held[row])
            held[row] += taken
            running -= taken
    result[:, full] = held
    return result
