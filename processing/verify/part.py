"""One amplifier of a corrected frame, in readout order, and what the header says of its electronics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from processing.amplifiers import in_readout_order
from processing.camera import Detector
from processing.frame import UNUSABLE, Frame, Image, Mask
from processing.provenance import GAIN, OVERSCAN_NOISE, READ_NOISE

Row = dict[str, float | int | bool | str]
"""What is known of one amplifier, by key."""


@dataclass(frozen=True, eq=False)
class Part:
    """Views of the frame; gain in e-/ADU, read noise in electrons, noise of the overscan in ADU; NaN is not known."""

    name: str
    image: Image
    variance: Image
    mask: Mask
    gain: float
    read_noise_e: float
    overscan_noise_adu: float

    @cached_property
    def good(self) -> NDArray[np.bool_]:
        """Where something was measured that counts."""
        usable: NDArray[np.bool_] = ((self.mask & UNUSABLE) == 0) & np.isfinite(self.image)
        return usable


def parts(frame: Frame, detector: Detector) -> list[Part]:
    """The amplifiers of a frame, in the camera's order."""
    images, variances = (in_readout_order(array, detector) for array in (frame.image, frame.variance))
    masks = in_readout_order(frame.mask, detector)
    return [
        Part(
            name=a.name,
            image=images[a.name],
            variance=variances[a.name],
            mask=masks[a.name],
            gain=_number(frame.header, f"{GAIN} {a.name}"),
            read_noise_e=_number(frame.header, f"{READ_NOISE} {a.name}"),
            overscan_noise_adu=_number(frame.header, f"{OVERSCAN_NOISE} {a.name}"),
        )
        for a in detector.amplifiers
    ]


def _number(header: Mapping[str, Any], key: str) -> float:
    return float(header.get(key, np.nan))
