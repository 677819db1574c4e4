"""Which calibration each detector was tested with, as people know it: leaf and ticket, where a seal names it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..dataid import parse
from ..holdings import Columns
from ..names import ticket_in
from ..resolve import Calendar
from ..seals import Seal
from ..spec.ranges import Ranges, ranges
from ..timeline import Source, gen, uuid
from ..validity import Validity


@dataclass(frozen=True, slots=True)
class Use:
    """A calibration that some detectors were tested with.

    Attributes
    ----------
    source
        None if the results do not say what was applied.
    collection
        The first collection of the chain that holds it; None if none does any more.
    given
        Whether the chain still gives it to these detectors at the time of the exposures.
    """

    detectors: Ranges
    source: Source | None
    collection: str | None = None
    given: bool = True

    @property
    def ticket(self) -> str | None:
        """The ticket that it was made for, or is certified for."""
        made_for = ticket_in(self.source.name) if self.source else None
        return made_for or (ticket_in(self.collection) if self.collection else None)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked about: calibrations of one type, through one filter if they are told apart by it, at one time."""

    dataset_type: str
    physical_filter: str | None
    when: Validity


def uses(table: Columns, asked: Asked, seals: Mapping[str, Seal], calendar: Calendar) -> tuple[Use, ...]:
    """Return what the detectors of a day's table were tested with, most detectors first."""
    leaves = _leaves(seals, asked.dataset_type)
    holders, answers = _held(calendar, asked)
    found: defaultdict[tuple[Source | None, str | None, bool], set[int]] = defaultdict(set)
    for detector, name in _pairs(table):
        source = gen(leaves[name]) if name in leaves else uuid(name) if name else None
        holder = holders.get((detector, source)) if source else None
        found[source, holder, source in (None, answers.get(detector))].add(detector)
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


def _held(calendar: Calendar, asked: Asked) -> tuple[dict[tuple[int, Source], str], dict[int, Source]]:
    """Return the first collection that holds a source for a detector, and what each detector gets at the time."""
    holders: dict[tuple[int, Source], str] = {}
    answers: dict[int, Source] = {}
    for (dataset_type, data_id), held in calendar.holdings().items():
        told = parse(data_id)
        through = told.get("physical_filter")
        if dataset_type != asked.dataset_type or through not in (None, asked.physical_filter):
            continue
        detector = int(told.get("detector", -1))
        for collection, spans in held:
            for begin, end, source in spans:
                holders.setdefault((detector, source), collection)
                if begin < asked.when.end and asked.when.begin < end:
                    answers.setdefault(detector, source)
    return holders, answers
