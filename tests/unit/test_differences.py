"""Differences of plain values, attribute by attribute."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.differences import differences


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ({"a": 1}, {"a": 1}, ()),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, ("a.b[1]: 2 -> 3",)),
        ({"a": 1}, {"a": "1"}, ("a: 1 -> 1",)),
        ({"a": 1}, {}, ("a: - 1",)),
        ({}, {"a": 1}, ("a: + 1",)),
        ({"a": [1]}, {"a": [1, 2]}, ("a[1]: + 2",)),
        ({"a": 1}, {"b": 1, "c": 2}, ("a: - 1", "b: + 1", "c: + 2")),
    ],
)
def test_a_difference_names_the_attribute(before: Any, after: Any, lines: tuple[str, ...]) -> None:
    assert differences(before, after) == lines


def test_many_differences_are_counted() -> None:
    lines = differences({}, {f"key{n:02}": n for n in range(20)})
    assert len(lines) == 13
    assert lines[-1] == "... and 8 more"
