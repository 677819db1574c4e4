"""Ghosts of other amplifiers go away without a rest; where a ghost is not known it is said."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from processing.effects.crosstalk import Crosstalk, add, subtract
from processing.table_file import TableError

NAMES = ("A", "B", "C")
SHAPE = 3, 4, 5
SIGNALS = arrays(np.float32, SHAPE, elements=st.floats(-50, 60_000, width=32))
MATRICES = arrays(np.float64, (3, 3), elements=st.floats(-2e-3, 2e-3)).map(lambda m: m * (1 - np.eye(3)))
QUIET = np.full(SHAPE, 16, np.float32)
NOWHERE = np.zeros(SHAPE, np.bool_)


@given(SIGNALS, MATRICES)
def test_subtracting_what_was_added_leaves_the_signals(signals: np.ndarray, matrix: np.ndarray) -> None:
    found = subtract(add(signals, matrix), QUIET, NOWHERE, matrix)
    assert np.allclose(found.signal, signals, rtol=1e-6, atol=0.02)
    assert not found.doubtful.any()


@given(SIGNALS, MATRICES)
def test_nothing_that_goes_in_is_changed(signals: np.ndarray, matrix: np.ndarray) -> None:
    for array in (signals, matrix):
        array.setflags(write=False)
    saturated = signals > 50_000
    saturated.setflags(write=False)
    subtract(signals, QUIET, saturated, matrix)


@given(SIGNALS, MATRICES, st.permutations(range(3)))
def test_the_order_of_amplifiers_does_not_matter(signals: np.ndarray, matrix: np.ndarray, order: list[int]) -> None:
    found = subtract(signals, QUIET, NOWHERE, matrix).signal[order]
    assert np.allclose(subtract(signals[order], QUIET, NOWHERE, matrix[np.ix_(order, order)]).signal, found, atol=0.02)


def test_a_ghost_is_where_its_source_is_read_at_the_same_moment() -> None:
    signals = np.zeros(SHAPE, np.float32)
    signals[1, 2, 3] = 10_000
    matrix = np.zeros((3, 3))
    matrix[0, 1] = 1e-3
    assert add(signals, matrix)[0, 2, 3] == pytest.approx(10)
    assert np.count_nonzero(add(signals, matrix)) == 2


def test_the_ghost_of_a_saturated_source_is_doubtful_if_it_is_above_the_noise() -> None:
    signals = np.zeros(SHAPE, np.float32)
    signals[1, 2, 3] = 60_000
    matrix = np.zeros((3, 3))
    matrix[0, 1], matrix[2, 1] = 1e-3, 1e-5  # ghosts of 60 and 0.6 ADU, in noise of 4
    found = subtract(signals, QUIET, signals > 50_000, matrix)
    assert np.argwhere(found.doubtful).tolist() == [[0, 2, 3]]


def test_a_source_that_is_no_number_spoils_its_victims_alone() -> None:
    signals = np.zeros(SHAPE, np.float32)
    signals[1, 2, 3] = np.nan
    matrix = np.zeros((3, 3))
    matrix[0, 1] = 1e-5
    found = subtract(signals, QUIET, NOWHERE, matrix)
    assert np.argwhere(np.isnan(found.signal)).tolist() == [[1, 2, 3]]
    assert np.argwhere(found.doubtful).tolist() == [[0, 2, 3]]


def test_the_variance_has_that_of_the_ghosts() -> None:
    matrix = np.zeros((3, 3))
    matrix[0, 1] = 0.1
    assert subtract(QUIET, QUIET, NOWHERE, matrix).variance[:, 0, 0] == pytest.approx([16.16, 16, 16])


def test_the_matrix_follows_the_order_asked_for() -> None:
    calib = Crosstalk(NAMES, np.arange(9).reshape(3, 3) / 100 * (1 - np.eye(3)))
    assert calib.matrix(["C", "A"]) == pytest.approx(np.array([[0, 0.06], [0.02, 0]]))


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        (np.eye(3) / 10, "the diagonal must be 0"),
        (np.zeros((3, 2)), r"found shape \(3, 2\), expected \(3, 3\)"),
        (0.6 * (1 - np.eye(3)), "add up to 1.2, expected < 1"),
        (np.full((3, 3), np.nan), r"nan at \[0, 0\], expected a finite number"),
    ],
)
def test_a_matrix_that_is_none_is_refused(matrix: np.ndarray, said: str) -> None:
    with pytest.raises(TableError, match=said):
        Crosstalk(NAMES, matrix)
