"""Vignetting: the telescope shades what is far from the centre of the focal plane."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from processing.camera import Camera, Detector, Segment

Image = NDArray[np.float32]

DEPTH = 0.05
"""Light lost at a distance of 1, if a half side of the focal plane is 1.5: the corners lose 22 %."""

HALF_SIDE = 1.5


def vignetting(camera: Camera, detector: Detector, segment: Segment) -> Image:
    """Share of the light that arrives, assembled; it falls with the square of the distance."""
    rows, columns = detector.shape(segment)
    y = _distances(rows, detector.position[1], [d.position[1] for d in camera.detectors])
    x = _distances(columns, detector.position[0], [d.position[0] for d in camera.detectors])
    scale = np.float32(HALF_SIDE / max(_half_side(camera, axis) for axis in (0, 1)))
    y, x = y[:, None] * scale, x[None, :] * scale
    return 1 - np.float32(DEPTH) * (x * x + y * y)


def _distances(pixels: int, position: int, positions: list[int]) -> Image:
    """Of each pixel from the centre of the focal plane, in sides of a sensor."""
    centre = (min(positions) + max(positions)) / 2
    return np.linspace(-0.5, 0.5, pixels, dtype=np.float32) + position - centre


def _half_side(camera: Camera, axis: int) -> float:
    positions = [d.position[axis] for d in camera.detectors]
    return (max(positions) - min(positions) + 1) / 2
