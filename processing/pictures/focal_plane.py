"""Images of detectors laid out as the sensors stand in the focal plane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from processing.camera import Camera, Detector
from processing.pictures.figure import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GAP = 0.12
"""Space between detectors, as a part of their size: for their names."""


@dataclass(frozen=True)
class Layout:
    """A canvas on which every detector of a camera has its place; sizes in cells, the origin lower left."""

    camera: Camera
    cell: tuple[int, int]
    """(rows, columns) of the largest detector."""

    @cached_property
    def pitch(self) -> tuple[int, int]:
        """(rows, columns) from detector to detector."""
        gap = max(1, round(GAP * max(self.cell)))
        return self.cell[0] + gap, self.cell[1] + gap

    @cached_property
    def shape(self) -> tuple[int, int]:
        """(rows, columns) of the canvas."""
        columns, rows = (
            1 + max(d.position[axis] - self._first[axis] for d in self.camera.detectors) for axis in (0, 1)
        )
        (high, wide), (rise, run) = self.cell, self.pitch
        return (rows - 1) * rise + high, (columns - 1) * run + wide

    def corner(self, detector: Detector) -> tuple[int, int]:
        """(row, column) of a detector's lower left cell."""
        column, row = (place - first for place, first in zip(detector.position, self._first, strict=True))
        return row * self.pitch[0], column * self.pitch[1]

    @cached_property
    def _first(self) -> tuple[int, int]:
        return (
            min(d.position[0] for d in self.camera.detectors),
            min(d.position[1] for d in self.camera.detectors),
        )


def layout(camera: Camera, images: Mapping[int, NDArray[Any]]) -> Layout:
    """The layout for images of these sizes."""
    rows, columns = (max(image.shape[axis] for image in images.values()) for axis in (0, 1))
    return Layout(camera, (rows, columns))


def show(axes: Axes, place: Layout, images: Mapping[int, NDArray[Any]], **how: Any) -> Any:
    """Draw images where their detectors stand, each with its name; absent ones as empty outlines. `how`: imshow's."""
    shown = None
    for detector in place.camera.detectors:
        row, column = place.corner(detector)
        if detector.id in images:
            rows, columns = images[detector.id].shape
            extent = (column, column + columns, row, row + rows)
            shown = axes.imshow(images[detector.id], origin="lower", extent=extent, interpolation="nearest", **how)
        else:
            _outline(axes, place, row, column)
        _name(axes, place, detector, row, column)
    height, width = place.shape
    axes.set_xlim(0, width)
    axes.set_ylim(0, height + (place.pitch[0] - place.cell[0]))
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_frame_on(False)
    return shown


def name_size(inches: float) -> float:
    """Points in which a detector's name fits a detector of this width."""
    return float(np.clip(0.8 * GAP * inches * 72, 2.5, 9))


def _outline(axes: Axes, place: Layout, row: int, column: int) -> None:
    from matplotlib.patches import Rectangle

    high, wide = place.cell
    axes.add_patch(Rectangle((column, row), wide, high, fill=False, edgecolor="#999999", linestyle=":", linewidth=0.5))
    axes.text(column + wide / 2, row + high / 2, "missing", size=_size(axes, place), color="#777777", ha="center")


def _name(axes: Axes, place: Layout, detector: Detector, row: int, column: int) -> None:
    high, wide = place.cell
    above = row + high + 0.15 * (place.pitch[0] - high)
    axes.text(column + wide / 2, above, detector.name, size=_size(axes, place), color=INK, ha="center", va="bottom")


def _size(axes: Axes, place: Layout) -> float:
    figure = axes.get_figure(root=True)
    assert figure is not None  # axes are made by a figure
    return name_size(figure.get_figwidth() * axes.get_position().width * place.cell[1] / place.shape[1])
