"""Labels along a line that stand as near as they can to what they name, and never on each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


def spread(wanted: Sequence[float], widths: Sequence[float], low: float, high: float) -> list[float]:
    """Return the centres of labels of these widths, in the order given, between `low` and `high`.

    `wanted` must ascend. Labels that would touch stand together around the mean of what they want. Raises
    `ValueError` where they are wider than the line.
    """
    if sum(widths) > high - low + 1e-9:
        raise ValueError(f"labels of {sum(widths):.2f} in all do not fit between {low:.2f} and {high:.2f}")
    groups: list[_Group] = []
    for at, width in zip(wanted, widths, strict=True):
        group = _Group(at - width / 2, 1, width).within(low, high)
        while groups and groups[-1].end > group.begin:
            group = _together(groups.pop(), group).within(low, high)
        groups.append(group)
    return _centres(groups, widths)


class _Group(NamedTuple):
    """Labels side by side from `begin` on."""

    begin: float
    labels: int
    width: float

    @property
    def end(self) -> float:
        return self.begin + self.width

    def within(self, low: float, high: float) -> _Group:
        return self._replace(begin=max(low, min(self.begin, high - self.width)))


def _together(left: _Group, right: _Group) -> _Group:
    """Return one group; each label's wish for the begin of the group counts the same."""
    labels = left.labels + right.labels
    begin = (left.begin * left.labels + (right.begin - left.width) * right.labels) / labels
    return _Group(begin, labels, left.width + right.width)


def _centres(groups: Sequence[_Group], widths: Sequence[float]) -> list[float]:
    left = iter(widths)
    centres: list[float] = []
    for group in groups:
        at = group.begin
        for _ in range(group.labels):
            width = next(left)
            centres.append(at + width / 2)
            at += width
    return centres
