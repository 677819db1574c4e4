"""What is measured of a dark: of frames without light, from which bias and dark were subtracted. In electrons."""

from __future__ import annotations

from processing.amplifiers import in_readout_order
from processing.camera import Detector
from processing.frame import Frame
from processing.verify.moments import moments
from processing.verify.part import Row, parts
from processing.verify.percentiles import percentiles
from processing.verify.without_light import without_light


def measure_dark(corrected: Frame, detector: Detector, calibration: Frame, *, dark_time: float) -> dict[str, Row]:
    """Rows by amplifier; percentiles are those of the dark itself, in its unit.

    CHARGE is what the dark has taken off in `dark_time` seconds: its shot noise stays in the frame.
    """
    subtracted = in_readout_order(calibration.image, detector)
    return {
        part.name: without_light(part)
        | {"CHARGE": moments(subtracted[part.name]).mean * dark_time * part.gain}
        | percentiles("DARK", subtracted[part.name])
        for part in parts(corrected, detector)
    }
