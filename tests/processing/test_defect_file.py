"""Defects come back from boxes and from files as they were, for us and for anybody with astropy."""

from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from processing import defect_file
from processing.defect_boxes import Box, DefectError, Defects, Origin, Reason, boxes_of, flag

HOT = Box(3, 4, 1, 2, Reason.HOT, Origin.DARK)
VALUES = st.sampled_from([0, 0, 0, flag(Reason.HOT, Origin.DARK), flag(Reason.COLD | Reason.COLUMN, Origin.FLAT)])
FLAGS = array_shapes(min_dims=2, max_dims=2, max_side=9).flatmap(lambda s: arrays(np.uint16, s, elements=VALUES))
HEADERS = st.dictionaries(
    st.sampled_from(["OBSTYPE", "LSST CALIB RUN BIAS", "CPP_INPUT_0", "A-B"]),
    st.one_of(
        st.integers(-(2**62), 2**62),
        st.booleans(),
        st.floats(allow_nan=False),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=150),
    ),
)


@st.composite
def some_defects(draw: st.DrawFn) -> Defects:
    """Boxes of any kind on an image of 20 by 30 pixels."""
    corner = st.integers(0, 15)
    size = st.integers(1, 5)
    reason = st.sets(st.sampled_from(list(Reason)), min_size=1).map(lambda s: Reason(sum(s)))
    origin = st.sets(st.sampled_from(list(Origin)), min_size=1).map(lambda s: Origin(sum(s)))
    box = st.builds(Box, corner, corner, size, size, reason, origin)
    return Defects(tuple(draw(st.lists(box, max_size=6))), (20, 30), draw(HEADERS))


@given(some_defects())
@settings(deadline=None, max_examples=60)
def test_defects_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, defects: Defects) -> None:
    path = tmp_path_factory.getbasetemp() / "round_trip.ecsv"
    defect_file.write(defects, path)
    assert defect_file.read(path) == defects


@given(FLAGS)
def test_boxes_paint_the_flags_that_they_were_made_from(flags: np.ndarray) -> None:
    boxes = boxes_of(flags)
    assert np.array_equal(Defects(boxes, (len(flags), flags.shape[1])).flags, flags)
    assert sum(box.width * box.height for box in boxes) == np.count_nonzero(flags)


def test_a_column_is_one_box_and_so_is_an_edge() -> None:
    flags = np.zeros((50, 40), np.uint16)
    flags[:, 7] = flag(Reason.COLUMN, Origin.FLAT)
    assert boxes_of(flags) == (Box(7, 0, 1, 50, Reason.COLUMN, Origin.FLAT),)
    edge = np.zeros((50, 40), np.uint16)
    edge[:7] = flag(Reason.EDGE, Origin.GEOMETRY)
    assert boxes_of(edge) == (Box(0, 0, 40, 7, Reason.EDGE, Origin.GEOMETRY),)


def test_the_file_says_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "d.ecsv"
    defect_file.write(Defects((HOT,), (20, 30), {"DETNAME": "R22_S11"}), path)
    table = Table.read(path, format="ascii.ecsv")
    assert dict(table[0]) == {"x0": 3, "y0": 4, "width": 1, "height": 2, "reason": "HOT", "origin": "DARK"}
    assert table.meta == {"format": "defects 1", "rows": 20, "columns": 30, "DETNAME": "R22_S11"}
    assert {str(table[name].unit) for name in defect_file.PLACE} == {"pix"}


def test_a_list_of_places_alone_is_one_that_a_person_has_made(tmp_path: Path) -> None:
    path = tmp_path / "manual.ecsv"
    Table({"x0": [3], "y0": [4], "width": [1], "height": [2]}, meta={"rows": 20, "columns": 30}).write(path)
    assert defect_file.read(path).boxes == (Box(3, 4, 1, 2, Reason.LISTED, Origin.MANUAL),)


def test_a_file_without_boxes_is_named(tmp_path: Path) -> None:
    path = tmp_path / "other.ecsv"
    Table({"x0": [1]}, meta={"rows": 1, "columns": 2}).write(path)
    with pytest.raises(DefectError, match=r"other.ecsv: no table of defects.*expected columns x0, y0, width, height"):
        defect_file.read(path)


def test_a_file_with_an_unknown_reason_is_named(tmp_path: Path) -> None:
    path = tmp_path / "odd.ecsv"
    defect_file.write(Defects((HOT,), (20, 30)), path)
    path.write_text(path.read_text().replace("HOT", "TEPID"))
    with pytest.raises(DefectError, match=r"odd.ecsv: .*TEPID"):
        defect_file.read(path)


@pytest.mark.parametrize("x0", [-1, 30])
def test_a_box_off_the_image_is_refused(x0: int) -> None:
    with pytest.raises(DefectError, match=rf"x0?.?.?{x0}"):
        Defects((Box(x0, 0, 1, 1, Reason.HOT, Origin.DARK),), (20, 30))


def test_a_box_needs_a_size_and_a_reason() -> None:
    with pytest.raises(DefectError, match="0 by 1 pixels"):
        Box(1, 1, 0, 1, Reason.HOT, Origin.DARK)
    with pytest.raises(DefectError, match="no reason"):
        Box(1, 1, 1, 1, Reason(0), Origin.DARK)
