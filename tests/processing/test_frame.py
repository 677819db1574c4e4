"""Frames come back from FITS as they were, for us and for anybody with astropy."""

from pathlib import Path

import numpy as np
import pytest
from astropy import units
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from processing import frame
from processing.frame import Frame, FrameError

# No quotation marks: astropy 8 misreads a value of a quotation mark before a slash, however it was written.
CARDS = st.dictionaries(
    st.sampled_from(["OBSTYPE", "LSST CALIB RUN BIAS", "CPP_INPUT_0", "A-B"]),
    st.one_of(
        st.integers(-(2**62), 2**62),
        st.booleans(),
        st.text(st.sampled_from("abcXYZ 0/&:_."), max_size=150).map(str.rstrip),
        st.floats(allow_nan=False, allow_infinity=False),
    ),
)


def small(**changes: object) -> Frame:
    """A frame of 4 by 3 pixels."""
    image = np.arange(12, dtype=np.float32).reshape(4, 3)
    values = {"image": image, "variance": image + 1, "mask": image.astype(np.int16), "unit": "adu/s", "header": {}}
    return Frame(**(values | changes))  # type: ignore[arg-type]  # changes are of the fields' types


@given(
    image=arrays(np.float32, (3, 2), elements=st.floats(width=32)),
    mask=arrays(np.int16, (3, 2), elements=st.integers(0, 31)),
    header=CARDS,
)
@settings(deadline=None, max_examples=50)
def test_a_frame_comes_back_bit_by_bit(
    tmp_path_factory: pytest.TempPathFactory, image: np.ndarray, mask: np.ndarray, header: dict[str, str]
) -> None:
    path = tmp_path_factory.getbasetemp() / "round_trip.fits"
    frame.write(Frame(image, image, mask, "adu", header), path)
    back = frame.read(path)
    assert back.image.tobytes() == back.variance.tobytes() == image.tobytes()
    assert np.array_equal(back.mask, mask)
    assert back.header == header
    assert back.unit == "adu"


def test_the_file_can_be_read_with_astropy_alone(tmp_path: Path) -> None:
    path = tmp_path / "f.fits"
    frame.write(small(), path)
    with fits.open(path) as hdus:
        assert [h.name for h in hdus] == ["PRIMARY", "VARIANCE", "MASK"]
        assert np.array_equal(hdus[0].data, small().image)
        assert units.Unit(hdus["VARIANCE"].header["BUNIT"]) == units.Unit(hdus[0].header["BUNIT"]) ** 2
        assert hdus["MASK"].header["MP_SAT"] == 1
        hdus.verify("exception")


def test_rows_can_be_read_alone(tmp_path: Path) -> None:
    path = tmp_path / "f.fits"
    frame.write(small(), path)
    assert np.array_equal(frame.read(path, rows=(1, 3)).variance, small().variance[1:3])


def test_arrays_of_different_shape_make_no_frame() -> None:
    with pytest.raises(FrameError, match="differ in shape"):
        small(mask=np.zeros((1, 1), np.int16))


@pytest.mark.parametrize("name", ["image", "variance", "mask"])
def test_nobody_writes_to_a_frame_and_no_array_is_copied(tmp_path: Path, name: str) -> None:
    given = np.ones((4, 3), np.int16 if name == "mask" else np.float32)
    made = small(**{name: given})
    frame.write(made, tmp_path / "frame.fits")
    for one in (made, frame.read(tmp_path / "frame.fits")):
        with pytest.raises(ValueError, match="read-only"):
            getattr(one, name)[0, 0] = 2
    assert np.shares_memory(getattr(made, name), given)
    assert given.flags.writeable


def test_another_fits_file_is_no_frame(tmp_path: Path) -> None:
    path = tmp_path / "other.fits"
    fits.writeto(path, np.zeros((2, 2)))
    with pytest.raises(FrameError, match=r"other.fits: no frame"):
        frame.read(path)
