"""A small plot per detector, arranged as the detectors stand in the focal plane."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from processing.pictures.figure import INK, Subject, frame, new
from processing.table_file import Numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LARGEST_PANEL, LARGEST_FIGURE = 3.0, 15.0
"""Inches."""

LEFT, RIGHT, HEAD, FOOT = 0.8, 0.3, 0.8, 0.9
"""Room around the panels, inches."""


def panels(
    subject: Subject, detectors: Collection[int], *, x: str, y: str, right: float = RIGHT
) -> tuple[Figure, dict[int, Axes]]:
    """Axes by detector, whose meaning is `x` and `y` in all. Empty columns and rows are left out."""
    subject.refuse_others(detectors)
    places = {number: subject.camera.detector(number).position for number in detectors}
    columns, rows = (sorted({place[axis] for place in places.values()}) for axis in (0, 1))
    size = min(LARGEST_PANEL, LARGEST_FIGURE / max(len(columns), len(rows)))
    width, height = max(len(columns) * size, 5.0) + LEFT + right, len(rows) * size + HEAD + FOOT
    figure = new(subject, detectors, width=width, height=height)
    step = (width - LEFT - right) / len(columns)
    made: dict[int, Axes] = {}
    for number, (column, row) in places.items():
        across, up = columns.index(column), rows.index(row)
        left, low = LEFT + (across + 0.05) * step, FOOT + (up + 0.05) * size
        made[number] = figure.add_axes((left / width, low / height, 0.85 * step / width, 0.75 * size / height))
        made[number].set_title(subject.camera.detector(number).name, size=_points(size), color=INK, pad=2)
        frame(made[number])
        made[number].tick_params(labelsize=_points(size), labelbottom=up == 0, labelleft=across == 0)
    figure.text(0.5, 0.45 / height, x, ha="center", color=INK, fontsize=9)
    figure.text(0.15 / width, 0.5, y, va="center", rotation=90, color=INK, fontsize=9)
    return figure, made


def curves(
    axes: Axes, x: Sequence[Numbers], y: Sequence[Numbers], *, color: str, style: str, points: bool
) -> tuple[float, float, float, float] | None:
    """Draw a line per amplifier, with marks where `points` were measured.

    Returns what they span (x from, to; y from, to), None if there is nothing to draw.
    """
    from matplotlib.collections import LineCollection

    lines = [line[np.isfinite(line).all(axis=1)] for line in map(np.column_stack, zip(x, y, strict=True))]
    if not (lines := [line for line in lines if line.size]):
        return None
    axes.add_collection(LineCollection(lines, colors=color, linestyles=style, linewidths=0.8))
    every = np.concatenate(lines)
    if points:
        axes.plot(*every.T, linestyle="none", marker=".", markersize=3, color=color)
    return every[:, 0].min(), every[:, 0].max(), every[:, 1].min(), every[:, 1].max()


def note(axes: Axes, text: str) -> None:
    """Say something in the middle of a panel."""
    axes.text(0.5, 0.5, text, ha="center", va="center", color=INK, fontsize=7, transform=axes.transAxes)


def caption(figure: Figure, text: str) -> None:
    """Say something below all panels."""
    figure.text(0.5, 0.12 / figure.get_figheight(), text, ha="center", color=INK, fontsize=7)


def span(every: Collection[tuple[float, float, float, float] | None]) -> tuple[float, float, float, float] | None:
    """What all of them span, with a margin above and below; None if there is nothing."""
    if not (known := [each for each in every if each is not None]):
        return None
    left, right, low, high = (pick(each[i] for each in known) for i, pick in enumerate((min, max, min, max)))
    margin = 0.05 * (high - low) or abs(high) * 0.05 or 1e-9
    aside = 0 if right > left else abs(left) * 0.1 or 1.0
    return left - aside, right + aside, low - margin, high + margin


def _points(inches: float) -> float:
    return float(np.clip(inches * 4, 3, 8))
