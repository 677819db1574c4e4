"""Questions for collections by pattern, which Butler answers with two queries and no snapshot between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

ATTEMPTS = 10
"""How often others may be faster; each time one of them has registered a chain."""


def asked(query: Callable[[], T]) -> T:
    """Ask for collections; again where a chain was born between two queries of Butler's, which it has no word for."""
    for _ in range(ATTEMPTS):
        try:
            return query()
        except KeyError:
            continue
    return query()


def all_names(butler: Any) -> set[str]:
    """Return the names of all collections, chains too."""
    return asked(lambda: set(butler.collections.query("*", include_chains=True)))
