"""What all our figures share: their heading, colours and stretch, and the PNG that they become."""

from __future__ import annotations

import io
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from processing.camera import Camera
from processing.errors import ProcessingError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize
    from matplotlib.figure import Figure

MASKED = "black"
"""The colour of what is masked or not a number. Nothing else is drawn in it."""

INK = "#333333"
"""Text and lines."""

DPI = 100

_PNG = b"\x89PNG\r\n\x1a\n"


class PictureError(ProcessingError):
    """What cannot be drawn, or is no picture."""


@dataclass(frozen=True)
class Subject:
    """What a picture shows: products of one type of a camera's detectors, and where they were found."""

    camera: Camera
    product: str
    physical_filter: str = ""
    source: str = ""

    def heading(self, detectors: Collection[int]) -> str:
        """Product, camera, filter, and how many of its detectors are shown."""
        filtered = f", {self.physical_filter}" if self.physical_filter else ""
        shown = f"{len(detectors)} of {len(self.camera.detectors)} detectors"
        return f"{self.product} of {self.camera.name}{filtered}: {shown}"

    def refuse_others(self, detectors: Collection[int]) -> None:
        """Raise PictureError for no detectors at all, and for one that the camera does not have."""
        if not detectors:
            raise PictureError(f"{self.product} of {self.camera.name}: there is nothing to draw: no detectors")
        for number in detectors:
            self.camera.detector(number)


@dataclass(frozen=True)
class Picture:
    """A PNG image."""

    png: bytes

    def __post_init__(self) -> None:
        """Refuse what is no PNG."""
        if not self.png.startswith(_PNG):
            raise PictureError(f"no PNG image: it begins with {self.png[:8]!r}")


@dataclass(frozen=True)
class Stretch:
    """The values that stand at the ends of the colours, and how they were chosen."""

    low: float
    high: float
    rule: str

    @property
    def norm(self) -> Normalize:
        """The same for matplotlib."""
        from matplotlib.colors import Normalize

        return Normalize(self.low, self.high)


def stretch(values: NDArray[Any]) -> Stretch:
    """Median +- 3 x 0.741 IQR of the finite values: a few wild pixels do not move it."""
    known = values[np.isfinite(values)]
    if not known.size:
        return Stretch(0, 1, "nothing is known: no pixel is unmasked")
    first, median, third = (float(q) for q in np.percentile(known, [25, 50, 75]))
    half = 3 * 0.741 * (third - first)
    if half > 0:
        return Stretch(median - half, median + half, "median ± 3 × 0.741 IQR")
    if known.min() < known.max():
        return Stretch(float(known.min()), float(known.max()), "all values: more than half are equal")
    return constant(median)


def constant(value: float) -> Stretch:
    """Around the only value that there is."""
    half = max(abs(value) * 1e-3, 1e-6)
    return Stretch(value - half, value + half, f"constant: all values are {value:g}")


def colours() -> Colormap:
    """From dark to light, without black."""
    import matplotlib
    from matplotlib.colors import ListedColormap

    every = matplotlib.colormaps["cividis"](np.linspace(0.12, 1, 256))
    return ListedColormap(every, name="lightness").with_extremes(bad=MASKED)


def new(subject: Subject, detectors: Collection[int], *, width: float, height: float, dpi: float = DPI) -> Figure:
    """An empty figure with its heading; width and height in inches."""
    from matplotlib.figure import Figure

    subject.refuse_others(detectors)
    figure = Figure(figsize=(width, height), dpi=dpi)
    figure.text(0.5, 1 - 0.18 / height, subject.heading(detectors), ha="center", va="top", color=INK, fontsize=12)
    if subject.source:
        figure.text(0.5, 1 - 0.42 / height, subject.source, ha="center", va="top", color=INK, fontsize=7)
    return figure


def frame(axes: Axes) -> None:
    """Spines, ticks and labels in ink, so that black stays what it means."""
    axes.tick_params(which="both", colors=INK, labelsize=7)
    for axis in (axes.xaxis, axes.yaxis):
        axis.label.set_color(INK)
        axis.get_offset_text().set(color=INK, fontsize=7)
    for spine in axes.spines.values():
        spine.set_color(INK)


def png(figure: Figure) -> Picture:
    """Draw a figure."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Title": figure.texts[0].get_text()})
    return Picture(buffer.getvalue())
