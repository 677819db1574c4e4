"""Where detectors and amplifiers stand on a drawing: whole units, y downwards, as SVG has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import NamedTuple

from .value import Box, Detector

SIDE = 2000
"""Units of the longer side of a focal plane: an amplifier of the largest camera is some 15 wide."""
UNKNOWN = "Detectors are laid out in order of their numbers: where they stand in the focal plane was not said."
GAP = 0.06
"""Between detectors of a grid, in widths of one."""


class Rectangle(NamedTuple):
    """Upper left corner and size, in units of the drawing."""

    x: int
    y: int
    width: int
    height: int

    @property
    def path(self) -> str:
        """The outline as SVG path data."""
        return f"M{self.x} {self.y}h{self.width}v{self.height}h-{self.width}z"


@dataclass(frozen=True, slots=True)
class Layout:
    """All detectors of a report, drawn to one scale."""

    width: int
    height: int
    detectors: Mapping[int, Rectangle]
    amplifiers: Mapping[tuple[int, str], Rectangle]
    known: bool
    """Whether the report says where detectors stand."""

    def rectangle(self, detector: int, amplifier: str) -> Rectangle:
        """Return where a place is drawn; a detector as a whole has no amplifier."""
        return self.amplifiers[detector, amplifier] if amplifier else self.detectors[detector]


def layout(focal_plane: Sequence[Detector], amplifiers: Mapping[int, Sequence[str]]) -> Layout:
    """Return the layout of the focal plane; `amplifiers` names those that were judged, by detector."""
    known = bool(focal_plane) and amplifiers.keys() <= {one.number for one in focal_plane}
    stands = tuple(focal_plane) if known else tuple(_grid(sorted(amplifiers)))
    left, right = min(one.box.x for one in stands), max(one.box.x + one.box.width for one in stands)
    low, high = min(one.box.y for one in stands), max(one.box.y + one.box.height for one in stands)
    scale = SIDE / max(right - left, high - low)
    detectors = {one.number: _rectangle(one.box, left, high, scale) for one in stands}
    boxes = {one.number: one.amplifiers for one in stands}
    cells = {
        (number, name): _inside(detectors[number], box)
        for number, names in amplifiers.items()
        for name, box in _boxes(boxes[number], names)
    }
    return Layout(ceil((right - left) * scale), ceil((high - low) * scale), detectors, cells, known)


def _grid(numbers: Sequence[int]) -> Iterable[Detector]:
    across = max(1, ceil(sqrt(len(numbers))))
    for at, number in enumerate(numbers):
        row, column = divmod(at, across)
        yield Detector(number, "", Box(column * (1 + GAP), -row * (1 + GAP), 1, 1))


def _boxes(known: Mapping[str, Box], names: Sequence[str]) -> Iterable[tuple[str, Box]]:
    """Yield the box of each amplifier: as known, or else in two rows, as most sensors are read out."""
    if set(names) <= known.keys():
        yield from ((name, known[name]) for name in names)
        return
    rows = 2 if len(names) > 2 and len(names) % 2 == 0 else 1
    across = len(names) // rows
    for at, name in enumerate(sorted(names)):
        row, column = divmod(at, across)
        yield name, Box(column / across, row / rows, 1 / across, 1 / rows)


def _rectangle(box: Box, left: float, high: float, scale: float) -> Rectangle:
    x, y = round((box.x - left) * scale), round((high - box.y - box.height) * scale)
    return Rectangle(x, y, max(1, round(box.width * scale)), max(1, round(box.height * scale)))


def _inside(outer: Rectangle, box: Box) -> Rectangle:
    """Return a box inside of a detector; edges are rounded, not sizes, so that neighbours meet."""
    left, right = (outer.x + round(part * outer.width) for part in (box.x, box.x + box.width))
    top, bottom = (outer.y + round((1 - part) * outer.height) for part in (box.y + box.height, box.y))
    return Rectangle(left, top, max(1, right - left), max(1, bottom - top))
