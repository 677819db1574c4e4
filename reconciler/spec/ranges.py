"""Sets of whole numbers as people write them: `0..8`, `2024120600427..2024120600446`, `3`.

A range includes both of its ends, as in Butler's query expressions. A `Ranges` is canonical (sorted,
disjoint, no two that touch), so `==` means "the same numbers", and it is never expanded:
`0..9000000000000000000` costs nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter

_RANGE = re.compile(r"(\d{1,19})(?:\.\.(\d{1,19}))?\Z", re.ASCII)
_LARGEST = 2**63 - 1
_MOST_PIECES = 100_000


@dataclass(frozen=True, slots=True)
class Ranges:
    """A set of whole numbers of at least 0; build it with `ranges` or `parse`."""

    spans: tuple[tuple[int, int], ...] = ()
    """(first, last) of each run of numbers, both included."""

    def __bool__(self) -> bool:
        return bool(self.spans)

    @property
    def count(self) -> int:
        """How many numbers these are; `len` of more than a list could hold would raise."""
        return sum(last - first + 1 for first, last in self.spans)

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[int]:
        for first, last in self.spans:
            yield from range(first, last + 1)

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, int):
            return False
        at = bisect_right(self.spans, number, key=itemgetter(0))
        return at > 0 and number <= self.spans[at - 1][1]

    def __or__(self, other: Ranges) -> Ranges:
        return spans(*self.spans, *other.spans)

    def __sub__(self, other: Ranges) -> Ranges:
        return spans(*(left for span in self.spans for left in _outside(span, other.spans)))

    def __and__(self, other: Ranges) -> Ranges:
        return self - (self - other)

    def __str__(self) -> str:
        return ", ".join(str(item) for item in self.items())

    def items(self) -> tuple[int | str, ...]:
        """Return the numbers as a document lists them: single numbers, and `first..last`."""
        return tuple(first if first == last else f"{first}..{last}" for first, last in self.spans)


def ranges(numbers: Iterable[int]) -> Ranges:
    """Return the set of these numbers."""
    return spans(*((number, number) for number in numbers))


def spans(*spans: tuple[int, int]) -> Ranges:
    """Return the set of the numbers from each first to its last."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return Ranges(tuple(joined))


def parse(written: object) -> Ranges:
    """Return the set that a number, a text like `0..8` or `0..3, 7`, or a sequence of both stands for.

    Raises `ValueError` with the expected form.
    """
    if isinstance(written, Ranges):
        return written
    return spans(*_spans(written))


def _spans(written: object) -> Iterator[tuple[int, int]]:
    for part in written if isinstance(written, tuple | list) else (written,):
        if isinstance(part, str) and part.count(",") > _MOST_PIECES:
            raise ValueError(f"a text of more than {_MOST_PIECES:,} ranges")
        if type(part) is int and 0 <= part <= _LARGEST:
            yield part, part
        elif isinstance(part, str) or type(part) is int:
            yield from (_span(one) for one in str(part).split(","))
        else:
            raise ValueError(f"{part!r} is no whole number and no range like 0..8")


def _span(part: str) -> tuple[int, int]:
    match = _RANGE.match(part.strip())
    if match is None:
        raise ValueError(f"{part.strip()!r} is no whole number and no range like 0..8")
    first, last = int(match[1]), int(match[2] or match[1])
    if first > last:
        raise ValueError(f"range {part.strip()} ends before it begins")
    if last > _LARGEST:
        raise ValueError(f"{last} is larger than any detector or exposure can be")
    return first, last


def _outside(span: tuple[int, int], covered: tuple[tuple[int, int], ...]) -> Iterator[tuple[int, int]]:
    """Yield what is left of a span outside the sorted, disjoint `covered`."""
    first, last = span
    at = bisect_left(covered, first, key=itemgetter(1))
    while at < len(covered) and covered[at][0] <= last:
        begin, end = covered[at]
        at += 1
        if first < begin:
            yield first, begin - 1
        first = end + 1
    if first <= last:
        yield first, last
