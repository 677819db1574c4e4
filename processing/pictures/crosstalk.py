"""Crosstalk: how much of each amplifier every other one sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from processing.effects.crosstalk import Crosstalk
from processing.pictures.figure import Subject
from processing.pictures.matrices import matrices
from processing.pictures.panels import caption
from processing.table_file import Numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMED = 9
"""Detectors for which there is room to name amplifiers."""


def coefficients(subject: Subject, found: Mapping[int, Crosstalk]) -> Figure:
    """The matrix of every detector; its diagonal, an amplifier and itself, is black."""
    shown = {number: _without_diagonal(result) for number, result in found.items()}
    value = "signal seen per signal in the source, relative"
    figure, axes = matrices(subject, shown, x="source amplifier", y="victim amplifier", value=value)
    for number, result in found.items():
        _name(axes[number], result.amplifiers if len(found) <= NAMED else ())
    largest = max(float(np.abs(result.coefficients).max()) for result in found.values())
    caption(figure, f"largest coefficient {largest:.3g}; black: the amplifier itself")
    return figure


def _without_diagonal(result: Crosstalk) -> Numbers:
    matrix: Numbers = np.array(result.coefficients)
    np.fill_diagonal(matrix, np.nan)
    return matrix


def _name(axes: Axes, amplifiers: tuple[str, ...]) -> None:
    places = range(len(amplifiers))
    axes.set_xticks(places, amplifiers, rotation=90, fontsize=5)
    axes.set_yticks(places, amplifiers, fontsize=5)
