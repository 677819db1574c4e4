"""Axes of plots: from values to places on paper, and round numbers at which to mark them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np
from markupsafe import Markup, escape

from ...verification.bound import Bound
from .words import day, number

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 62, 628, 16, 200
"""Where the frame of every plot stands."""
_ROUND = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear axis from `low` at `begin` to `high` at `end`."""

    low: float
    high: float
    begin: float
    end: float

    def at(self, value: float) -> float:
        """Return where a value stands, to a tenth of a unit; what lies outside stands at the end."""
        part = min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)
        return round(self.begin + part * (self.end - self.begin), 1)

    def ticks(self, about: int = 5) -> list[float]:
        """Return round numbers within."""
        rough = (self.high - self.low) / about
        power = 10.0 ** floor(log10(rough))
        step = power * next(one for one in _ROUND if one * power >= rough * 0.9)
        first = ceil(self.low / step - 1e-9)
        return [round(n * step, 12) for n in range(first, floor(self.high / step + 1e-9) + 1)]


def axis(low: float, high: float, begin: float, end: float) -> Axis:
    """Return an axis with a little air at both ends, also if all values are one."""
    air = 0.04 * (high - low) or max(abs(high) * 0.1, 1e-12)
    return Axis(low - air, high + air, begin, end)


def reach(low: float, high: float, bound: Bound, far: float) -> tuple[float, float]:
    """Return the range, widened to each end of a bound that makes it no more than `far` times as wide."""
    width = (high - low) * far or np.inf
    ends = [end for end in (bound.at_least, bound.at_most) if end is not None]
    below = [end for end in ends if high - end <= width]
    above = [end for end in ends if end - low <= width]
    return min([low, *below]), max([high, *above])


def frame(left: Sequence[tuple[float, str]], below: Sequence[tuple[float, str]], label: str) -> Markup:
    """Return grid lines and numbers on the left and below, given as places and texts, and what is along below."""
    parts = [f'<path class="grid" d="{"".join(f"M{LEFT} {y}H{RIGHT}" for y, _ in left)}"/>']
    parts += [f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{escape(text)}</text>' for y, text in left]
    parts += [f'<path class="axis" d="M{LEFT} {BOTTOM}H{RIGHT}{"".join(f"M{x} {BOTTOM}v5" for x, _ in below)}"/>']
    parts += [f'<text x="{x}" y="{BOTTOM + 18}" text-anchor="middle">{escape(text)}</text>' for x, text in below]
    parts += [f'<text x="{(LEFT + RIGHT) / 2}" y="{HEIGHT - 4}" text-anchor="middle">{escape(label)}</text>']
    return Markup("".join(parts))


def numbers(along: Axis, about: int = 5) -> list[tuple[float, str]]:
    """Return the ticks of an axis with their numbers."""
    return [(along.at(tick), number(tick)) for tick in along.ticks(about)]


def days(along: Axis) -> list[tuple[float, str]]:
    """Return whole days of an axis of Modified Julian Dates with their dates; a short axis has its one day."""
    found = sorted({float(floor(tick)) for tick in along.ticks(4)})
    inside = [one for one in found if one >= along.low]
    return [(along.at(one), day(one)) for one in inside or [(along.low + along.high) / 2]]


def plot(title: str, *parts: str) -> Markup:
    """Return a whole plot; `title` is for who does not see it."""
    inside = Markup("").join(map(Markup, parts))
    return Markup('<svg class="plot" role="img" viewBox="0 0 {} {}" aria-label="{}">{}</svg>').format(
        WIDTH, HEIGHT, title, inside
    )
