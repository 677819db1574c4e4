import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from reconciler.spec.documents.base import Numbers
from reconciler.spec.ranges import Ranges, parse, ranges, spans

NUMBERS = st.sets(st.integers(0, 60))


@given(NUMBERS)
def test_ranges_hold_exactly_the_numbers_they_are_made_of(numbers: set[int]) -> None:
    assert list(ranges(numbers)) == sorted(numbers)


@given(NUMBERS)
def test_ranges_read_back_as_they_are_written(numbers: set[int]) -> None:
    assert parse(ranges(numbers).items()) == ranges(numbers)


@given(st.sets(st.integers(0, 60), min_size=1))
def test_the_text_of_ranges_reads_back_too(numbers: set[int]) -> None:
    assert parse(str(ranges(numbers))) == ranges(numbers)


@given(NUMBERS, NUMBERS)
def test_ranges_join_and_subtract_like_sets(some: set[int], others: set[int]) -> None:
    assert set(ranges(some) | ranges(others)) == some | others
    assert set(ranges(some) - ranges(others)) == some - others


@given(NUMBERS)
def test_a_range_counts_its_numbers_and_knows_them(numbers: set[int]) -> None:
    found = ranges(numbers)
    assert len(found) == len(numbers)
    assert all((number in found) == (number in numbers) for number in range(62))


def test_ranges_that_touch_become_one() -> None:
    assert parse("0..3, 4..8") == spans((0, 8))


def test_a_huge_range_is_never_expanded() -> None:
    found = parse("0..9000000000000000000")
    assert 10**15 in found
    assert found.count == 9 * 10**18 + 1
    assert (found - parse("5..9000000000000000000")).count == 5


def test_a_document_names_no_more_numbers_than_anybody_could_mean() -> None:
    with pytest.raises(ValidationError, match="1,000,000,001 numbers, from 0 on; a document names at most 100,000"):
        TypeAdapter(Numbers).validate_python("0..1000000000")
    with pytest.raises(ValueError, match="more than 100,000 ranges"):
        parse("1," * 100_001)


def test_nothing_is_an_empty_set() -> None:
    assert not parse(())
    assert parse(()) == Ranges()


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("8..0", "ends before it begins"),
        ("0-8", "no whole number and no range"),
        ("", "no whole number and no range"),
        (True, "no whole number and no range"),
        (-1, "no whole number and no range"),
        (1.5, "no whole number and no range"),
        ("9999999999999999999", "larger than any"),
    ],
)
def test_what_is_no_range_is_refused(written: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(written)
