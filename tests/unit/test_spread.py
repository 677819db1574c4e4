"""Labels along a line."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.render.spread import spread


def test_labels_with_room_stand_where_they_want() -> None:
    assert spread([1, 5, 9], [1, 1, 1], 0, 10) == [1, 5, 9]


def test_labels_that_would_touch_stand_around_their_mean() -> None:
    assert spread([5, 5], [1, 1], 0, 10) == [4.5, 5.5]


def test_labels_do_not_leave_the_line() -> None:
    assert spread([0, 10], [2, 2], 0, 10) == [1, 9]


def test_labels_wider_than_the_line_are_refused() -> None:
    with pytest.raises(ValueError, match=r"labels of 3\.00 in all do not fit between 0\.00 and 2\.00"):
        spread([1, 1, 1], [1, 1, 1], 0, 2)


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0.01, 0.5)), max_size=20).map(sorted))
def test_labels_never_overlap_and_stay_on_the_line(labels: list[tuple[float, float]]) -> None:
    widths = [width for _, width in labels]
    found = spread([at for at, _ in labels], widths, 0, 10)
    edges = [(at - width / 2, at + width / 2) for at, width in zip(found, widths, strict=True)]
    assert all(begin >= -1e-9 and end <= 10 + 1e-9 for begin, end in edges)
    assert all(before[1] <= after[0] + 1e-9 for before, after in pairwise(edges))
