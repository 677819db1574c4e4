"""Flats: the mosaic, and below it how often each response occurs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from processing.pictures.binning import Binned
from processing.pictures.figure import INK, Subject, colours, frame, stretch
from processing.pictures.mosaic import mosaic

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROOM = 2.6
"""Of the histogram, inches."""

BINS = 60
NAMED = 9
"""Detectors that a legend names at most."""


def flat(subject: Subject, products: Mapping[int, Binned]) -> Figure:
    """The mosaic with its histogram, one line per detector."""
    figure = mosaic(subject, products, room=ROOM)
    height = figure.get_figheight()
    axes = figure.add_axes((0.1, 0.5 / height, 0.86, (ROOM - 0.7) / height))
    _histograms(axes, subject, products)
    n = next(iter(products.values())).binning
    axes.set_xlabel("relative response", fontsize=8)
    axes.set_ylabel(f"cells of {n} × {n} pixels", fontsize=8)
    frame(axes)
    return figure


def _histograms(axes: Axes, subject: Subject, products: Mapping[int, Binned]) -> None:
    values = {number: each.image[np.isfinite(each.image)] for number, each in products.items()}
    everything = np.concatenate(list(values.values()))
    if not everything.size:
        axes.text(0.5, 0.5, "no pixel is unmasked", color=INK, ha="center", transform=axes.transAxes)
        return
    chosen = stretch(everything)
    low, high = min(chosen.low, float(everything.min())), max(chosen.high, float(everything.max()))
    edges = np.linspace(low, high, BINS + 1)
    shades = colours()(np.linspace(0, 0.9, len(values)))
    for shade, (number, known) in zip(shades, sorted(values.items()), strict=True):
        counts = np.histogram(known, edges)[0]
        axes.stairs(counts, edges, color=shade, label=subject.camera.detector(number).name)
    axes.set_yscale("symlog", linthresh=1)
    axes.set_ylim(bottom=0)
    if len(values) <= NAMED:
        axes.legend(fontsize=6, labelcolor=INK, frameon=False)
