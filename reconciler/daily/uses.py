"""Which calibration each detector was tested with, as people know it: leaf and ticket, where a seal names it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..dataid import parse
from ..names import ticket_in
from ..ports import Columns
from ..resolve import Calendar
from ..seals import Seal
from ..spec.ranges import Ranges, ranges
from ..timeline import Source, gen, uuid


@dataclass(frozen=True, slots=True)
class Use:
    """A calibration that some detectors were tested with.

    Attributes
    ----------
    source
        None if the results do not say what was applied.
    collection
        The collection of the chain that gives it now; None if none does any more.
    """

    detectors: Ranges
    source: Source | None
    collection: str | None = None

    @property
    def ticket(self) -> str | None:
        """The ticket that it was made for, or is certified for."""
        made_for = ticket_in(self.source.name) if self.source else None
        return made_for or (ticket_in(self.collection) if self.collection else None)


def uses(table: Columns, dataset_type: str, seals: Mapping[str, Seal], calendar: Calendar) -> tuple[Use, ...]:
    """Return what the detectors of a day's table were tested with, most detectors first."""
    leaves, given = _leaves(seals, dataset_type), _given(calendar, dataset_type)
    found: defaultdict[tuple[Source | None, str | None], set[int]] = defaultdict(set)
    for detector, name in _pairs(table):
        source = gen(leaves[name]) if name in leaves else uuid(name) if name else None
        found[source, given.get((detector, source)) if source else None].add(detector)
    told = (Use(ranges(numbers), *of) for of, numbers in found.items())
    return tuple(sorted(told, key=lambda use: (-len(use.detectors), use.detectors.spans)))


def _pairs(table: Columns) -> Iterator[tuple[int, str]]:
    """Yield detector and UUID; a detector that says nothing in one row and something in another says that."""
    pairs = set(zip(table.get("detector", ()), table.get("calibration", ()), strict=True))
    known = {int(detector) for detector, name in pairs if name}
    for detector, name in sorted(pairs):
        if detector >= 0 and (name or int(detector) not in known):
            yield int(detector), str(name)


def _leaves(seals: Mapping[str, Seal], dataset_type: str) -> dict[str, str]:
    return {name: leaf for leaf, seal in seals.items() for name in seal.datasets.get(dataset_type, {}).values()}


def _given(calendar: Calendar, dataset_type: str) -> dict[tuple[int, Source], str]:
    """Return through which collection a detector gets a source, the first of them in search order."""
    found: dict[tuple[int, Source], str] = {}
    for (held_type, data_id), held in calendar.holdings().items():
        if held_type != dataset_type:
            continue
        detector = int(parse(data_id).get("detector", -1))
        for collection, spans in held:
            for span in spans:
                found.setdefault((detector, span.source), collection)
    return found
