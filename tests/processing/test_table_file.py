"""Results come back from their files as they were, for us and for anybody with astropy."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest
from astropy import table as astropy_table
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from processing.table_file import AmplifierTable, Column, Numbers, TableError, read, write

CARDS = st.dictionaries(
    st.sampled_from(["OBSTYPE", "LSST CALIB RUN BIAS", "CPP_INPUT_0", "format"]),
    st.one_of(
        st.integers(-(2**62), 2**62),
        st.booleans(),
        st.floats(allow_nan=False),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=100),
    ),
)
FINITE = st.floats(allow_nan=False, allow_infinity=False)


@dataclass(frozen=True, eq=False)
class Sample(AmplifierTable):
    """One column of each kind and a value of the whole table."""

    level: Annotated[Numbers, Column("level where nothing is seen", unit="adu", unknown=True)]
    kernel: Annotated[Numbers, Column("weights by distance in rows and columns", unit="1 / electron", axes=3)]
    count: Annotated[np.ndarray, Column("frames used", kind=int)]
    good: Annotated[np.ndarray, Column("whether it can be used", kind=bool)]
    model: str
    limit_adu: float


def sample(n: int = 2, **changed: object) -> Sample:
    """A sample of n amplifiers."""
    names = tuple(f"C{i:02d}" for i in range(n))
    values = {"level": np.arange(n), "kernel": np.ones((n, 3, 2)), "count": range(n), "good": [True] * n}
    return Sample(**({"amplifiers": names, "model": "cubic", "limit_adu": 1.5} | values | changed))


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """Any values that a sample can have."""
    n = draw(st.integers(1, 3))
    return sample(
        n,
        level=draw(arrays(np.float64, n, elements=FINITE | st.just(np.nan))),
        kernel=draw(arrays(np.float64, (n, *draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))), elements=FINITE)),
        count=draw(arrays(np.int64, n)),
        good=draw(arrays(np.bool_, n)),
        limit_adu=draw(FINITE),
        header=draw(CARDS),
    )


@given(samples())
@settings(deadline=None, max_examples=60)
def test_a_result_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, result: Sample) -> None:
    path = tmp_path_factory.getbasetemp() / "round_trip.ecsv"
    write(result, path)
    back = read(Sample, path)
    assert back == result
    assert np.array_equal(np.signbit(back.kernel), np.signbit(result.kernel))


def test_the_file_says_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "s.ecsv"
    write(sample(header={"DETNAME": "R22_S11"}), path)
    table = astropy_table.Table.read(path, format="ascii.ecsv")
    assert table["kernel"].shape == (2, 3, 2)
    assert (str(table["level"].unit), table["level"].description) == ("adu", "level where nothing is seen")
    assert table.meta == {"format": "Sample 1", "model": "cubic", "limit_adu": 1.5, "header": {"DETNAME": "R22_S11"}}


def test_nobody_can_change_a_result() -> None:
    given_level = np.zeros(2)
    result = sample(level=given_level)
    with pytest.raises(ValueError, match="read-only"):
        result.level[0] = 1
    given_level[0] = 7
    assert result.level[0] == 0


def test_results_that_differ_in_one_value_are_not_equal() -> None:
    assert sample() == sample()
    assert sample() != sample(level=[0, 2])
    assert sample() != sample(header={"A": 1})
    assert sample() != replace(sample(), model="linear")


def test_rows_are_found_by_name_in_the_order_asked_for() -> None:
    assert sample(3).rows_of(["C02", "C00"]).tolist() == [2, 0]
    with pytest.raises(TableError, match="has no amplifier C09: it has C00, C01"):
        sample().rows_of(["C09"])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"level": [1.0]}, "same number of rows"),
        ({"level": [1, np.inf]}, r"Sample.level: inf at \[1\]"),
        ({"kernel": np.full((2, 1, 1), np.nan)}, r"Sample.kernel: nan at \[0, 0, 0\]"),
        ({"kernel": np.ones((2, 3))}, r"3 axes expected, .*found shape \(2, 3\)"),
        ({"amplifiers": ("A", "A")}, "amplifiers stand twice: A"),
    ],
)
def test_what_makes_no_table_is_refused(changed: dict[str, object], said: str) -> None:
    with pytest.raises(TableError, match=said):
        sample(**changed)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("unit: adu", "unit: electron", "level is in electron, expected adu"),
        ("format: Sample 1", "format: Crosstalk 1", "it says that it is 'Crosstalk 1', expected 'Sample 1'"),
        ("model: cubic", "modell: cubic", "expected columns and metadata amplifiers, level, .*limit_adu"),
    ],
)
def test_a_file_of_something_else_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "other.ecsv"
    write(sample(), path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(TableError, match=rf"other.ecsv: no Sample: .*{said}"):
        read(Sample, path)


def test_a_file_that_is_no_table_is_named(tmp_path: Path) -> None:
    path = tmp_path / "text.ecsv"
    path.write_text("nothing\n")
    with pytest.raises(TableError, match=r"text.ecsv: no Sample"):
        read(Sample, path)
    with pytest.raises(TableError, match=r"absent.ecsv: no Sample"):
        read(Sample, tmp_path / "absent.ecsv")
