"""The amplifiers of an assembled image: their windows, and their levels brought to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from processing.assemble import GeometryError
from processing.camera import Detector
from processing.frame import UNUSABLE, Frame, Image, Mask, Rows, bit

Pixel = TypeVar("Pixel", bound=np.generic)

Window = tuple[slice, slice]
"""Rows and columns of an amplifier."""


def windows(detector: Detector, shape: tuple[int, ...]) -> dict[str, Window]:
    """Where each amplifier stands in an assembled image of this shape, by name, in the camera's order."""
    rows, columns = _size(detector, shape)
    return {a.name: (_span(a.row, rows), _span(a.column, columns)) for a in detector.amplifiers}


def in_readout_order(image: NDArray[Pixel], detector: Detector) -> dict[str, NDArray[Pixel]]:
    """Views of an assembled image by amplifier, the first pixel read at [0, 0], in the camera's order."""
    places = windows(detector, image.shape)
    return {
        a.name: image[places[a.name]][:: -1 if a.flip_y else 1, :: -1 if a.flip_x else 1] for a in detector.amplifiers
    }


def scaled(frame: Frame, factors: Mapping[str, float], detector: Detector, shape: tuple[int, ...], rows: Rows) -> Frame:
    """A new frame with each amplifier multiplied by its factor; one without a factor becomes NO_DATA.

    `frame` is the part `rows` of an image of `shape`.
    """
    high, wide = _size(detector, shape)
    grid = np.full(detector.grid, np.nan, np.float32)
    for amplifier in detector.amplifiers:
        grid[amplifier.row, amplifier.column] = factors.get(amplifier.name, np.nan)
    pixels = grid[np.arange(*rows) // high].repeat(wide, axis=1)
    unknown = np.isnan(pixels)
    pixels[unknown] = 1
    mask = np.where(unknown, frame.mask | np.int16(bit("NO_DATA")), frame.mask)
    return replace(frame, image=frame.image * pixels, variance=frame.variance * pixels**2, mask=mask)


def medians(image: Image, mask: Mask, detector: Detector) -> dict[str, float]:
    """The median of the good pixels of each amplifier that has any."""
    found = {}
    for name, window in windows(detector, image.shape).items():
        pixels = image[window][(mask[window] & UNUSABLE) == 0]
        if pixels.size:
            found[name] = float(np.median(pixels))
    return found


def _size(detector: Detector, shape: tuple[int, ...]) -> tuple[int, int]:
    """(rows, columns) of one amplifier."""
    rows, columns = detector.grid
    if len(shape) != 2 or shape[0] % rows or shape[1] % columns:
        raise GeometryError(
            f"an image of {shape} (rows, columns) is not made of {rows} by {columns} amplifiers of {detector.name}"
        )
    return shape[0] // rows, shape[1] // columns


def _span(place: int, size: int) -> slice:
    return slice(place * size, (place + 1) * size)
