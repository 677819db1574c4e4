"""Which dataset is certified when: a canonical step function of time.

A `Timeline` holds spans that are sorted, never overlap, and are joined where neighbours touch and name the same
source, so `==` means "the same answer at every instant".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from .validity import Validity, period, show


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """Where a dataset comes from: the sealed dataset of a leaf (`gen`), or a dataset known only by UUID (`uuid`)."""

    kind: Literal["gen", "uuid"]
    name: str

    def __str__(self) -> str:
        return self.name if self.kind == "gen" else f"dataset {self.name}"


def gen(leaf: str) -> Source:
    """Return the source that means "what this leaf's seal names for the data ID"."""
    return Source("gen", leaf)


def uuid(name: str) -> Source:
    """Return the source that means one dataset that no seal of ours names."""
    return Source("uuid", name)


class Span(NamedTuple):
    """One constant piece of a timeline: `[begin, end)` in TAI nanoseconds."""

    begin: int
    end: int
    source: Source


@dataclass(frozen=True, slots=True)
class Timeline:
    """A canonical sequence of spans; build it with `timeline` or `always`."""

    spans: tuple[Span, ...]

    def __bool__(self) -> bool:
        return bool(self.spans)

    def __iter__(self) -> Iterator[Span]:
        return iter(self.spans)

    def __str__(self) -> str:
        return ", ".join(f"{s} {period(b, e)}" for b, e, s in self.spans) or "nothing"

    def over(self, below: Timeline) -> Timeline:
        """Return this timeline where it says something and `below` elsewhere: one search order of two."""
        return timeline((*self.spans, *_outside(below.spans, self.spans)))

    def outside(self, above: Timeline) -> Timeline:
        """Return the part of this timeline during which `above` says nothing."""
        return timeline(_outside(self.spans, above.spans))

    def only(self, keep: Callable[[Source], bool]) -> Timeline:
        """Return the spans whose source is kept."""
        return timeline(span for span in self.spans if keep(span.source))

    def lookup(self, when: Validity) -> tuple[Source, ...]:
        """Return the sources of all spans that `when` overlaps, in order of time."""
        return tuple(s for b, e, s in self.spans if b < when.end and when.begin < e)

    def covers(self, when: Validity) -> bool:
        """Return whether one single span holds the whole of `when`."""
        return any(b <= when.begin and when.end <= e for b, e, _ in self.spans)


NOTHING = Timeline(())


def timeline(spans: Iterable[tuple[int, int, Source]]) -> Timeline:
    """Return the canonical timeline of these spans; raise `ValueError` if one is empty or two overlap."""
    joined: list[Span] = []
    for begin, end, source in sorted(spans):
        if begin >= end:
            raise ValueError(f"empty validity: begin {show(begin)} is not before end {show(end)}")
        if joined and begin < joined[-1].end:
            raise ValueError(f"two sources are certified at {show(begin)}: {joined[-1].source} and {source}")
        if joined and joined[-1].end == begin and joined[-1].source == source:
            joined[-1] = Span(joined[-1].begin, end, source)
        else:
            joined.append(Span(begin, end, source))
    return Timeline(tuple(joined))


def constant(validity: Validity, source: Source) -> Timeline:
    """Return the timeline that says `source` during `validity` and nothing outside."""
    return Timeline((Span(validity.begin, validity.end, source),))


def _outside(spans: Iterable[Span], covered: tuple[Span, ...]) -> Iterator[Span]:
    """Yield what is left of `spans` outside the sorted, disjoint `covered`."""
    for begin, end, source in spans:
        at = begin
        for b, e, _ in covered:
            if e <= at or b >= end:
                continue
            if at < b:
                yield Span(at, b, source)
            at = e
        if at < end:
            yield Span(at, end, source)
