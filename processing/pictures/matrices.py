"""A matrix per detector, all in the same colours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from processing.pictures.figure import INK, Stretch, Subject, colours, constant, frame
from processing.pictures.panels import note, panels
from processing.table_file import Numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RIGHT = 1.1
"""Room for the colour bar, inches."""


def matrices(
    subject: Subject, shown: Mapping[int, Numbers], *, x: str, y: str, value: str
) -> tuple[Figure, dict[int, Axes]]:
    """Draw them with the first row below; `value` is what their elements are. NaN is black."""
    figure, axes = panels(subject, shown, x=x, y=y, right=RIGHT)
    chosen = _extremes(np.concatenate([each.ravel() for each in shown.values()]))
    for number, matrix in shown.items():
        image = axes[number].imshow(matrix, origin="lower", cmap=colours(), norm=chosen.norm, interpolation="nearest")
        if not np.isfinite(matrix).any():
            axes[number].set_facecolor("white")
            image.set_visible(False)
            note(axes[number], "nothing known")
    width = figure.get_figwidth()
    beside = figure.add_axes((1 - 0.85 * RIGHT / width, 0.25, 0.15 / width, 0.5))
    bar = figure.colorbar(image, cax=beside)
    bar.set_label(f"{value} ({chosen.rule})", color=INK, fontsize=8)
    frame(beside)
    bar.outline.set_edgecolor(INK)
    return figure, axes


def _extremes(values: Numbers) -> Stretch:
    known = values[np.isfinite(values)]
    if not known.size:
        return Stretch(0, 1, "nothing is known")
    if known.min() == known.max():
        return constant(float(known[0]))
    return Stretch(float(known.min()), float(known.max()), "smallest to largest")
