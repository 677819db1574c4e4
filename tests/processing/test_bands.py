import bz2
import gzip
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from processing.bands import BandReader, FrameReadError, combine_bands
from processing.combine import meanclip

SHAPE = (23, 17)


def frames(n=6, dtype=np.uint16):
    return np.random.default_rng(5).integers(100, 40_000, (n, *SHAPE)).astype(dtype)


def write(directory: Path, stack) -> list[Path]:
    paths = [directory / f"frame{i}.fits" for i in range(len(stack))]
    for path, frame in zip(paths, stack, strict=True):
        fits.writeto(path, frame)
    return paths


def compressed(path: Path, suffix: str, opener) -> Path:
    target = path.with_name(path.name + suffix)
    with opener(target, "wb") as file:
        file.write(path.read_bytes())
    return target


def whole(reader: BandReader):
    return np.concatenate([band.stack.copy() for band in reader], axis=1)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64])
def test_bands_hold_what_the_files_hold(tmp_path, dtype):
    stack = frames(dtype=dtype)
    with BandReader(write(tmp_path, stack), band_bytes=6 * 17 * 4 * 5) as reader:
        np.testing.assert_array_equal(whole(reader), stack.astype(np.float32))


@pytest.mark.parametrize(("rows", "expected"), [(0, 1), (5, 5), (1000, 23)])
def test_a_band_has_as_many_rows_as_its_memory_holds_but_at_least_one(tmp_path, rows, expected):
    with BandReader(write(tmp_path, frames()), band_bytes=6 * 17 * 4 * rows) as reader:
        assert reader.rows_per_band == expected


@pytest.mark.parametrize(("suffix", "opener"), [(".bz2", bz2.open), (".gz", gzip.open)])
def test_compressed_files_are_read_and_nothing_is_left_behind(tmp_path, monkeypatch, suffix, opener):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    stack = frames()
    paths = [compressed(path, suffix, opener) for path in write(tmp_path, stack)]
    with BandReader(paths) as reader:
        np.testing.assert_array_equal(whole(reader), stack.astype(np.float32))
    assert list(scratch.iterdir()) == []


def test_tile_compressed_images_are_read(tmp_path):
    stack = frames(n=2, dtype=np.int16)
    paths = [tmp_path / f"{i}.fits.fz" for i in range(2)]
    for path, frame in zip(paths, stack, strict=True):
        fits.CompImageHDU(frame, name="SCI").writeto(path)
    with BandReader(paths, hdu="SCI") as reader:
        np.testing.assert_array_equal(whole(reader), stack.astype(np.float32))


def test_an_image_in_an_extension_is_read(tmp_path):
    frame = frames(n=1)[0]
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(frame, name="AMP00")]).writeto(tmp_path / "a.fits")
    with BandReader([tmp_path / "a.fits"], hdu="AMP00") as reader:
        np.testing.assert_array_equal(whole(reader)[0], frame.astype(np.float32))


def test_blank_integers_become_nan(tmp_path):
    frame = frames(n=1, dtype=np.int16)[0]
    frame[2, 3] = -32768
    image = fits.PrimaryHDU(frame)
    image.header["BLANK"] = -32768
    image.writeto(tmp_path / "a.fits")
    with BandReader([tmp_path / "a.fits"]) as reader:
        assert np.argwhere(np.isnan(whole(reader)[0])).tolist() == [[2, 3]]


@pytest.mark.parametrize("rows", [1, 4, 23])
def test_combining_in_bands_is_combining_whole(tmp_path, rows):
    stack = frames(n=12)
    with BandReader(write(tmp_path, stack), band_bytes=12 * 17 * 4 * rows) as reader:
        banded = combine_bands(reader, partial(meanclip, sigma=2.0))
    expected = meanclip(stack, sigma=2.0)
    np.testing.assert_array_equal(banded.mean, expected.mean)
    np.testing.assert_array_equal(banded.variance, expected.variance)
    np.testing.assert_array_equal(banded.count, expected.count)
    assert banded.too_few_to_clip == expected.too_few_to_clip


def test_a_frame_of_another_shape_is_named(tmp_path):
    paths = write(tmp_path, frames(n=2))
    fits.writeto(tmp_path / "odd.fits", np.zeros((3, 4), np.int16))
    with pytest.raises(FrameReadError, match=r"odd\.fits: \(3, 4\) pixels, but .*frame0\.fits has \(23, 17\)"):
        BandReader([*paths, tmp_path / "odd.fits"])


def test_a_truncated_frame_is_named(tmp_path):
    paths = write(tmp_path, frames(n=3))
    content = paths[1].read_bytes()
    paths[1].write_bytes(content[: 2880 + 400])
    with pytest.raises(FrameReadError, match=r"frame1\.fits: truncated"):
        BandReader(paths)


def test_a_truncated_compressed_frame_is_named(tmp_path):
    path = compressed(write(tmp_path, frames(n=1))[0], ".bz2", bz2.open)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(FrameReadError, match=r"frame0\.fits\.bz2"):
        BandReader([path])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FrameReadError, match=r"absent\.fits: no readable FITS image"):
        BandReader([tmp_path / "absent.fits"])


def test_a_file_that_is_no_fits_is_named(tmp_path):
    (tmp_path / "notes.fits").write_text("flat looked odd tonight")
    with pytest.raises(FrameReadError, match=r"notes\.fits: no readable FITS image"):
        BandReader([tmp_path / "notes.fits"])


def test_an_image_of_three_axes_is_refused(tmp_path):
    fits.writeto(tmp_path / "cube.fits", np.zeros((2, 3, 4), np.float32))
    with pytest.raises(FrameReadError, match=r"cube\.fits: NAXIS is 3"):
        BandReader([tmp_path / "cube.fits"])


def test_no_files_are_refused():
    with pytest.raises(ValueError, match="the list of files is empty"):
        BandReader([])
