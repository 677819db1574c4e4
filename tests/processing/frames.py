"""Frames that differ from others in some pixels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from processing.frame import Frame


def with_pixels(frame: Frame, where: Any, *, image: Any = None, planes: int = 0) -> Frame:
    """The same frame with other values, and with these planes besides, in some pixels."""
    pixels, mask = frame.image.copy(), frame.mask.copy()
    if image is not None:
        pixels[where] = image
    mask[where] |= np.int16(planes)
    return replace(frame, image=pixels, mask=mask)
