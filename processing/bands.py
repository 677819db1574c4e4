"""Reading any number of FITS frames in bands of rows, so that a stack never has to fit into memory.

A plain FITS image is read row by row where it lies.  A compressed one (.bz2, .gz, .fz, .Z ...) cannot be sliced: it
is unpacked once into a temporary directory, one frame at a time, and removed with the reader.
"""

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from processing.combine import Combined
from processing.errors import ProcessingError

DEFAULT_BAND_BYTES = 20_000_000
"""Memory of one band of float32.  With the float32 results of a 2048^2 frame it stays well below 100 MB."""


class FrameReadError(ProcessingError):
    """A frame cannot be read, or does not fit the others; the message names the file."""


@dataclass(frozen=True)
class Band:
    """Some rows of every frame."""

    rows: slice
    """Rows ``start:stop`` of the frames."""
    stack: NDArray[np.float32]
    """Values [frame, row, column], scaled as the header says; blank pixels are NaN."""


@dataclass(frozen=True)
class _Image:
    """Where the pixels of a plain FITS image lie in a file."""

    name: Path
    path: Path
    offset: int
    shape: tuple[int, int]
    dtype: np.dtype[np.generic]
    bscale: float
    bzero: float
    blank: int | None

    @property
    def end(self) -> int:
        """First byte after the pixels."""
        return self.offset + self.shape[0] * self.shape[1] * self.dtype.itemsize

    def read(self, rows: slice, out: NDArray[np.float32]) -> None:
        """Read ``rows`` into ``out``, scaled."""
        n_columns = self.shape[1]
        wanted = (rows.stop - rows.start) * n_columns
        start = self.offset + rows.start * n_columns * self.dtype.itemsize
        stored = np.fromfile(self.path, dtype=self.dtype, count=wanted, offset=start)
        if stored.size != wanted:
            raise FrameReadError(
                f"{self.name}: rows {rows.start}:{rows.stop} are gone: it has shrunk since it was opened"
            )
        values = stored.reshape(out.shape)
        if self.bscale == 1 and self.bzero == 0:
            out[...] = values
        else:
            out[...] = values * self.bscale + self.bzero
        if self.blank is not None:
            out[values == self.blank] = np.nan


class BandReader:
    """Bands of rows over FITS files of one shape; a context manager.

    ``hdu`` is the index or name of the image in each file.  Every iteration yields all bands from row 0 on.  The
    array of a band is reused by the next: copy what is to be kept.
    """

    def __init__(self, paths: Sequence[Path], *, hdu: int | str = 0, band_bytes: int = DEFAULT_BAND_BYTES) -> None:
        if not paths:
            raise ValueError("no frames to read: the list of files is empty")
        self._unpacked = TemporaryDirectory(prefix="bands-")
        self._band_bytes = band_bytes
        try:
            self._images = [self._open(Path(path), hdu, k) for k, path in enumerate(paths)]
            self._require_one_shape()
        except BaseException:
            self.close()
            raise

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of every frame."""
        return self._images[0].shape

    @property
    def rows_per_band(self) -> int:
        """As many rows as the memory for one band holds, at least one."""
        row_bytes = len(self._images) * self.shape[1] * np.dtype(np.float32).itemsize
        return min(self.shape[0], max(1, self._band_bytes // row_bytes))

    def __iter__(self) -> Iterator[Band]:
        n_rows, n_columns = self.shape
        n_frames, n_at_once = len(self._images), self.rows_per_band
        buffer = np.empty(n_frames * n_at_once * n_columns, np.float32)
        for start in range(0, n_rows, n_at_once):
            rows = slice(start, min(start + n_at_once, n_rows))
            shape = n_frames, rows.stop - start, n_columns
            stack = buffer[: math.prod(shape)].reshape(shape)  # contiguous, also where the last band is lower
            for image, out in zip(self._images, stack, strict=True):
                image.read(rows, out)
            yield Band(rows, stack)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove what was unpacked."""
        self._unpacked.cleanup()

    def _open(self, path: Path, hdu: int | str, k: int) -> _Image:
        try:
            plain = _starts_as_fits(path) and _find(path, path, hdu)
            return plain or self._unpack(path, hdu, Path(self._unpacked.name) / f"{k}.fits")
        except (OSError, KeyError, IndexError, TypeError, EOFError) as error:
            raise FrameReadError(f"{path}: no readable FITS image in HDU {hdu!r}: {error}") from error

    def _unpack(self, path: Path, hdu: int | str, target: Path) -> _Image:
        """Decode a compressed image once, into a plain one of float32."""
        with fits.open(path, memmap=False) as hdus:
            values = hdus[hdu].data
        if values is None:
            raise FrameReadError(f"{path}: HDU {hdu!r} has no pixels")
        fits.writeto(target, values.astype(np.float32))
        image = _find(path, target, 0)
        assert image is not None, "a plain image was just written"
        return image

    def _require_one_shape(self) -> None:
        for image in self._images:
            if image.shape != self.shape:
                first = self._images[0].name
                raise FrameReadError(f"{image.name}: {image.shape} pixels, but {first} has {self.shape}")


def combine_bands(reader: BandReader, combine: Callable[[NDArray[np.float32]], Combined]) -> Combined:
    """Combine the frames of a reader band by band; memory is one band and the results."""
    mean, variance = np.empty(reader.shape, np.float32), np.empty(reader.shape, np.float32)
    count = np.empty(reader.shape, np.int32)
    too_few = False
    for band in reader:
        part = combine(band.stack)
        mean[band.rows], variance[band.rows], count[band.rows] = part.mean, part.variance, part.count
        too_few = part.too_few_to_clip
    return Combined(mean, variance, count, too_few)


def _starts_as_fits(path: Path) -> bool:
    """Whether the file is FITS as it lies there; compressed as a whole it is not."""
    with path.open("rb") as file:
        return file.read(6) == b"SIMPLE"


def _find(name: Path, path: Path, hdu: int | str) -> _Image | None:
    """Where an image lies in a file; None for one that is compressed in tiles."""
    with warnings.catch_warnings():
        # The warning would name no file; `_located` measures this image, and raises.
        warnings.filterwarnings("ignore", message="File may have been truncated")
        with fits.open(path, memmap=False, do_not_scale_image_data=True) as hdus:
            image = hdus[hdu]
            return None if isinstance(image, fits.CompImageHDU) else _located(name, path, image)


def _located(name: Path, path: Path, hdu: fits.PrimaryHDU) -> _Image:
    header = hdu.header
    if header.get("NAXIS") != 2:
        raise FrameReadError(f"{name}: NAXIS is {header.get('NAXIS')}; expected an image of two axes")
    image = _Image(
        name=name,
        path=path,
        offset=hdu.fileinfo()["datLoc"],
        shape=(header["NAXIS2"], header["NAXIS1"]),
        dtype=np.dtype(fits.hdu.image.BITPIX2DTYPE[header["BITPIX"]]).newbyteorder(">"),
        bscale=float(header.get("BSCALE", 1)),
        bzero=float(header.get("BZERO", 0)),
        blank=header.get("BLANK") if header["BITPIX"] > 0 else None,
    )
    missing = image.end - path.stat().st_size
    if missing > 0:
        raise FrameReadError(f"{name}: truncated: {missing} bytes of its pixels are missing. Fetch the file again")
    return image
