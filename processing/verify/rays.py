"""The noise of a frame once what looks like cosmic rays is left out, without any clip.

In one frame a ray is what stands above the median of its column by much more than the noise, with neighbours that do
so by less: a hot pixel cannot be told from it. A column that is high as a whole is no ray, and stays in the noise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from processing.effects.cosmic_rays import RayCriteria
from processing.frame import Image
from processing.verify.moments import Moments

CRITERIA = RayCriteria()


def noise_without_rays(image: Image, good: NDArray[np.bool_], about: Moments) -> float:
    """Standard deviation of the good pixels that no ray has struck; NaN where the noise with them is not known."""
    if not about.noise > 0:
        return np.nan
    left = image[good & ~struck(image, good, about)]
    return float(left.std(ddof=1, dtype=np.float64)) if left.size > 1 else np.nan


def struck(
    image: Image, good: NDArray[np.bool_], about: Moments, criteria: RayCriteria = CRITERIA
) -> NDArray[np.bool_]:
    """The good pixels of an amplifier that are those of rays; `about` are the moments of the good pixels."""
    from scipy.ndimage import binary_dilation

    if not about.noise > 0:
        return np.zeros(image.shape, np.bool_)
    filled = np.where(good, image, np.float32(about.mean))
    excess = (filled - np.median(filled, axis=0)) / np.float32(about.noise)
    seeds = good & (excess > criteria.threshold)
    near = good & (excess > criteria.neighbour_threshold)
    grown: NDArray[np.bool_] = binary_dilation(seeds, np.ones((3, 3)), iterations=criteria.grow, mask=near)
    return grown
