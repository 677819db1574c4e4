"""Colours of a report: every text stands out from the paper by day and by night (WCAG 2.2, 4.5 to 1)."""

from __future__ import annotations

import re

import pytest

from reconciler.render.report.pages import HERE
from reconciler.render.styles import lightness

CSS = (HERE / "static" / "report.css").read_text(encoding="utf-8")
LIGHT, DARK = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
TEXTS = ("ink", "quiet", "link", "passed", "failed", "accepted", "not-tested")


def colour(theme: str, name: str) -> str:
    found = re.search(rf"--{name}: (#[0-9a-f]+)", theme)
    assert found is not None
    return found[1] if len(found[1]) == 7 else "#" + "".join(2 * digit for digit in found[1][1:])


def luminance(of: str) -> float:
    return ((lightness(of) + 16) / 116) ** 3


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("ground", ["paper", "shade"])
def test_a_text_is_read_on_its_ground(theme: str, name: str, ground: str) -> None:
    dark, bright = sorted((luminance(colour(theme, name)), luminance(colour(theme, ground))))
    assert (bright + 0.05) / (dark + 0.05) >= 4.5
