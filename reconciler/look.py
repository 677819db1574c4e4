"""Look at the repositories of a site: one observation each, lifted to one state and the facts beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from .errors import ReconcileError, Unreachable
from .facts import Facts
from .intent import Desired
from .observation import Observation, Scope, lift, shelves
from .ports import Reader
from .resolve import seams
from .seals import Seal, digest
from .state import Cert, Key, State, Value
from .validity import Validity
from .work import Generation, Pin


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen: the state, the facts, and why places are unknown."""

    state: State
    facts: Facts
    unknown: Mapping[str, str]


class Misplaced(ReconcileError):
    """A repository bears the record of another place: an address in sites/ is wrong, or something is mounted so."""


def look(
    repositories: Iterable[Reader],
    scope: Callable[[str], Scope],
    want: Desired,
    facts: Facts,
    *,
    for_a_table: bool = False,
) -> Look:
    """Observe each repository within its scope.

    `facts` brings what does not come from repositories (trust, approvals, public chains). A place that cannot be
    reached is unknown: it yields no state, no change, and a reason. One that is misplaced is unknown only for a table,
    which shows the others; nothing is planned beside it.
    """
    observations: dict[str, Observation] = {}
    unknown: dict[str, str] = {}
    for repository in repositories:
        try:
            observations[repository.place] = _observe(repository, scope(repository.place), want)
        except Unreachable as error:
            unknown[repository.place] = str(error)
        except Misplaced as error:
            if not for_a_table:
                raise
            unknown[repository.place] = str(error)
    return Look(*_lifted(observations, frozenset(unknown), want, facts), unknown)


def _observe(repository: Reader, scope: Scope, want: Desired) -> Observation:
    """Observe, and ask for the time spans of exposures only where something is left to generate."""
    seen = repository.observe(scope)
    if seen.record is not None and seen.record.place != seen.place:
        raise Misplaced(
            f"the repository configured as {seen.place} is recorded as {seen.record.place}",
            hint="correct `butler:` in sites/, or the repository's name there; nothing was written",
        )
    pending = {
        (work.instrument, exposure)
        for key, work in want.works.items()
        if isinstance(work, Generation) and key.place == seen.place and key.leaf not in seen.seals
        for exposure in work.exposures
    }
    if not pending or scope.exposures:
        return seen
    return replace(seen, exposures=repository.observe(Scope(frozenset(), exposures=frozenset(pending))).exposures)


def whole_scope(want: Desired) -> Callable[[str], Scope]:
    """Return what a plan looks at: every collection, and all the dataset types that the specs speak of."""
    types: dict[str, frozenset[str]] = {}
    for gen, work in want.works.items():
        types[gen.place] = types.get(gen.place, frozenset()) | work.dataset_types
    for key in want.state.values:
        if isinstance(key, Cert):
            types[key.place] = types.get(key.place, frozenset()) | {key.dataset_type}
    return lambda place: Scope(None, types.get(place, frozenset()), files=True)


def _lifted(
    observations: Mapping[str, Observation], unknown: frozenset[str], want: Desired, facts: Facts
) -> tuple[State, Facts]:
    values: dict[Key, Value] = {}
    exposures: dict[tuple[str, int], Validity] = {}
    pinned = {place: pins(seen, want) for place, seen in observations.items()}
    for place, seen in observations.items():
        values.update(lift(seen, pinned[place]).values)
        exposures.update(seen.exposures)
    state = State(values, unknown)
    return state, replace(
        facts,
        public=facts.public | _public(observations),
        observations=observations,
        shelves={place: shelves(seen, pinned[place]) for place, seen in observations.items()},
        seams={place: seams(state, seen) for place, seen in observations.items()},
        pinned=pinned,
        exposures=exposures,
        lost=frozenset(place for place, seen in observations.items() if seen.record_lost),
    )


def _public(observations: Mapping[str, Observation]) -> frozenset[str]:
    """Return the chains that Chain documents made public, as the records tell: a document that is gone hides none."""
    return frozenset(
        chain
        for seen in observations.values()
        if seen.record is not None
        for (chain, _), by in seen.record.owned.items()
        if by == "chain" and not chain.startswith("u/")
    )


def pins(seen: Observation, want: Desired) -> dict[str, Seal]:
    """Return RUN -> contents as a seal, for the products made `from` a RUN; the recipe is the digest found."""
    found: dict[str, Seal] = {}
    for key, work in want.works.items():
        if isinstance(work, Pin) and key.place == seen.place:
            datasets = {
                t: dict(sorted(seen.contents.get((key.leaf, t), {}).items())) for t in sorted(work.dataset_types)
            }
            if any(datasets.values()):
                found[key.leaf] = Seal(digest(datasets), {}, key.leaf, datasets)
    return found
