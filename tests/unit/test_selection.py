import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.spec.ranges import parse as numbers
from reconciler.spec.selection import (
    SelectionError,
    demands,
    has_top_level_or,
    listed_seq_nums,
    literal_exposures,
    mentions,
    parse,
    unknown_names,
)

WORDS = [
    "exposure.day_obs", "exposure", "instrument", "20241208", "1.5e3", "'bias'", "44..63", "1..9:2", "t'2024-01-01'",
    "and", "or", "not", "in", "not in", "(", ")", ",", "=", "!=", "<=", "+", "-", "*", "overlaps", ":bind", "AND",
    "exposure in (1, 2)", "a = 1", "(", ")",
]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join))
@example("exposure.timespan OVERLAPS (t'2024-01-01', t'2024-02-01')")
@example("x IS NULL")
@example("GLOB(target_name, 'x*') and -1 < +-3*(4+5)")
def test_we_parse_exactly_what_butler_parses(text: str) -> None:
    butler = pytest.importorskip("lsst.daf.butler.queries.expressions.parser", reason="needs the extra `embedded`")
    try:
        butler.parse_expression(text)
        butler_can = True
    except (butler.ParserYaccError, ValueError):
        butler_can = False
    try:
        parse(text)
        we_can = True
    except SelectionError:
        we_can = False
    assert we_can == butler_can


@given(st.text())
def test_any_text_is_an_expression_or_a_selection_error_inside_it(text: str) -> None:
    assert 0 <= offset_of_mistake(text) <= len(text)


def offset_of_mistake(text: str) -> int:
    try:
        parse(text)
    except SelectionError as error:
        return error.offset
    return 0


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("a=1 and and b=2", 8, "doubled 'and'"),
        ('a="x"', 2, "double quotes"),
        ("a like 'x'", 2, "LIKE is no operator"),
        ("(a=1", 0, "never closed"),
        ("a=1)", 3, "never opened"),
        ("", 0, "the end"),
        ("a='x", 2, "never ends"),
        ("a in (9..3)", 6, "ends before it begins"),
        ("a in (1..9:0)", 6, "stride of 0"),
        ("a is null", 2, "IS is no operator"),
        ("(" * 60, 50, "more than 50 deep"),
        ("a" + "+1" * 250 + "=1", 405, "more than 200 operators in rows"),
        ("(" * 45 + "a" + ("+a" * 100 + ")") * 45, 456, "more than 200 operators in rows"),
        ("(" * 45 + "a" + ("=a" * 100 + ")") * 45, 456, "more than 200 operators in rows"),
        ("not " * 250 + "a=1", 1003, "more than 200 operators in rows"),
    ],
)
def test_a_mistake_has_a_place_and_a_reason(text: str, offset: int, message: str) -> None:
    with pytest.raises(SelectionError, match=message) as raised:
        parse(text)
    assert raised.value.offset == offset


def test_exposures_are_listed_by_id_in_three_ways() -> None:
    tree = parse("exposure in (1, 2..5, 9..13:2) or exposure.id = 7 or 8 = exposure")
    assert literal_exposures(tree) == numbers("1..5, 7..9, 11, 13")


def test_what_is_excluded_is_not_listed() -> None:
    assert not literal_exposures(parse("not exposure in (1, 2) and exposure not in (3)"))


def test_sequence_numbers_are_listed_by_day_without_the_excluded_ones() -> None:
    tree = parse("exposure.day_obs=20241120 and exposure.seq_num in (41..64) and exposure.seq_num != 58")
    assert listed_seq_nums(tree) == {20241120: numbers("41..57, 59..64")}


def test_strides_that_are_short_one_by_one_do_not_make_a_list_of_millions() -> None:
    text = f"exposure in ({', '.join(['0..19998:2'] * 1000)})"
    assert literal_exposures(parse(text)).count < 100_000


def test_an_open_range_lists_nothing() -> None:
    assert listed_seq_nums(parse("exposure.day_obs=20241208 and exposure.seq_num >= 696")) == {}


def test_an_or_at_the_top_needs_parentheses_before_anything_is_appended() -> None:
    assert has_top_level_or(parse("a=1 and b=2 or c=3"))
    assert not has_top_level_or(parse("(a=1 or b=2) and c=3"))


def test_demands_are_found_in_every_alternative() -> None:
    tree = parse("(exposure.observation_type='bias' and a=1) or observation_type in ('dark', 'flat')")
    assert [one.value for one in demands(tree, "observation_type")] == ["bias", "dark", "flat"]


def test_a_filter_is_mentioned_by_any_of_its_names() -> None:
    assert mentions(parse("exposure.physical_filter='r_03'"), "physical_filter")
    assert not mentions(parse("a='physical_filter'"), "physical_filter")


def test_names_that_butler_does_not_have_come_with_those_it_has() -> None:
    ((name, right),) = unknown_names(parse("exposure.seqnum = 4 and day_obs = 3 and target_name = NULL"))
    assert name.text == "exposure.seqnum"
    assert "exposure.seq_num" in right
