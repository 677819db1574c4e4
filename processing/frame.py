"""A calibrated image with its variance and mask, and the FITS file that holds all of it.

The file needs no software of ours: the primary image is float32 in BUNIT; extension VARIANCE is float32 in its
square; extension MASK is int16, each plane a bit that its header names (`MP_SAT = 1` is the bit of value 2).
Arrays come back bit by bit as they were written. Header keywords beyond eight characters are HIERARCH cards.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from processing.errors import ProcessingError

if TYPE_CHECKING:
    from astropy.io import fits

Image = NDArray[np.float32]
Mask = NDArray[np.int16]
Rows = tuple[int, int]
"""Half-open range of image rows."""

PLANES = {"BAD": 0, "SAT": 1, "NO_DATA": 2, "CR": 3, "SUSPECT": 4}
"""Mask planes by bit: unusable pixel, saturated, nothing measured, cosmic ray, doubtful."""

FLOAT_WIDTH = 20
"""Characters that astropy gives a number in a card."""

_STRUCTURE = frozenset({"SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "EXTEND", "BUNIT"})


class FrameError(ProcessingError):
    """A file that holds no frame, or arrays that do not make one."""


def bit(*planes: str) -> int:
    """The mask value in which exactly these planes are set."""
    return sum(1 << PLANES[name] for name in planes)


UNUSABLE = bit("BAD", "SAT", "NO_DATA", "CR")
"""Pixels with any of these planes never count in a statistic."""


@dataclass(frozen=True, eq=False)
class Frame:
    """Image and variance in `unit` and its square, mask by planes, header values by keyword.

    Nothing of it can be written to: its arrays are views, which whoever made them still holds.
    """

    image: Image
    variance: Image
    mask: Mask
    unit: str
    header: Mapping[str, str | int | float | bool]

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        if not self.image.shape == self.variance.shape == self.mask.shape:
            shapes = self.image.shape, self.variance.shape, self.mask.shape
            raise FrameError(f"image, variance and mask differ in shape: {shapes}")
        for name in ("image", "variance", "mask"):
            view = getattr(self, name).view()
            view.setflags(write=False)
            object.__setattr__(self, name, view)


def write(frame: Frame, path: Path) -> None:
    """Write a frame; an existing file is replaced."""
    from astropy.io import fits

    square = re.sub(r"[A-Za-z]+", r"\g<0>2", frame.unit)
    planes = {f"MP_{name}": number for name, number in PLANES.items()}
    fits.HDUList(
        [
            fits.PrimaryHDU(frame.image.astype(np.float32, copy=False), _header(frame.unit, frame.header)),
            fits.ImageHDU(frame.variance.astype(np.float32, copy=False), _header(square, {}), name="VARIANCE"),
            fits.ImageHDU(frame.mask.astype(np.int16, copy=False), _header("", planes), name="MASK"),
        ]
    ).writeto(path, overwrite=True, output_verify="ignore")  # the cards are ours: checking them costs a third


def read(path: Path, rows: Rows | None = None) -> Frame:
    """Read a frame, or only some rows of it: then no more than those are read from the file."""
    from astropy.io import fits

    try:
        with fits.open(path, memmap=False) as hdus:
            primary = hdus[0].header
            return Frame(
                image=_pixels(hdus[0], np.dtype(np.float32), rows),
                variance=_pixels(hdus["VARIANCE"], np.dtype(np.float32), rows),
                mask=_pixels(hdus["MASK"], np.dtype(np.int16), rows),
                unit=primary.get("BUNIT", ""),
                header={k: v for k, v in primary.items() if k not in _STRUCTURE},
            )
    except (OSError, KeyError) as broken:
        raise FrameError(f"{path}: no frame (image, VARIANCE, MASK): {broken}") from broken


def _pixels(hdu: fits.ImageHDU, kind: np.dtype[Any], rows: Rows | None) -> NDArray[Any]:
    stored: NDArray[Any] = hdu.data if rows is None else hdu.section[rows[0] : rows[1]]
    return stored.astype(kind, copy=False)  # FITS is big-endian; what computes should be native


def _header(unit: str, values: Mapping[str, str | int | float | bool]) -> fits.Header:
    from astropy.io import fits

    header = fits.Header()
    if unit:
        header["BUNIT"] = unit
    for key, value in values.items():
        header.append(_card(key if len(key) <= 8 and " " not in key else f"HIERARCH {key}", value))
    return header


def _card(key: str, value: str | int | float | bool) -> fits.Card:
    from astropy.io import fits

    if isinstance(value, float) and len(repr(value)) > FLOAT_WIDTH:
        # astropy would cut it to 20 characters; FITS allows free format, and the number should come back.
        return fits.Card.fromstring(f"{key:8}= {value!r}".upper())
    return fits.Card(key, value)
