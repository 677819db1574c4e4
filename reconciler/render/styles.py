"""How tickets are told apart in a picture: by lightness and hue together, then by hatching.

Five colours (after Okabe and Ito 2008, and Tol 2021) of which any two differ in lightness by 15 of CIE L* or more, so
that they do so in grey and for everybody; the next five bear a hatching, and so on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

COLOURS = ("#332288", "#6FC2F0", "#0F6A2D", "#F5EA6B", "#E0662A")
"""In an order in which neighbours differ most."""
HATCHES = ("", "////", "....", "xxxx", "----")
APART = 15.0
"""Steps of CIE L* that are seen at a glance."""


@dataclass(frozen=True, slots=True)
class Style:
    """How one ticket is drawn."""

    key: str
    colour: str
    hatch: str

    @property
    def ink(self) -> str:
        """What is legible on the colour."""
        return "white" if lightness(self.colour) < 50 else "black"

    def apart_in_grey(self, other: Style) -> bool:
        """Return whether the two are told apart without colour."""
        return self.hatch != other.hatch or abs(lightness(self.colour) - lightness(other.colour)) >= APART


def styles(names: Iterable[str]) -> dict[str, Style]:
    """Return a style for each name, in order: the same names are always drawn the same."""
    return {name: _style(number) for number, name in enumerate(names)}


def lightness(colour: str) -> float:
    """Return CIE L* (0 black, 100 white) of an sRGB colour `#RRGGBB` (IEC 61966-2-1, CIE 15:2004)."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return float(116 * luminance ** (1 / 3) - 16) if luminance > 216 / 24389 else luminance * 24389 / 27


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def _style(number: int) -> Style:
    letter, more = chr(ord("A") + number % 26), number // 26
    hatch = HATCHES[number // len(COLOURS) % len(HATCHES)]
    return Style(f"{letter}{more or ''}", COLOURS[number % len(COLOURS)], hatch)
