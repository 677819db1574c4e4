"""Repositories filled at random with nested collections, and an oracle that asks Butler what is found in them.

The oracle is the search by which pipelines find their prerequisites, one query for many exposures, or `find_dataset`.
No rule of searching is written down here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from random import Random
from typing import Any, NamedTuple, TypeAlias, TypeVar

from reconciler.holdings import Exposure
from reconciler.validity import ALWAYS, BEGINNING, END, NANOSECOND, Validity
from tests.contract.hands import EXPOSURES, NIGHT, ButlerHands

STEP = 30 * NANOSECOND
EDGES = [BEGINNING, *(NIGHT + number * STEP for number in range(13)), END]
"""Where ranges begin and end: often where exposures do, often inside of them."""

DETECTORS = (3, 4)
FILTERS = ("r_03", "g_01")
TYPES = ("bias", "flat")

Item = TypeVar("Item")
Answer: TypeAlias = str | None
"""A UUID, or None for nothing."""


class Question(NamedTuple):
    """What a pipeline asks for an exposure and a detector."""

    dataset_type: str
    exposure: Exposure
    detector: int
    instrument: str = "Cam"

    @property
    def data_id(self) -> dict[str, str | int]:
        filters = {"physical_filter": self.exposure.physical_filter} if self.dataset_type == "flat" else {}
        return {"instrument": self.instrument, "detector": self.detector, **filters}


@dataclass
class World:
    """Some collections of a repository, nested and filled at random, under names of their own."""

    hands: ButlerHands
    random: Random
    name: str
    members: list[str] = field(default_factory=list)

    def fill(self) -> None:
        for kind in ("RUN", "TAGGED", "CALIBRATION", "CALIBRATION", "CALIBRATION", "CALIBRATION"):
            self.members.append(f"{self.name}/{kind}/{len(self.members)}")
            self.hands.collection(self.members[-1], kind)
        run, tagged, *certified = self.members
        unsearched = [*self._datasets(f"{self.name}/unsearched/1"), *self._datasets(f"{self.name}/unsearched/2")]
        self.hands.butler.registry.associate(tagged, self._one_each(self._some(unsearched, 0.2)))
        everything = [*unsearched, *self._datasets(run, 0.3)]
        for name in certified:
            self._certify(name, everything)
        for number in range(4):
            chain = f"{self.name}/chain/{number}"
            self.hands.chain(chain, [] if number == 0 else self.path())
            self.members.append(chain)

    def path(self) -> list[str]:
        """Return a search path: a few members in any order, without repeats of its own; chains bring those."""
        return self.random.sample(self.members, self.random.randint(1, 4))

    def _datasets(self, run: str, part: float = 1.0) -> list[Any]:
        self.hands.collection(run, "RUN")
        ids = {
            "bias": [{"instrument": "Cam", "detector": d} for d in DETECTORS],
            "flat": [{"instrument": "Cam", "detector": d, "physical_filter": f} for d in DETECTORS for f in FILTERS],
        }
        insert = self.hands.butler.registry.insertDatasets
        some = {name: self._some(all_ids, part) for name, all_ids in ids.items()}
        return [ref for name in some if some[name] for ref in insert(name, some[name], run)]

    def _some(self, items: list[Any], part: float) -> list[Any]:
        return [item for item in items if self.random.random() < part]

    def _one_each(self, refs: Iterable[Any]) -> list[Any]:
        return list({(ref.datasetType.name, ref.dataId): ref for ref in refs}.values())

    def _certify(self, collection: str, refs: list[Any]) -> None:
        """Certify one dataset or another of each data ID over ranges that touch or leave gaps."""
        from reconciler.adapters.butler.validity_edits import timespan

        edges = sorted(self.random.sample(EDGES, self.random.randint(2, 4)))
        for begin, end in pairwise(edges):
            some = self._some(self.random.sample(refs, len(refs)), 0.4)
            self.hands.butler.registry.certify(collection, self._one_each(some), timespan(begin, end))


def exposures(random: Random) -> list[Exposure]:
    """Return exposures that touch edges or hold them, of all lengths down to an instant; three have open ends."""
    spans = [Validity(BEGINNING, EDGES[3]), Validity(EDGES[9], END), ALWAYS]
    for _ in range(17):
        begin = random.choice(EDGES[1:-1]) + random.choice([-1, 0, 0, 0, 0, 1, STEP // 2])
        spans.append(Validity(begin, begin + random.choice([1, STEP // 2, STEP // 2, STEP, STEP, 2 * STEP])))
    # Those of a length are refused together, which saves the oracle questions.
    spans.sort(key=lambda span: span.end - span.begin)
    return [
        replace(EXPOSURES[0], id=number, physical_filter=random.choice(FILTERS), validity=span)
        for number, span in enumerate(spans, start=100)
    ]


@dataclass(frozen=True)
class Oracle:
    """Butler's answers."""

    butler: Any
    path: list[str]
    instrument: str = "Cam"

    def find(self, question: Question) -> set[Answer]:
        """Return what `find_dataset` gives; nothing at all where it raises."""
        from lsst.daf.butler import CalibrationLookupError

        from reconciler.adapters.butler.validity_edits import timespan

        when = question.exposure.validity
        try:
            ref = self.butler.find_dataset(
                question.dataset_type,
                question.data_id,
                collections=self.path,
                timespan=timespan(when.begin, when.end),
            )
        except CalibrationLookupError:
            return set()
        return {str(ref.id) if ref else None}

    def join(
        self, dataset_type: str, exposures: Sequence[Exposure], detectors: Sequence[int] = DETECTORS
    ) -> Iterator[tuple[Question, set[Answer]]]:
        """Yield what a pipeline would be given for these exposures of these detectors.

        One refusal fails the whole query; then each half is asked for itself.
        """
        from lsst.daf.butler import CalibrationLookupError

        try:
            found = self._joined(dataset_type, exposures, detectors)
        except CalibrationLookupError:
            if len(exposures) == len(detectors) == 1:
                yield Question(dataset_type, exposures[0], detectors[0], self.instrument), set()
            elif len(exposures) > 1:
                for half in halves(exposures):
                    yield from self.join(dataset_type, half, detectors)
            else:
                for few in halves(detectors):
                    yield from self.join(dataset_type, exposures, few)
            return
        for exposure in exposures:
            for detector in detectors:
                question = Question(dataset_type, exposure, detector, self.instrument)
                yield question, found[exposure.id, detector] or {None}

    def _joined(
        self, name: str, exposures: Sequence[Exposure], detectors: Sequence[int]
    ) -> dict[tuple[int, int], set[Answer]]:
        found: dict[tuple[int, int], set[Answer]] = defaultdict(set)
        with self.butler.query() as query:
            asked = query.where(
                f"instrument='{self.instrument}' and exposure in (exposures) and detector in (detectors)",
                bind={"exposures": [one.id for one in exposures], "detectors": list(detectors)},
            )
            rows = asked.join_dataset_search(name, self.path).general(
                ["exposure", "detector"], dataset_fields={name: {"dataset_id"}}, find_first=True
            )
            for row in rows:
                found[row["exposure"], row["detector"]].add(str(row[f"{name}.dataset_id"]))
        return found


def halves(items: Sequence[Item]) -> tuple[Sequence[Item], Sequence[Item]]:
    return items[: len(items) // 2], items[len(items) // 2 :]
