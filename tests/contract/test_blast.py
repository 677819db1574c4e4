"""The blast radius against Butler's own searches, for pairs of search paths through random repositories."""

from __future__ import annotations

from random import Random

from reconciler.blast import blast
from reconciler.effect import compare
from reconciler.holdings import Exposure
from reconciler.observation import Scope, lift, shelves
from reconciler.resolve import Calendar, seams
from reconciler.state import Chain
from tests.contract.hands import PLACE, ButlerHands, add_exposures
from tests.contract.random_worlds import DETECTORS, TYPES, Answer, Oracle, World, exposures

PAIRS = 4
Answers = dict[tuple[str, int], dict[int, set[Answer]]]
"""(dataset type, exposure) -> detector -> what Butler gives; nothing at all where it refuses."""


def asked(hands: ButlerHands, path: list[str], taken: list[Exposure]) -> Answers:
    """Ask Butler for everything that exposures are given along a path."""
    found: Answers = {}
    for dataset_type in TYPES:
        for question, answer in Oracle(hands.butler, path).join(dataset_type, taken):
            found.setdefault((dataset_type, question.exposure.id), {})[question.detector] = answer
    return found


def differing(before: Answers, after: Answers) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for dataset_type, exposure in sorted(before):
        if before[dataset_type, exposure] != after[dataset_type, exposure]:
            found.setdefault(dataset_type, []).append(exposure)
    return found


def test_exactly_the_exposures_that_butler_answers_otherwise_change(sqlite_hands: ButlerHands) -> None:
    random = Random(20250207)
    taken = exposures(random)
    add_exposures(sqlite_hands.butler, taken, DETECTORS)
    moved = 0
    for number in range(3):
        world = World(sqlite_hands, random, f"world/{number}")
        world.fill()
        seen = sqlite_hands.again().observe(Scope(frozenset(world.members), frozenset(TYPES)))
        state = lift(seen)
        for _ in range(PAIRS):
            paths = world.path(), world.path()
            before, after = (Calendar(state, PLACE, path, shelves(seen), seams=seams(state, seen)) for path in paths)
            found = blast(compare(Chain(PLACE, "path"), before, after, seen), sqlite_hands.repository)
            ours = {t: [one.id for one in changed if one.id >= 100] for t, changed in found.changed.items()}
            theirs = differing(*(asked(sqlite_hands, path, taken) for path in paths))
            assert {t: ids for t, ids in ours.items() if ids} == theirs
            moved += sum(map(len, theirs.values()))
    assert moved > 100
