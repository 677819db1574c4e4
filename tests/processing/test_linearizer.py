"""Curves are undone where they are known; where they are not it is said."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from processing.effects.linearizer import Linearizer, PolynomialLinearizer, SplineLinearizer, corrections, linearize
from processing.table_file import TableError, read, write

NODES = np.linspace(0, 60_000, 13)
LINEAR = np.linspace(0, 55_000, 5001)
STRENGTHS = st.tuples(st.floats(-0.02, 0.02), st.floats(-0.02, 0.02))


def excess(linear: np.ndarray, strengths: tuple[float, float]) -> np.ndarray:
    """By how much a sensor reads more than the linear signal, ADU: two smooth shapes, each of up to 2 %."""
    u = linear / 60_000
    return linear * (strengths[0] * u * (1 - u) + strengths[1] * u**2 * (1 - u))


def spline_of(strengths: tuple[float, float]) -> SplineLinearizer:
    """What a calibration says of this sensor: at what is read, what is to be subtracted."""
    linear = np.linspace(0, 60_000, 65)
    more = excess(linear, strengths)
    return SplineLinearizer(("A",), (linear + more)[None], more[None])


@given(STRENGTHS)
def test_a_spline_undoes_what_the_sensor_does(strengths: tuple[float, float]) -> None:
    signal = (LINEAR + excess(LINEAR, strengths)).astype(np.float32)
    found = linearize(signal, np.ones_like(signal), spline_of(strengths).correction("A"))
    assert np.abs(found.signal - LINEAR).max() < 0.1
    assert not found.doubtful.any()


@given(STRENGTHS)
def test_a_second_linearizer_of_linear_data_is_next_to_nothing(strengths: tuple[float, float]) -> None:
    signal = (LINEAR + excess(LINEAR, strengths)).astype(np.float32)
    once = linearize(signal, signal, spline_of(strengths).correction("A")).signal
    assert np.abs(once - LINEAR).max() <= 0.01 * max(np.abs(excess(LINEAR, strengths)).max(), 10)


def test_a_polynomial_begins_with_the_square() -> None:
    calib = PolynomialLinearizer(("A", "B"), [[1e-7, 0], [0, 1e-12]], [60_000, 60_000])
    signal = np.float32([-10, 0, 1000, 50_000])
    first, second = (linearize(signal, signal, calib.correction(name)).signal for name in "AB")
    assert first == pytest.approx([-10, 0, 1000.1, 50_250])
    assert second == pytest.approx([-10, 0, 1000.001, 50_125])


def test_the_variance_is_multiplied_by_the_slope_squared() -> None:
    calib = PolynomialLinearizer(("A",), [[1e-6]], [60_000])
    found = linearize(np.float32([10_000]), np.float32([4]), calib.correction("A"))
    assert found.variance == pytest.approx([4 * 1.02**2])


@given(arrays(np.float32, 20, elements=st.floats(-1e5, 1e6, width=32) | st.just(np.nan)))
def test_beyond_the_last_node_the_correction_stays_and_pixels_are_flagged(signal: np.ndarray) -> None:
    correction = SplineLinearizer(("A",), NODES[None], NODES[None] / 100).correction("A")
    found = linearize(signal, np.ones_like(signal), correction)
    above = signal > 60_000
    assert np.array_equal(found.doubtful, above)
    assert found.signal[above] == pytest.approx(signal[above] - 600)
    assert np.array_equal(np.isnan(found.signal), np.isnan(signal))
    assert found.signal[signal < 0] == pytest.approx(signal[signal < 0])


def test_an_amplifier_whose_curve_is_not_known_is_left_and_flagged() -> None:
    signal = np.float32([[1, 2]])
    calib = SplineLinearizer(("A", "B"), [[0, 10], [np.nan] * 2], [[0, 1], [np.nan] * 2])
    (correction,) = corrections(calib, ["B"])
    found = linearize(signal, signal, correction)
    assert np.array_equal(found.signal, signal)
    assert found.doubtful.all()


def test_rows_may_have_fewer_nodes() -> None:
    calib = SplineLinearizer(("A", "B"), [[0, 10, 20], [0, 10, np.nan]], [[0, 1, 2], [0, 1, np.nan]])
    assert [c.high for c in corrections(calib, ["B", "A"]) if c] == [10, 20]


def test_nothing_that_goes_in_is_changed() -> None:
    signal = np.linspace(-10, 70_000, 50, dtype=np.float32)
    before = signal.copy()
    linearize(signal, signal, spline_of((0.01, 0)).correction("A"))
    assert np.array_equal(signal, before)


@pytest.mark.parametrize(
    ("nodes", "values", "said"),
    [
        ([0, 5, 5], [0, 0, 0], "nodes that rise"),
        ([0, np.nan, 5], [0, np.nan, 0], "then NaN"),
        ([0, 5, np.nan], [0, np.nan, np.nan], "each with a value"),
        ([0, 5, 10], [0, 6, 0], "the corrected signal falls at"),
        ([0, 5], [0, 5, 10], "differ"),
    ],
)
def test_what_makes_no_curve_is_refused(nodes: list[float], values: list[float], said: str) -> None:
    with pytest.raises(TableError, match=said):
        SplineLinearizer(("A",), [nodes], [values])


def test_a_polynomial_that_falls_is_refused() -> None:
    with pytest.raises(TableError, match="PolynomialLinearizer of A: the corrected signal falls at 50"):
        PolynomialLinearizer(("A",), [[-1e-5]], [60_000])


@pytest.mark.parametrize(
    "calib",
    [spline_of((0.01, 0.003)), PolynomialLinearizer(("A", "B"), [[1e-7, 0], [np.nan, np.nan]], [6e4, 5e4])],
)
def test_both_forms_come_back_from_one_kind_of_file(tmp_path: Path, calib: Linearizer) -> None:
    write(calib, tmp_path / "l.ecsv")
    assert read(Linearizer, tmp_path / "l.ecsv") == calib


@settings(deadline=None, max_examples=30)
@given(arrays(np.float64, (2, 5), elements=st.floats(-10, 10)))
def test_a_spline_comes_back_to_the_bit(tmp_path_factory: pytest.TempPathFactory, values: np.ndarray) -> None:
    path = tmp_path_factory.getbasetemp() / "linearizer.ecsv"
    calib = SplineLinearizer(("A", "B"), [NODES[:5]] * 2, values)
    write(calib, path)
    assert read(SplineLinearizer, path) == calib


def test_a_file_of_another_result_is_named(tmp_path: Path) -> None:
    path = tmp_path / "l.ecsv"
    write(spline_of((0.01, 0)), path)
    path.write_text(path.read_text().replace("SplineLinearizer 1", "LookUpTable 1"))
    with pytest.raises(TableError, match="expected 'SplineLinearizer 1' or 'PolynomialLinearizer 1'"):
        read(Linearizer, path)
