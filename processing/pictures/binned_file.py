"""A binned frame as a FITS file that needs no software of ours: the means in BUNIT, extension GOOD counts their pixels.

The header says how many pixels a cell has along a side (BINNING) and how many all of them cover (NPIXELS).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from processing.frame import FrameError
from processing.pictures.binning import Binned


def write(binned: Binned, path: Path) -> None:
    """Write; an existing file is replaced."""
    from astropy.io import fits

    header = fits.Header({"BUNIT": binned.unit, "BINNING": binned.binning, "NPIXELS": binned.pixels})
    images = [fits.PrimaryHDU(binned.image, header), fits.ImageHDU(binned.good, name="GOOD")]
    fits.HDUList(images).writeto(path, overwrite=True)


def read(path: Path) -> Binned:
    """Read; raises FrameError for what is none."""
    from astropy.io import fits

    try:
        with fits.open(path, memmap=False) as hdus:
            header = hdus[0].header
            return Binned(
                image=hdus[0].data.astype(np.float32),
                good=hdus["GOOD"].data.astype(np.int32),
                pixels=header["NPIXELS"],
                binning=header["BINNING"],
                unit=header["BUNIT"],
            )
    except (OSError, KeyError) as broken:
        raise FrameError(f"{path}: no binned frame (image, GOOD): {broken}") from broken
