"""Where the amplifiers of a sensor stand: windows of a raw, places in the assembled image. Views, no copies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from processing.camera import Amplifier, Detector, Segment
from processing.errors import ProcessingError


class GeometryError(ProcessingError):
    """An image that has not the size that its camera says."""


@dataclass(frozen=True, eq=False)
class Readout:
    """One amplifier's window of a raw, in readout order; `data` and `overscan` are views of `window`.

    `overscan` is the serial overscan beside the data rows, of no columns if the camera reads none.
    """

    amplifier: Amplifier
    window: NDArray[Any]
    data: NDArray[Any]
    overscan: NDArray[Any]


def readouts(raw: NDArray[Any], detector: Detector, segment: Segment) -> Iterator[Readout]:
    """The windows of all amplifiers, in the camera's order."""
    if raw.shape != detector.raw_shape(segment):
        raise GeometryError(
            f"the image has {raw.shape} (rows, columns), expected {detector.raw_shape(segment)} for {detector.name}"
        )
    rows, columns = segment.shape
    first, end = segment.prescan_columns, segment.prescan_columns + segment.columns
    for amplifier in detector.amplifiers:
        y, x = amplifier.row * rows, amplifier.column * columns
        window = raw[y : y + rows, x : x + columns]
        yield Readout(amplifier, window, window[: segment.rows, first:end], window[: segment.rows, end:])


def place(image: NDArray[Any], amplifier: Amplifier, segment: Segment) -> NDArray[Any]:
    """The amplifier's part of an assembled image, seen in readout order."""
    y, x = amplifier.row * segment.rows, amplifier.column * segment.columns
    part = image[y : y + segment.rows, x : x + segment.columns]
    return part[:: -1 if amplifier.flip_y else 1, :: -1 if amplifier.flip_x else 1]
