"""Better or worse than what is in use: by the bound, and in parts of it."""

from __future__ import annotations

from math import nan

import pytest

from reconciler.render.report.change import change
from reconciler.verification.bound import Bound

AT_MOST, AT_LEAST, BETWEEN = Bound(at_most=0.05), Bound(at_least=90_000.0), Bound(-2.0, 2.0)


@pytest.mark.parametrize(
    ("ours", "theirs", "bound", "said"),
    [
        (0.02, 0.03, AT_MOST, "better by 0.01 (20% of the bound)"),
        (0.03, 0.02, AT_MOST, "worse by 0.01 (20% of the bound)"),
        (0.0201, 0.02, AT_MOST, "the same"),
        (110_000.0, 100_000.0, AT_LEAST, "better by 1e4 (11% of the bound)"),
        (0.5, -1.5, BETWEEN, "better by 1 (50% of the bound)"),
        (1.0, -1.0, BETWEEN, "the same"),
        (3.0, 1.0, Bound(at_most=0.0), "worse by 2"),
        (0.0, 0.0, Bound(at_most=0.0), "the same"),
        (nan, 0.02, AT_MOST, "not known"),
        (0.02, nan, AT_MOST, "not known"),
    ],
)
def test_a_median_stands_against_a_median(ours: float, theirs: float, bound: Bound, said: str) -> None:
    assert str(change(ours, theirs, bound)) == said
