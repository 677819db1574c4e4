"""What tells tickets apart also in grey."""

from __future__ import annotations

from itertools import combinations

import pytest

from reconciler.render.styles import APART, COLOURS, HATCHES, lightness, styles


@pytest.mark.parametrize(("colour", "expected"), [("#000000", 0), ("#FFFFFF", 100), ("#777777", 50.03)])
def test_lightness_is_that_of_cie(colour: str, expected: float) -> None:
    assert lightness(colour) == pytest.approx(expected, abs=0.01)


def test_any_two_colours_differ_in_lightness() -> None:
    assert min(abs(lightness(a) - lightness(b)) for a, b in combinations(COLOURS, 2)) >= APART


def test_any_two_of_twenty_five_tickets_are_told_apart_in_grey() -> None:
    found = styles(f"DM-{n}" for n in range(len(COLOURS) * len(HATCHES)))
    assert all(a.apart_in_grey(b) for a, b in combinations(found.values(), 2))


def test_every_ticket_has_its_own_key() -> None:
    found = styles(f"DM-{n}" for n in range(60))
    assert len({style.key for style in found.values()}) == 60
    assert found["DM-0"].key == "A"


def test_text_is_legible_on_every_colour() -> None:
    assert {style.colour: style.ink for style in styles("abcde").values()} == {
        "#332288": "white", "#6FC2F0": "black", "#0F6A2D": "white", "#F5EA6B": "black", "#E0662A": "black"
    }  # fmt: skip
