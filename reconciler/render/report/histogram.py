"""How the values of a test are spread: all places in all exposures, with the bound, and those in use beside."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from . import axes
from .axes import BOTTOM, LEFT, RIGHT, TOP, Axis
from .judged import Judged
from .words import number

BINS = 60
USUAL = (0.05, 99.95)
"""Percentiles that the plot always reaches; what lies farther out is counted in the last bin."""
FAR = 4.0
"""A bound is drawn if that makes the plot no more than this much wider."""


def histogram(test: Judged) -> Markup:
    """Return the plot; empty if nothing was measured."""
    ours = test.values.value[np.isfinite(test.values.value)]
    theirs = test.there.value[np.isfinite(test.there.value)] if test.there else np.zeros(0)
    if not len(ours):
        return Markup("")
    low, high = np.percentile(np.concatenate([ours, theirs]), USUAL).tolist()
    along = axes.axis(*axes.reach(low, high, test.bound, FAR), LEFT, RIGHT)
    counts, other = _counts(ours, along), _counts(theirs, along)
    up = Axis(0.0, float(np.log10(max(counts.max(), other.max(), 9) + 1)), BOTTOM, TOP)
    powers = [10**n for n in range(int(up.high) + 1)]
    frame = axes.frame([(up.at(np.log10(n + 1)), f"{n}") for n in powers], axes.numbers(along), test.verdict.test.says)
    return axes.plot(
        f"Histogram of {test.name}: {len(ours)} values, median {number(float(np.median(ours)))}, "
        f"from {number(float(ours.min()))} to {number(float(ours.max()))}; bound {test.bound}",
        frame,
        f'<path class="ours" d="{_bars(counts, up)}"/>',
        f'<path class="theirs" d="{_steps(other, up)}"/>' if len(theirs) else "",
        *(_bound(value, along) for value in (test.bound.at_least, test.bound.at_most) if value is not None),
    )


def _counts(values: NDArray[np.float64], along: Axis) -> NDArray[np.int64]:
    part = np.clip((values - along.low) / (along.high - along.low), 0, 1 - 1e-9)
    return np.bincount((part * BINS).astype(np.int64), minlength=BINS)


def _bars(counts: NDArray[np.int64], up: Axis) -> str:
    width = (RIGHT - LEFT) / BINS
    heights = (BOTTOM - up.at(float(np.log10(n + 1))) for n in counts.tolist())
    return "".join(
        f"M{LEFT + at * width:.1f} {BOTTOM}v-{height:.1f}h{width - 1:.1f}v{height:.1f}z"
        for at, height in enumerate(heights)
        if height
    )


def _steps(counts: NDArray[np.int64], up: Axis) -> str:
    width = (RIGHT - LEFT) / BINS
    levels = (up.at(float(np.log10(n + 1))) for n in counts.tolist())
    return f"M{LEFT} {BOTTOM}" + "".join(f"V{y:.1f}h{width:.2f}" for y in levels) + f"V{BOTTOM}"


def _bound(value: float, along: Axis) -> str:
    """Return the line of a bound, or an arrow to where it lies outside of the plot."""
    if along.low <= value <= along.high:
        return f'<path class="bound" d="M{along.at(value)} {TOP - 8}V{BOTTOM}"/>'
    right = value > along.high
    x, anchor = (RIGHT, "end") if right else (LEFT, "start")
    text = f"bound {number(value)} →" if right else f"← bound {number(value)}"
    return f'<text class="bound" x="{x}" y="{TOP - 3}" text-anchor="{anchor}">{text}</text>'
