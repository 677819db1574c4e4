"""Read a raw FITS file: one two-dimensional image and its header, whole or by rows."""

from __future__ import annotations

import bz2
import gzip
import io
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from processing.errors import ProcessingError

if TYPE_CHECKING:
    from astropy.io import fits

SUFFIXES = (".fits", ".fit", ".fts", ".fits.gz", ".fit.gz", ".fits.bz2", ".fit.bz2", ".fts.bz2")
"""File names that are taken for raws, in any case."""

_UNPACKERS = {".bz2": bz2.decompress, ".gz": gzip.decompress}


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
    with _image_hdu(path) as (hdu, _):
        return RawFrame(np.ascontiguousarray(hdu.data), dict(hdu.header))


def inspect(path: Path) -> tuple[dict[str, Any], tuple[int, int]]:
    """Header and (rows, columns) of a raw, after making sure that all its pixels are there."""
    with _image_hdu(path) as (hdu, size):
        if size < (promised := hdu.fileinfo()["datLoc"] + hdu.size):
            raise RawError(f"truncated: {size} bytes, its header promises {promised}")
        return dict(hdu.header), hdu.shape


@contextmanager
def _image_hdu(path: Path) -> Iterator[tuple[fits.PrimaryHDU, int]]:
    """The first image of the file and the file's size, unpacked.

    What astropy raises or only warns of (truncation) becomes RawError. The file is opened here because astropy
    leaves it open when it fails.
    """
    from astropy.io import fits
    from astropy.utils.exceptions import AstropyWarning

    try:
        with warnings.catch_warnings(), _open(path) as file:
            warnings.simplefilter("error", AstropyWarning)
            size = file.seek(0, io.SEEK_END)
            file.seek(0)
            with fits.open(file, memmap=False, lazy_load_hdus=True) as hdus:
                yield _first_image(hdus), size
    except (OSError, EOFError, ValueError, TypeError, fits.VerifyError, AstropyWarning) as broken:
        raise RawError(f"unreadable as FITS: {broken}") from broken


def _open(path: Path) -> BinaryIO:
    unpack = _UNPACKERS.get(path.suffix.lower())
    return io.BytesIO(unpack(path.read_bytes())) if unpack else path.open("rb")


def _first_image(hdus: fits.HDUList) -> fits.PrimaryHDU:
    for hdu in hdus:
        if len(hdu.shape) == 2:
            return hdu
    raise RawError("holds no two-dimensional image")
