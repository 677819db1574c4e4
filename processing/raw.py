"""Read a raw FITS file: one two-dimensional image and its header, whole or by rows."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from processing.errors import ProcessingError

if TYPE_CHECKING:
    from astropy.io import fits

SUFFIXES = (".fits", ".fit", ".fts", ".fits.gz", ".fit.gz", ".fits.bz2", ".fit.bz2", ".fts.bz2")
"""File names that are taken for raws, in any case."""


def is_raw_name(path: Path) -> bool:
    """Whether a file's name looks like a raw's."""
    return path.name.lower().endswith(SUFFIXES)


class RawError(ProcessingError):
    """A file that is no readable, complete FITS image."""


@dataclass(frozen=True, eq=False)
class RawFrame:
    """An image as it was read out, in ADU, and its header."""

    image: NDArray[Any]
    header: Mapping[str, Any]


def read(path: Path) -> RawFrame:
    """Read image and header; raises RawError if the file is truncated or no FITS image."""
    with _image_hdu(path) as hdu:
        return RawFrame(np.ascontiguousarray(hdu.data), dict(hdu.header))


def inspect(path: Path) -> tuple[dict[str, Any], tuple[int, int]]:
    """Header and (rows, columns) of a raw, after making sure that all its pixels are there."""
    with _image_hdu(path) as hdu:
        place = hdu.fileinfo()
        if path.suffix.lower() in {".gz", ".bz2"}:
            hdu.data  # noqa: B018  the only way to learn that a compressed file is whole is to read it
        elif path.stat().st_size < place["datLoc"] + hdu.size:
            raise RawError(f"truncated: {path.stat().st_size} bytes, its header promises {place['datLoc'] + hdu.size}")
        return dict(hdu.header), hdu.shape


@contextmanager
def _image_hdu(path: Path) -> Iterator[fits.PrimaryHDU]:
    """The first image of the file; what astropy only warns of (truncation) or raises becomes RawError."""
    from astropy.io import fits
    from astropy.utils.exceptions import AstropyWarning

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", AstropyWarning)
            with fits.open(path, memmap=False, lazy_load_hdus=True) as hdus:
                yield _first_image(hdus)
    except (OSError, EOFError, ValueError, TypeError, fits.VerifyError, AstropyWarning) as broken:
        raise RawError(f"unreadable as FITS: {broken}") from broken


def _first_image(hdus: fits.HDUList) -> fits.PrimaryHDU:
    for hdu in hdus:
        if len(hdu.shape) == 2:
            return hdu
    raise RawError("holds no two-dimensional image")
