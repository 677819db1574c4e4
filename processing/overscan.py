"""The level that an amplifier adds to its pixels, measured where no light falls: the serial overscan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

CLIP_SIGMA = 3.0
NOISE_CLIP_SIGMA = 5.0
"""Of the scatter, from which a clip at 3 sigma would take 1.3 %."""

SIGMA_OF_IQR = 0.741
QUANTISATION_STEP_ADU = 1.0

LEADING_SHARE = 0.25
"""Of the columns that are read first: charge trails into them from the image."""


@dataclass(frozen=True)
class Level:
    """Mean level in ADU and the variance of that mean in ADU².

    `noise_adu` is the scatter of the pixels about it.
    """

    mean_adu: float
    variance_adu2: float
    noise_adu: float = np.nan


def undisturbed(overscan: NDArray[Any]) -> NDArray[Any]:
    """The serial overscan without its first columns."""
    return overscan[:, round(overscan.shape[1] * LEADING_SHARE) :]


def level(overscan: NDArray[Any]) -> Level:
    """The clipped mean of finite overscan pixels; nothing to subtract if there are no pixels, NaN if none is finite.

    A mean and not a median: the median of whole ADU is itself a whole ADU, up to half a step off.
    """
    if overscan.size == 0:
        return Level(0.0, 0.0)
    values = overscan.astype(np.float64).ravel()
    values = values[np.isfinite(values)]
    if values.size == 0:
        return Level(np.nan, np.nan)
    low, middle, high = np.percentile(values, [25, 50, 75])
    sigma = max(SIGMA_OF_IQR * (high - low), QUANTISATION_STEP_ADU)
    distance = np.abs(values - middle)
    kept = values[distance <= CLIP_SIGMA * sigma]
    noise = values[distance <= NOISE_CLIP_SIGMA * sigma].std()
    return Level(float(kept.mean()), float(kept.var() / kept.size), float(noise))
