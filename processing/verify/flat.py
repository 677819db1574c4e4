"""What is measured of a flat: of frames in flat light that were divided by it."""

from __future__ import annotations

import numpy as np

from processing.amplifiers import in_readout_order
from processing.camera import Detector
from processing.frame import Frame, bit
from processing.verify.moments import moments
from processing.verify.part import Part, Row, parts
from processing.verify.percentiles import percentiles


def measure_flat(corrected: Frame, detector: Detector, calibration: Frame) -> dict[str, Row]:
    """Rows by amplifier, in electrons; percentiles are those of the flat itself.

    A frame in ADU that was divided by a flat in ADU has one level over all amplifiers, since the flat holds their
    gains: the mean gain of the detector makes electrons of it.
    """
    of_frame = parts(corrected, detector)
    gain = 1.0 if corrected.unit == "electron" else _mean([part.gain for part in of_frame])
    divided_by = in_readout_order(calibration.image, detector)
    return {part.name: _row(part, gain) | percentiles("FLAT", divided_by[part.name]) for part in of_frame}


def _row(part: Part, gain: float) -> Row:
    """EXPECTED_NOISE is what photons, readout and the flat's own error explain; SATURATED a share of all pixels.

    Where no pixel is good or saturated, nothing is known of either.
    """
    saturated = (part.mask & bit("SAT")) != 0
    found = moments(part.image[part.good])
    mean, noise = gain * found.mean, gain * found.noise
    return {
        "MEAN": mean,
        "NOISE": noise,
        "EXPECTED_NOISE": gain * _mean(part.variance[part.good]) ** 0.5,
        "SATURATED": float(saturated.mean()) if (saturated | part.good).any() else np.nan,
        "VERIFY_NOISE": mean >= 0 and noise <= mean**0.5,
    }


def _mean(values: object) -> float:
    """Of the finite values; NaN of none."""
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    return float(known.mean()) if known.size else np.nan
