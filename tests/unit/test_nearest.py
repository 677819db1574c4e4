"""The nearest right word: found among few and among many, at a price that does not grow with the file."""

from __future__ import annotations

import pytest

from reconciler.spec.problems import listed, nearest

MANY = [f"collection-{number:05}" for number in range(20_000)]


@pytest.mark.parametrize(
    ("word", "right", "near"),
    [
        ("biass", ("bias", "dark", "flat"), "bias"),
        ("xias", ("bias", "dark"), "bias"),
        ("nothing", ("bias", "dark"), ""),
        ("bias", (), ""),
        (7, ("7a", "8a"), "7a"),
        ("collection-01234x", MANY, "collection-01234"),
    ],
)
def test_the_nearest_word_is_named(word: object, right: tuple[str, ...], near: str) -> None:
    assert nearest(word, right) == near


def test_a_long_list_is_told_in_part() -> None:
    assert listed(MANY).endswith("collection-00029 and 19970 more")
