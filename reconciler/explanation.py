"""Why a data ID gets the dataset that it gets: every collection of the search path, and what it says to the question.

The verdicts add up to exactly what `Calendar.lookup` answers: the first collection with a range that overlaps the time
asked for wins, or straddles if it has two, and whatever is behind it is not asked any more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .intent import Desired
from .resolve import NO_SEAMS, Calendar, Seams, children_at
from .state import Cert, Chain, State
from .timeline import Span, Timeline, constant, gen
from .validity import ALWAYS, Validity
from .work import Curation

Verdict: TypeAlias = Literal[
    "wins", "straddles", "shadowed", "not valid", "other data IDs", "none of the type", "not known"
]
"""What a collection of the search path says.

`shadowed` would answer, but one before it does; `not valid` has ranges for the data ID at other times; `not known` is a
collection of which specs say nothing, so that what it holds is a question to the repository.
"""

Shelves: TypeAlias = Mapping[tuple[str, str], Mapping[str, Timeline]]


@dataclass(frozen=True, slots=True)
class Question:
    """Which dataset of a type does a search of `chain` at `place` give for a data ID at a time?"""

    place: str
    chain: str
    dataset_type: str
    data_id: str
    when: Validity


@dataclass(frozen=True, slots=True)
class Candidate:
    """One collection of the search path.

    Attributes
    ----------
    path
        The chains that lead to it, outermost first, and the collection itself last.
    spans
        The ranges that overlap the time asked for; the nearest one if none does.
    any_date
        Whether it is a RUN or TAGGED collection, whose datasets answer at any date.
    others
        The data IDs of the type that it holds, if this one is not among them.
    """

    path: tuple[str, ...]
    verdict: Verdict
    spans: tuple[Span, ...] = ()
    any_date: bool = False
    others: tuple[str, ...] = ()

    @property
    def collection(self) -> str:
        """Return the name of the collection."""
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A question, and all collections of its search path in the order of search."""

    question: Question
    candidates: tuple[Candidate, ...]

    @property
    def winner(self) -> Candidate | None:
        """Return the collection that answers; None if none does, or if Butler raises."""
        return self._first("wins")

    @property
    def straddling(self) -> Candidate | None:
        """Return the collection where Butler raises, because two of its ranges overlap the time asked for."""
        return self._first("straddles")

    @property
    def doubtful(self) -> tuple[str, ...]:
        """Return the collections before the answer of which nothing is known; each could answer instead."""
        answered = next((n for n, c in enumerate(self.candidates) if c.verdict in ("wins", "straddles")), None)
        return tuple(c.collection for c in self.candidates[:answered] if c.verdict == "not known")

    def _first(self, verdict: Verdict) -> Candidate | None:
        return next((c for c in self.candidates if c.verdict == verdict), None)


def explain(
    question: Question,
    state: State,
    shelves: Shelves,
    *,
    seams: Seams = NO_SEAMS,
    opaque: Callable[[str], bool] = lambda _: False,
) -> Explanation:
    """Return what each collection of the search path says; `opaque` are those of which nothing is known."""
    calendar = Calendar(state, question.place, [question.chain], shelves, seams=seams)
    held = _held(question, state, shelves)
    answered = False
    found: list[Candidate] = []
    for collection, path in paths(question.chain, children_at(state, question.place)).items():
        if opaque(collection):
            found.append(Candidate(path, "not known"))
            continue
        spans = calendar.ranges(collection, question.dataset_type, question.data_id)
        shelf = (collection, question.dataset_type) in shelves
        candidate = _judged(path, spans, question.when, held.get(collection, ()), answered=answered, shelf=shelf)
        answered = answered or candidate.verdict in ("wins", "straddles")
        found.append(candidate)
    return Explanation(question, tuple(found))


def explain_wanted(question: Question, want: Desired) -> Explanation:
    """Return what each collection would say if everything were as the specs ask: from specs and locks alone."""
    known = told(want, question.place)
    shelves = wanted_shelves(want, question.place)
    return explain(question, want.state, shelves, opaque=lambda name: name not in known)


def told(want: Desired, place: str) -> frozenset[str]:
    """Return the collections, chains included, of which specs say what they hold."""
    chains = {key.name for key in want.state.values if isinstance(key, Chain) and key.place == place}
    return frozenset(chains | want.certified(place) | {run for run, _ in wanted_shelves(want, place)})


def paths(root: str, children: Callable[[str], tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return the search order below `root` (see `resolve.flatten`), and for each collection how it is reached."""
    found: dict[str, tuple[str, ...]] = {}
    entered: set[str] = set()
    waiting: list[tuple[str, ...]] = [(root,)]
    while waiting:
        path = waiting.pop()
        if not (below := children(path[-1])):
            found.setdefault(path[-1], path)
        elif path[-1] not in entered:
            entered.add(path[-1])
            waiting.extend((*path, member) for member in reversed(below))
    return found


def _judged(
    path: tuple[str, ...],
    spans: tuple[Span, ...],
    when: Validity,
    held: tuple[str, ...],
    *,
    answered: bool,
    shelf: bool,
) -> Candidate:
    hit = tuple(s for s in spans if s.begin < when.end and when.begin < s.end)
    if hit:
        verdict: Verdict = "shadowed" if answered else "straddles" if len(hit) > 1 else "wins"
        return Candidate(path, verdict, hit, shelf)
    if spans:
        return Candidate(path, "not valid", (min(spans, key=lambda s: max(s.begin - when.end, when.begin - s.end)),))
    if held:
        return Candidate(path, "other data IDs", any_date=shelf, others=held)
    return Candidate(path, "none of the type")


def _held(question: Question, state: State, shelves: Shelves) -> dict[str, tuple[str, ...]]:
    """Return which data IDs of the type each collection holds."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for key, value in state.values.items():
        if isinstance(key, Cert) and value and (key.place, key.dataset_type) == (question.place, question.dataset_type):
            found[key.collection].append(key.data_id)
    for (collection, dataset_type), ids in shelves.items():
        if dataset_type == question.dataset_type:
            found[collection] = list(ids)
    return {collection: tuple(sorted(ids)) for collection, ids in found.items()}


def wanted_shelves(want: Desired, place: str) -> Shelves:
    """Return what the RUNs of curated files will answer; what other RUNs hold is not for specs to say."""
    found: defaultdict[tuple[str, str], dict[str, Timeline]] = defaultdict(dict)
    for key, work in want.works.items():
        if isinstance(work, Curation) and key.place == place:
            for file in work.files:
                found[key.leaf, file.dataset_type][file.data_id] = constant(ALWAYS, gen(key.leaf))
    return found
