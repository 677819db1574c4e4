"""Under which names the exposures of a day are verified.

    <INSTRUMENT>/calib/daily/verifyBias.20241208      the exposures that the first run of the day found
    <INSTRUMENT>/calib/daily/verifyBias.20241208b     those that were taken since, and so on

What was begun under a name keeps its exposures: that is how a run that was killed is resumed, and why a run that finds
nothing new does nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from string import ascii_lowercase
from typing import Any

from ..errors import ReconcileError
from ..observation import Collection
from ..spec.ranges import Ranges, parse
from ..words import count


@dataclass(frozen=True, slots=True)
class Portion:
    """Exposures of a day that are verified together.

    Attributes
    ----------
    begun
        The intent that the leaf was claimed with; None for one that is new.
    """

    leaf: str
    exposures: Ranges
    begun: Mapping[str, Any] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Names:
    """The portions of a day, those begun before first, and the names that somebody else has taken."""

    portions: tuple[Portion, ...]
    taken: tuple[str, ...] = ()


def names(stem: str, day: int, exposures: Ranges, collections: Mapping[str, Collection]) -> Names:
    """Return under which names the exposures of a day are verified; `stem` is the name before the day."""
    found, taken, new = [], [], exposures
    for leaf in _candidates(f"{stem}.{day}"):
        intent = _intent(collections, leaf)
        if intent is not None:
            found.append(Portion(leaf, parse(tuple(intent["exposures"])), intent))
            new = new - found[-1].exposures
        elif leaf in collections:
            taken.append(leaf)
        else:
            found += [Portion(leaf, new)] if new else []
            break
    return Names(tuple(found), tuple(taken))


def remarks(part: str, of: Names) -> Iterator[str]:
    """Yield what people should know of the names of a part."""
    for name in of.taken:
        yield f"{name} exists and is no daily verification of ours; another name is taken"
    *older, last = of.portions
    if older and last.begun is None:
        yield (
            f"{part}: {count(len(last.exposures), 'exposure')} ({last.exposures}) came since {older[-1].leaf} was "
            f"begun; what is new is verified in {last.leaf}"
        )


def _intent(collections: Mapping[str, Collection], leaf: str) -> Mapping[str, Any] | None:
    """Return what a leaf of ours was begun with; None for one that is not there or not of a daily verification."""
    doc = collections[leaf].doc if leaf in collections else None
    return doc.intent if doc is not None and "day_obs" in doc.intent else None


def _candidates(first: str) -> Iterator[str]:
    yield first
    for letter in ascii_lowercase[1:]:
        yield f"{first}{letter}"
    raise ReconcileError(
        f"{first} has used up the letters of its day: 26 verifications stand there",
        hint="verify a day when its exposures have been taken",
    )
