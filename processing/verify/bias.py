"""What is measured of a bias: of frames without light or time, from which it was subtracted. In electrons."""

from __future__ import annotations

import numpy as np

from processing.amplifiers import in_readout_order
from processing.camera import Detector
from processing.frame import Frame
from processing.verify.part import Part, Row, parts
from processing.verify.percentiles import percentiles
from processing.verify.without_light import without_light

CORNER = 200
"""Pixels along a side of the corner that is read first, where amplifiers glow and levels settle."""


def measure_bias(corrected: Frame, detector: Detector, calibration: Frame) -> dict[str, Row]:
    """Rows by amplifier; percentiles are those of the bias itself, in its unit."""
    subtracted = in_readout_order(calibration.image, detector)
    return {
        part.name: without_light(part) | {"AMP_CORNER": _corner(part)} | percentiles("BIAS", subtracted[part.name])
        for part in parts(corrected, detector)
    }


def _corner(part: Part) -> float:
    """Mean of the good pixels there."""
    pixels = part.image[:CORNER, :CORNER][part.good[:CORNER, :CORNER]]
    return float(pixels.mean(dtype=np.float64)) if pixels.size else np.nan
