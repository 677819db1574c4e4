"""Names that a reader would take for each other: compared by what they look like, not by what they are."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

_LETTERS = str.maketrans(
    "01i|58асеорхуіјѕԁһӏԛԝνορτυικα",  # digits and letters of other scripts that pass for Latin ones
    "olllsbaceopxyljsdhlqwvoptulka",
)
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))


def skeleton(name: str) -> str:
    """Return what a name comes to for a quick reader; two names with the same skeleton are taken for each other."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    letters = "".join(c for c in plain if c.isalnum() or c == "|").translate(_LETTERS)
    for pair, letter in _PAIRS:
        letters = letters.replace(pair, letter)
    return letters


def alike(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of different names that look alike, each with the one that came first."""
    first: dict[str, str] = {}
    for name in names:
        other = first.setdefault(skeleton(name), name)
        if other != name:
            yield other, name
