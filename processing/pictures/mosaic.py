"""Focal-plane mosaics of combined biases, darks and flats."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from processing.pictures import focal_plane
from processing.pictures.binning import Binned
from processing.pictures.figure import DPI, INK, MASKED, Subject, colours, frame, new, stretch
from processing.pictures.focal_plane import Layout

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 8.0
"""Of the figure, inches."""

SIDE = 0.4
HEAD, FOOT = 0.6, 1.1
"""Room around the mosaic, inches: beside, for the heading, for the colour bar and the caption."""

LARGEST = 3600
"""Pixels of the picture that a mosaic may take; a larger one is binned further, and says so."""


def mosaic(subject: Subject, products: Mapping[int, Binned], *, room: float = 0.0) -> Figure:
    """Every cell is drawn with at least a pixel. `room` is left free at the bottom, inches."""
    subject.refuse_others(products)
    fitted = fit(subject, products)
    place = _layout(subject, fitted)
    rows, columns = place.shape
    wide = WIDTH - 2 * SIDE
    high = min(wide * (rows + place.pitch[0] - place.cell[0]) / columns, 1.2 * wide)
    dpi = max(DPI, math.ceil(max(rows / high, columns / wide)))
    height = HEAD + high + FOOT + room
    figure = new(subject, products, width=WIDTH, height=height, dpi=dpi)
    axes = figure.add_axes((SIDE / WIDTH, (FOOT + room) / height, wide / WIDTH, high / height))
    values = np.concatenate([each.image.ravel() for each in fitted.values()])
    chosen = stretch(values)
    shown = focal_plane.show(axes, place, {n: b.image for n, b in fitted.items()}, cmap=colours(), norm=chosen.norm)
    bar = figure.colorbar(
        shown,
        cax=figure.add_axes((SIDE / WIDTH, (room + 0.75) / height, wide / WIDTH, 0.15 / height)),
        orientation="horizontal",
        extend="both",
    )
    bar.set_label(f"{subject.product} / {unit(fitted)} ({chosen.rule})", color=INK, fontsize=8)
    frame(bar.ax)
    bar.outline.set_edgecolor(INK)
    figure.text(0.5, (room + 0.12) / height, _caption(fitted), ha="center", color=INK, fontsize=7)
    return figure


def unit(products: Mapping[int, Binned]) -> str:
    """The unit of the products, in words where it is none."""
    return ", ".join(sorted({each.unit for each in products.values()})) or "relative response"


def fit(subject: Subject, products: Mapping[int, Binned]) -> Mapping[int, Binned]:
    """The products, binned further until the mosaic is not too large."""
    n = math.ceil(max(_layout(subject, products).shape) / LARGEST)
    return products if n == 1 else {number: each.by(n) for number, each in products.items()}


def _layout(subject: Subject, products: Mapping[int, Binned]) -> Layout:
    return focal_plane.layout(subject.camera, {number: each.image for number, each in products.items()})


def _caption(products: Mapping[int, Binned]) -> str:
    pixels, masked = (sum(getattr(each, name) for each in products.values()) for name in ("pixels", "masked"))
    n = next(iter(products.values())).binning
    return (
        f"means of the good pixels of cells of {n} × {n} pixels; {MASKED}: none is good; "
        f"masked or not a number are {masked} of {pixels} pixels ({masked / pixels:.2%})"
    )
