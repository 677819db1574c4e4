"""The calendar against Butler's own lookups, on random repositories: every answer, and every refusal to answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import pytest

from reconciler.dataid import data_id
from reconciler.holdings import Exposure
from reconciler.observation import Scope, lift, shelves
from reconciler.resolve import Calendar, Straddles, seams
from reconciler.timeline import Source
from reconciler.validity import ALWAYS, BEGINNING, END, Validity
from tests.contract.hands import EVERYTHING, EXPOSURES, PLACE, ButlerHands, add_exposures
from tests.contract.random_worlds import DETECTORS, TYPES, Answer, Oracle, Question, World, exposures

PATHS = 3
"""How many search paths are asked about in each world."""


@dataclass(frozen=True)
class Asked:
    """One question, what the calendar says and what Butler says: nothing at all where they raise."""

    question: Question
    ours: set[Answer]
    straddled: tuple[Source, ...]
    theirs: set[Answer]

    @property
    def kind(self) -> str:
        if self.straddled:
            return f"straddles {len({*self.straddled})} of {len(self.straddled)}"
        return "nothing" if self.ours == {None} else "dataset"

    def agree(self, *, either: bool) -> bool:
        """Return whether both say the same; with `either`, Butler may take any of several datasets straddled."""
        candidates = {source.name for source in self.straddled}
        return self.theirs == self.ours or (either and len(candidates) > 1 and self.theirs <= candidates)


def ask(calendar: Calendar, question: Question, theirs: set[Answer]) -> Asked:
    try:
        found = calendar.lookup(question.dataset_type, data_id(question.data_id), question.exposure.validity)
    except Straddles as straddles:
        return Asked(question, set(), straddles.sources, theirs)
    return Asked(question, {found.name if found else None}, (), theirs)


def answers(world: World, taken: list[Exposure]) -> Iterator[Asked]:
    """Yield what is asked along some paths of a world."""
    seen = world.hands.again().observe(Scope(frozenset(world.members), frozenset(TYPES)))
    state = lift(seen)
    for path in [world.path() for _ in range(PATHS)]:
        calendar = Calendar(state, PLACE, path, shelves(seen), seams=seams(state, seen))
        oracle = Oracle(world.hands.butler, path)
        joined = [found for dataset_type in TYPES for found in oracle.join(dataset_type, taken)]
        # Without any bound, find_dataset compares no times at all; a pipeline's search does.
        bounded = [question for question, _ in joined if question.exposure.validity != ALWAYS]
        sample = [(question, oracle.find(question)) for question in world.random.sample(bounded, 3)]
        yield from (ask(calendar, question, theirs) for question, theirs in (*joined, *sample))


def compare(hands: ButlerHands, *, worlds: int) -> None:
    """Hold the calendar against Butler for the 240 questions of each world; all kinds of answers have to come up."""
    random = Random(20250207)
    taken = exposures(random)
    add_exposures(hands.butler, taken, DETECTORS)
    kinds = Counter[str]()
    for number in range(worlds):
        world = World(hands, random, f"world/{number}")
        world.fill()
        asked = list(answers(world, taken))
        assert [one for one in asked if not one.agree(either=takes_either(hands))] == []
        kinds.update(one.kind for one in asked)
    assert kinds.keys() >= {"dataset", "nothing", "straddles 1 of 2", "straddles 2 of 2"}
    assert kinds.total() >= 240 * worlds


def takes_either(hands: ButlerHands) -> bool:
    """Return whether Butler may take any of two datasets where it should raise: on PostgreSQL before version 16."""
    return "postgresql" in (hands.root / "butler.yaml").read_text()


def test_the_calendar_says_what_butler_does(butler_hands: ButlerHands) -> None:
    compare(butler_hands, worlds=5)


@pytest.mark.long
def test_the_calendar_says_what_butler_does_in_many_worlds(butler_hands: ButlerHands) -> None:
    compare(butler_hands, worlds=25)


def across_two_ranges(hands: ButlerHands, first: str, second: str) -> Asked:
    """Ask for the bias of exposure 1, with a boundary between two certifications inside; another collection follows."""
    when = EXPOSURES[0].validity
    middle = (when.begin + when.end) // 2
    hands.certify("calib", first, 3, Validity(BEGINNING, middle))
    hands.certify("calib", second, 3, Validity(middle, END))
    hands.certify("below", hands.dataset("run/below", 3), 3)
    seen = hands.again().observe(EVERYTHING)
    path, question = ["calib", "below"], Question("bias", EXPOSURES[0], 3)
    calendar = Calendar(lift(seen), PLACE, path, shelves(seen), seams=seams(lift(seen), seen))
    return ask(calendar, question, Oracle(hands.butler, path).find(question))


def test_an_exposure_across_two_ranges_of_one_dataset_is_refused_everywhere(butler_hands: ButlerHands) -> None:
    dataset = butler_hands.dataset("run/1", 3)
    found = across_two_ranges(butler_hands, dataset, dataset)
    assert (found.kind, found.theirs) == ("straddles 1 of 2", set())


def test_an_exposure_across_two_datasets_is_refused_or_on_old_postgresql_gets_either(
    butler_hands: ButlerHands,
) -> None:
    datasets = [butler_hands.dataset(run, 3) for run in ("run/1", "run/2")]
    found = across_two_ranges(butler_hands, *datasets)
    assert found.kind == "straddles 2 of 2"
    assert found.theirs <= (set(datasets) if takes_either(butler_hands) else set())
