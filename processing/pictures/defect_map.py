"""Maps of defects: why pixels are unusable, and where that was seen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from processing.defect_boxes import Defects, Origin, Reason, origins_of, reasons_of
from processing.pictures import focal_plane
from processing.pictures.binning import cells
from processing.pictures.figure import INK, MASKED, Subject, new

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LARGEST = 512
"""Cells of a detector along its longer side at most: of one pixel each on small sensors."""

GOOD = "#f4f4f4"

REASONS: dict[IntFlag, str] = {
    Reason.HOT: "#D55E00",
    Reason.COLD: "#0072B2",
    Reason.SATURATED: "#CC79A7",
    Reason.LISTED: "#F0E442",
    Reason.COLUMN: "#009E73",
    Reason.NO_DATA: MASKED,
    Reason.EDGE: "#BBBBBB",
}
ORIGINS: dict[IntFlag, str] = {
    Origin.DARK: "#D55E00",
    Origin.BIAS: "#0072B2",
    Origin.MANUAL: "#F0E442",
    Origin.FLAT: "#009E73",
    Origin.GEOMETRY: "#BBBBBB",
}
"""Colours (Okabe and Ito's). A cell has that of the first that any of its pixels has."""


@dataclass(frozen=True, eq=False)
class DefectCells:
    """Cells of `binning` by `binning` pixels: 0 where all are good, else 1 + the place in REASONS and in ORIGINS.

    `pixels` counts those of each reason and origin by name, and `bad` those of any.
    """

    reasons: NDArray[np.uint8]
    origins: NDArray[np.uint8]
    pixels: Mapping[str, int]
    bad: int
    binning: int


def reduced(defects: Defects) -> DefectCells:
    """What a map needs of a detector's defects."""
    n = math.ceil(max(defects.shape) / LARGEST)
    flags = defects.flags
    reasons, origins = reasons_of(flags), origins_of(flags)
    pixels = {str(each.name): int(np.count_nonzero(reasons & each.value)) for each in REASONS}
    pixels |= {str(each.name): int(np.count_nonzero(origins & each.value)) for each in ORIGINS}
    return DefectCells(
        _first(reasons, REASONS, n), _first(origins, ORIGINS, n), pixels, int(np.count_nonzero(flags)), n
    )


def defect_map(subject: Subject, found: Mapping[int, DefectCells]) -> Figure:
    """Reasons on the left, origins on the right, each with its number of pixels."""
    subject.refuse_others(found)
    place = focal_plane.layout(subject.camera, {number: each.reasons for number, each in found.items()})
    rows, columns = place.shape
    wide = 6.6
    high = min(wide * (rows + place.pitch[0] - place.cell[0]) / columns, 1.2 * wide)
    height = 0.9 + high + 1.4
    dpi = max(100, min(300, math.ceil(max(rows / high, columns / wide))))
    figure = new(subject, found, width=14, height=height, dpi=dpi)
    halves = [("why", REASONS, "reasons"), ("seen in", ORIGINS, "origins")]
    for left, (title, shades, name) in zip((0.02, 0.51), halves, strict=True):
        axes = figure.add_axes((left, 1.2 / height, wide / 14, high / height))
        axes.set_title(title, color=INK, fontsize=10)
        _show(axes, place, {number: getattr(each, name) for number, each in found.items()}, shades)
        _legend(axes, found, shades)
    figure.text(0.5, 0.1 / height, _caption(found), ha="center", color=INK, fontsize=8)
    return figure


def _first(values: NDArray[np.uint8], shades: Mapping[IntFlag, str], n: int) -> NDArray[np.uint8]:
    any_of = cells(values, n, np.bitwise_or)
    result = np.zeros(any_of.shape, np.uint8)
    for code, each in reversed(list(enumerate(shades, start=1))):
        result[(any_of & each.value) != 0] = code
    return result


def _show(
    axes: Axes, place: focal_plane.Layout, images: Mapping[int, NDArray[np.uint8]], shades: Mapping[IntFlag, str]
) -> None:
    from matplotlib.colors import ListedColormap

    every = ListedColormap([GOOD, *shades.values()])
    focal_plane.show(axes, place, images, cmap=every, vmin=-0.5, vmax=len(shades) + 0.5)


def _legend(axes: Axes, found: Mapping[int, DefectCells], shades: Mapping[IntFlag, str]) -> None:
    from matplotlib.patches import Patch

    handles = [
        Patch(color=shade, label=f"{each.name}: {sum(f.pixels[str(each.name)] for f in found.values())} pixels")
        for each, shade in shades.items()
    ]
    axes.legend(
        handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=4, fontsize=7, labelcolor=INK,
        frameon=False,
    )  # fmt: skip


def _caption(found: Mapping[int, DefectCells]) -> str:
    bad = sum(each.bad for each in found.values())
    n = max(each.binning for each in found.values())
    if not bad:
        return "no pixel is a defect"
    return (
        f"{bad} pixels are defects; cells of {n} × {n} pixels, in the colour of the first in the legend that is there"
    )
