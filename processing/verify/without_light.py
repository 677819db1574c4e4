"""What biases and darks have in common: mean and noise of a frame from which all was subtracted, in electrons."""

from __future__ import annotations

import numpy as np

from processing.verify.moments import moments
from processing.verify.part import Part, Row
from processing.verify.rays import noise_without_rays

TOLERANCE = 0.05
"""Of noises, relative, as cp_verify has it."""


def without_light(part: Part) -> Row:
    """Of one amplifier; GOOD is the share of its pixels that count."""
    found = moments(part.image[part.good])
    row: Row = {
        "MEAN": found.mean,
        "NOISE": found.noise,
        "CR_NOISE": noise_without_rays(part.image, part.good, found),
        "READ_NOISE": part.read_noise_e,
        "READ_NOISE_ADU": part.overscan_noise_adu,
        "GAIN": part.gain,
        "GOOD": float(part.good.mean()),
    }
    return row | _said_by_cp_verify(row)


def _said_by_cp_verify(row: Row) -> Row:
    mean, noise, cleaned, nominal = (float(row[key]) for key in ("MEAN", "NOISE", "CR_NOISE", "READ_NOISE"))
    overscan = float(row["GAIN"]) * float(row["READ_NOISE_ADU"])
    return {
        "VERIFY_MEAN": abs(mean) < noise,
        "VERIFY_NOISE": noise <= nominal * (1 + TOLERANCE),
        "VERIFY_CR_NOISE": abs(noise - cleaned) <= TOLERANCE * cleaned,
        "VERIFY_READ_NOISE_CONSISTENT": bool(np.isfinite(overscan)) and overscan <= nominal * (1 + TOLERANCE),
    }
