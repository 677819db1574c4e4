"""A test on the focal plane: every place in the colour of its value, what fails with a cross that needs no colour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape

from .layout import Layout, Rectangle
from .places import Place
from .ramp import COLOURS, STEPS, Ramp, ramp
from .words import number

NARROW = 30
"""Units below which a marked place has a ring round it, so that it is found at a glance."""
FEW = 40
"""The most marks that have rings: among more, nothing needs to be found."""
NAMED = 30
"""The most detectors whose numbers are written into a drawing."""
_HATCH = (
    '<defs><pattern id="{id}" width="14" height="14" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<path class="hatch" d="M0 0V14"/></pattern></defs>'
)
_HERE = '<path class="mark halo" data-here d=""/><path class="mark here" data-here d=""/>'
"""Where the script draws the outline of the place that is pointed at."""


@dataclass(frozen=True, slots=True)
class Map:
    """The places of one test that stand in the focal plane, and the scale of their colours."""

    layout: Layout
    places: tuple[Place, ...]
    ramp: Ramp
    steps: tuple[int, ...]
    name: str
    """Of the test, and good as an identifier in a page."""

    def linked(self, address: Callable[[Place], str]) -> Markup:
        """Return a drawing in which every place is a link that says what it found."""
        return self._drawn(
            "".join(self._links(address)),
            'class="focal" role="group" data-map',
            f"{self.name} on the focal plane",
            "".join(self._numbers()) + _HERE,
        )

    def small(self, label: str) -> Markup:
        """Return a drawing for a glance: one image."""
        return self._drawn("".join(self._together()), 'class="focal small" role="img"', label)

    @property
    def legend(self) -> Markup:
        """Return the scale of colours with numbers at its ends and between."""
        boxes = "".join(f'<rect class="c{n}" x="{n * 40}" width="40" height="14"/>' for n in range(STEPS))
        shown = [(n, self.ramp.edges[n]) for n in (0, 2, 4, 6, 8, 10)]
        texts = "".join(f'<text x="{n * 40}" y="30" text-anchor="middle">{number(edge)}</text>' for n, edge in shown)
        label = f"Colours from {number(self.ramp.low)} (darkest) to {number(self.ramp.high)} (lightest)"
        size = f'viewBox="-30 0 {STEPS * 40 + 60} 34"'
        return Markup(f'<svg class="legend" role="img" aria-label="{escape(label)}" {size}>{boxes}{texts}</svg>')

    def _drawn(self, inside: str, attributes: str, label: str, above: str = "") -> Markup:
        hatch = _HATCH.format(id=f"hatch-{self.name}")
        box = f"-6 -6 {self.layout.width + 12} {self.layout.height + 12}"
        lines = "".join(one.path for one in self.layout.detectors.values())
        return Markup(
            f'<svg {attributes} viewBox="{box}" aria-label="{escape(label)}">{hatch}{inside}'
            f'<g class="over" aria-hidden="true"><path class="outline" d="{lines}"/>'
            f"{''.join(self._marks())}{above}</g></svg>"
        )

    def _links(self, address: Callable[[Place], str]) -> Iterator[str]:
        first = next((place for place in self.places if place.word == "failed"), None)
        for place, step in zip(self.places, self.steps, strict=True):
            begin = " data-first" if place is first else ""
            title = escape(f"{place.title}: {place.said}")
            path = self._rectangle(place).path
            link = f'<a href="{escape(address(place))}"{self._fill(step)}{begin}>'
            yield f'{link}<title>{title}</title><path d="{path}"/></a>'

    def _together(self) -> Iterator[str]:
        paths: defaultdict[int, list[str]] = defaultdict(list)
        for place, step in zip(self.places, self.steps, strict=True):
            paths[step].append(self._rectangle(place).path)
        for step, found in sorted(paths.items()):
            yield f'<path{self._fill(step)} d="{"".join(found)}"/>'

    def _fill(self, step: int) -> str:
        return f' fill="url(#hatch-{self.name})"' if step < 0 else f' class="c{step}"'

    def _marks(self) -> Iterator[str]:
        for word, mark in (("failed", _cross), ("accepted", _ring)):
            found = [self._rectangle(place) for place in self.places if place.word == word]
            if found:
                path = "".join(map(mark, found)) + ("".join(map(_target, found)) if len(found) <= FEW else "")
                yield f'<path class="mark halo" d="{path}"/><path class="mark {word}" d="{path}"/>'

    def _numbers(self) -> Iterator[str]:
        if len(self.layout.detectors) > NAMED:
            return
        for detector, box in self.layout.detectors.items():
            yield f'<text x="{box.x + 14}" y="{box.y + 52}">{detector}</text>'

    def _rectangle(self, place: Place) -> Rectangle:
        return self.layout.rectangle(place.detector, place.amplifier)


def focal_map(name: str, found: Sequence[Place], layout: Layout) -> Map | None:
    """Return the map of a test; None if it judges the focal plane as a whole."""
    placed = tuple(place for place in found if place.detector >= 0)
    if not placed:
        return None
    typical = np.array([place.typical for place in placed])
    scale = ramp(typical)
    return Map(layout, placed, scale, tuple(scale.steps(typical)), name)


def colours() -> str:
    """Return the style rules of the scale."""
    return "".join(f".c{at}{{fill:{colour}}}" for at, colour in enumerate(COLOURS)) + "\n"


def _cross(box: Rectangle) -> str:
    """Return the outline of a place and a cross over its middle."""
    x, y, arm = box.x + box.width / 2, box.y + box.height / 2, max(9, min(box.width, box.height) / 2)
    return f"{box.path}M{x - arm} {y - arm}l{2 * arm} {2 * arm}M{x - arm} {y + arm}l{2 * arm} {-2 * arm}"


def _ring(box: Rectangle) -> str:
    x, y, arm = box.x + box.width / 2, box.y + box.height / 2, max(9, min(box.width, box.height) / 2)
    return box.path + _circle(x, y, arm)


def _target(box: Rectangle) -> str:
    """Return a large ring round a place too narrow to be found at a glance."""
    if min(box.width, box.height) >= NARROW:
        return ""
    return _circle(box.x + box.width / 2, box.y + box.height / 2, 2 * NARROW)


def _circle(x: float, y: float, radius: float) -> str:
    return f"M{x - radius} {y}a{radius} {radius} 0 1 0 {2 * radius} 0a{radius} {radius} 0 1 0 {-2 * radius} 0"
