"""Instrument signature removal: a raw in, an assembled image with variance and mask out. Everything is in ADU.

In order: saturated pixels are marked, each amplifier's overscan level is subtracted and its scans trimmed, the
amplifiers are assembled, defects are marked, the camera's own pedestal, the bias and the dark (per second of
dark time) are subtracted. Variances of what is subtracted are added, masks joined. Nothing that goes in is changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from processing.assemble import GeometryError, place, readouts
from processing.camera import Detector, Segment
from processing.defect_boxes import Defects
from processing.frame import Frame, Image, Mask, bit
from processing.overscan import level


@dataclass(frozen=True, eq=False)
class Corrected:
    """Image in ADU, variance in ADU², mask by the planes of `processing.frame`."""

    image: Image
    variance: Image
    mask: Mask


def remove_signature(
    raw: NDArray[Any],
    detector: Detector,
    segment: Segment,
    *,
    defects: Defects | None = None,
    bias: Frame | None = None,
    dark: Frame | None = None,
    dark_time: float = 0.0,
    pedestal_adu: float = 0.0,
    shot_noise: bool = True,
) -> Corrected:
    """Correct one raw image. `dark` is in ADU/s; without `shot_noise` the variance is the read noise alone."""
    found = assemble(raw, detector, segment)
    image, variance, mask = found.image, found.variance, found.mask
    if defects is not None:
        _mark(mask, defects)
    image -= np.float32(pedestal_adu)
    if bias is not None:
        _subtract(image, variance, mask, bias, "bias", factor=1.0)
    if shot_noise:
        _add_shot_noise(image, variance, detector, segment)
    if dark is not None:
        _subtract(image, variance, mask, dark, "dark", factor=dark_time)
    return Corrected(image, variance, mask)


def assemble(raw: NDArray[Any], detector: Detector, segment: Segment) -> Corrected:
    """Subtract overscan, trim and put the amplifiers together; the variance is that of the readout."""
    image = np.empty(detector.shape(segment), np.float32)
    variance = np.empty_like(image)
    mask = np.zeros(image.shape, np.int16)
    for readout in readouts(raw, detector, segment):
        amplifier = readout.amplifier
        base = level(readout.overscan)
        read_noise_adu = amplifier.read_noise_e / amplifier.gain_e_per_adu
        np.subtract(readout.data, np.float32(base.mean_adu), out=place(image, amplifier, segment))
        place(variance, amplifier, segment)[:] = read_noise_adu**2 + base.variance_adu2
        place(mask, amplifier, segment)[readout.data >= amplifier.saturation_adu] = bit("SAT")
    return Corrected(image, variance, mask)


def _add_shot_noise(image: Image, variance: Image, detector: Detector, segment: Segment) -> None:
    """Poisson variance of the charge: signal over gain; noise below zero carries none."""
    for amplifier in detector.amplifiers:
        signal = place(image, amplifier, segment)
        place(variance, amplifier, segment)[:] += np.maximum(signal, 0) / np.float32(amplifier.gain_e_per_adu)


def _mark(mask: Mask, defects: Defects) -> None:
    if defects.shape != mask.shape:
        raise GeometryError(
            f"the defects are of an image of {defects.shape} (rows, columns), this one has {mask.shape}"
        )
    mask[defects.bad] |= bit("BAD")


def _subtract(image: Image, variance: Image, mask: Mask, calib: Frame, name: str, *, factor: float) -> None:
    if calib.image.shape != image.shape:
        raise GeometryError(f"the {name} has {calib.image.shape} (rows, columns), the image {image.shape}")
    image -= calib.image * np.float32(factor)
    variance += calib.variance * np.float32(factor**2)
    mask |= calib.mask
