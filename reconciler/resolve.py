"""The effective calendar: which dataset a chain of collections gives at each instant.

Butler's rules: chains are flattened depth first, a collection counts where it first appears; the first collection
that answers wins; a RUN or TAGGED collection answers at any date; a CALIBRATION collection answers only if the time
asked for lies inside one certified range, and raises if it straddles two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from .state import Cert, Chain, State
from .timeline import NOTHING, Source, Timeline
from .validity import Validity


def flatten(roots: Iterable[str], children: Callable[[str], tuple[str, ...]]) -> tuple[str, ...]:
    """Return the search order below `roots`: every collection once, where it first appears, chains dissolved."""
    order: dict[str, None] = {}
    entered: set[str] = set()
    waiting = list(roots)[::-1]
    while waiting:
        name = waiting.pop()
        if below := children(name):
            if name not in entered:
                entered.add(name)
                waiting.extend(reversed(below))
        else:
            order[name] = None
    return tuple(order)


def reachable(roots: Iterable[str], children: Callable[[str], tuple[str, ...]]) -> frozenset[str]:
    """Return every collection at or below `roots`, chains included."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(children(name))
    return frozenset(found)


def children_at(state: State, place: str) -> Callable[[str], tuple[str, ...]]:
    """Return the function collection -> members in this state at one place."""
    return lambda name: state.members(Chain(place, name))


class Straddles(Exception):
    """An exposure overlaps two validity ranges of one collection; Butler raises CalibrationLookupError there."""

    def __init__(self, collection: str, when: Validity, sources: tuple[Source, ...]) -> None:
        names = " and ".join(str(source) for source in sources)
        super().__init__(f"an exposure at {when} straddles two validity ranges of {collection}: {names}")


class Calendar:
    """What a search path gives for every data ID of some dataset types at one place, in one state.

    Parameters
    ----------
    state
        Holds the certifications and the chains.
    place
        The repository.
    roots
        The collections to search, in order; chains are dissolved.
    shelves
        What RUN and TAGGED collections answer: (collection, dataset type) -> data ID -> timeline.
    """

    def __init__(
        self,
        state: State,
        place: str,
        roots: Iterable[str],
        shelves: Mapping[tuple[str, str], Mapping[str, Timeline]],
    ) -> None:
        self.path = flatten(roots, children_at(state, place))
        self._state = state
        self._place = place
        self._shelves = shelves

    def timeline(self, dataset_type: str, data_id: str) -> Timeline:
        """Return the effective timeline: the first collection that answers wins at each instant."""
        answer = NOTHING
        for collection in self.path:
            answer = answer.over(self._layer(collection, dataset_type, data_id))
        return answer

    def lookup(self, dataset_type: str, data_id: str, when: Validity) -> Source | None:
        """Return what Butler gives an exposure: the first collection with a range that overlaps it.

        Raises `Straddles` where the exposure overlaps two ranges of that collection, as Butler does.
        """
        for collection in self.path:
            sources = self._layer(collection, dataset_type, data_id).lookup(when)
            if len(sources) > 1:
                raise Straddles(collection, when, sources)
            if sources:
                return sources[0]
        return None

    def _layer(self, collection: str, dataset_type: str, data_id: str) -> Timeline:
        shelf = self._shelves.get((collection, dataset_type))
        if shelf is not None:
            return shelf.get(data_id, NOTHING)
        return self._state.timeline(Cert(self._place, collection, dataset_type, data_id))
