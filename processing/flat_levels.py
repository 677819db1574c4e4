"""The levels of one corrected flat, as plain numbers under the keys of cp_pipe's CpFlatMeasureTask."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from processing.amplifiers import windows
from processing.camera import Detector
from processing.frame import UNUSABLE, Frame, Image, bit

Statistics = dict[str, str | int | float]


def statistics(flat: Frame, detector: Detector) -> Statistics:
    """`DETECTOR_MEDIAN`, `_SIGMA` (0.741 x IQR) and `_N` of the usable pixels, and `AMP_NAME_n`, `AMP_MEDIAN_n` ... .

    Besides, of our own: `DETECTOR_SATURATED`, the share of saturated pixels among all, and `UNIT`. Without a usable
    pixel median and sigma are NaN and N is 0.
    """
    usable = ((flat.mask & UNUSABLE) == 0) & np.isfinite(flat.image)
    saturated = np.count_nonzero(flat.mask & bit("SAT")) / flat.mask.size
    found: Statistics = {"UNIT": flat.unit, "DETECTOR_SATURATED": float(saturated)}
    found |= _levels("DETECTOR_{}", flat.image, usable)
    places = windows(detector, flat.image.shape)
    for number, (name, window) in enumerate(places.items()):
        found |= {f"AMP_NAME_{number}": name}
        found |= _levels(f"AMP_{{}}_{number}", flat.image[window], usable[window])
    return found


def _levels(key: str, image: Image, usable: NDArray[np.bool_]) -> Statistics:
    values = image[usable]
    lower, median, upper = np.quantile(values, [0.25, 0.5, 0.75]) if values.size else [np.nan] * 3
    return {
        key.format("MEDIAN"): float(median),
        key.format("SIGMA"): float(0.741 * (upper - lower)),
        key.format("N"): int(values.size),
    }
