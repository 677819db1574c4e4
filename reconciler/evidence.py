"""Reading evidence and judging it: the result tables of sealed verifications become verdicts, these become standings.

Nothing is remembered: a verdict follows from tables and criteria whenever it is asked for, so a new threshold, or a
failure that the board accepts, needs no new run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from .dataid import parse
from .errors import ReconcileError
from .facts import Facts, Standing
from .holdings import Columns
from .intent import Desired, Evidence
from .look import Look
from .overlay import overlay
from .ports import Repository
from .resolve import children_at, reachable
from .state import Chain, Gen, Owned, Presence
from .work import Examination

if TYPE_CHECKING:
    from .verification.results import Results
    from .verification.verdict import Verdict

Tables: TypeAlias = Mapping[str, Columns]


@dataclass(frozen=True, slots=True)
class Examined:
    """A verification as it stands in a repository.

    Attributes
    ----------
    verdict
        None while there are no results, and for one without tests.
    results
        What it was judged by.
    """

    work: Examination
    complete: bool
    verdict: Verdict | None = None
    results: Results | None = None


def examined(evidence: Evidence, want: Desired, seen: Look, repository: Repository) -> list[Examined]:
    """Return how each verification of a set stands, judged from the tables that its seal names."""
    return [_examined(key, evidence, want, seen, repository) for key in evidence.examinations]


def _examined(key: Gen, evidence: Evidence, want: Desired, seen: Look, repository: Repository) -> Examined:
    work = want.examination(key)
    seal = seen.facts.seals(key.place).get(key.leaf)
    if seal is None or seen.state.get(key) != Presence(work.recipe.digest, True):
        return Examined(work, complete=False)
    if work.results is None:
        return Examined(work, complete=True)
    return _judged(work, evidence, seen.facts, repository.tables(seal.run, work.results))


def _judged(work: Examination, evidence: Evidence, facts: Facts, tables: Tables) -> Examined:
    # Imported here: numpy is for those who judge, not for everybody who plans.
    from .verification.results import joined, results
    from .verification.tests import of
    from .verification.verdict import Judge

    criteria = evidence.criteria[work.product]
    judge = Judge(criteria.rule, criteria.thresholds, criteria.acceptances, criteria.omitted)
    try:
        sealed = dict(_sealed(work, facts)) if work.examined else None
        found = results(joined(tables.values()), work.dataset_type, sealed)
    except ValueError as error:
        raise ReconcileError(f"{work.results} of {work.key.leaf} cannot be judged: {error}") from error
    return Examined(work, True, judge.verdict(work.product, work.key.leaf, found, of(work.kind_of_product)), found)


def _sealed(work: Examination, facts: Facts) -> Iterator[tuple[int, str]]:
    """Yield detector and UUID of what the set has made, and what alone counts as tested."""
    seals = {**facts.pinned.get(work.key.place, {}), **facts.seals(work.key.place)}
    for key in work.examined:
        for identity, name in seals[key.leaf].datasets.get(work.dataset_type, {}).items():
            yield int(parse(identity).get("detector", -1)), name


def judged(seen: Look, want: Desired, repositories: Mapping[str, Repository], subjects: Iterable[Owned]) -> Look:
    """Return the look with the standing of these members of chains among its facts.

    What no set makes, curated or external collections, has no evidence and needs none: the board approves it as it is.
    """
    reasons: dict[tuple[str, tuple[Gen, ...]], tuple[str, ...]] = {}
    found: dict[str, Standing] = {}
    for owned in subjects:
        rests_on = want.evidence_of(owned.place, owned.member)
        for one in rests_on:
            if (one.ticket, one.examinations) not in reasons:
                told = tuple(_reasons(one, want, seen, repositories[owned.place]))
                reasons[one.ticket, one.examinations] = told
        told = tuple(reason for one in rests_on for reason in reasons[one.ticket, one.examinations])
        found[owned.member] = Standing(not told, told)
    return replace(seen, facts=replace(seen.facts, standings=found)) if found else seen


def awaited(seen: Look, want: Desired) -> list[Owned]:
    """Return the links that would let science see something new: those whose standing matters, if anything is asked."""
    if seen.facts.trust == "none":
        return []
    goal = overlay(seen.state, want.state)
    return sorted(
        key
        for key in want.state.values
        if isinstance(key, Owned)
        and key.place in seen.facts.observations
        and key.member not in seen.state.members(Chain(key.place, key.chain))
        and key.chain in reachable(sorted(seen.facts.public), children_at(goal, key.place))
    )


def _reasons(evidence: Evidence, want: Desired, seen: Look, repository: Repository) -> Iterator[str]:
    """Yield what keeps a set from being seen; nothing if all that it verifies has passed or is accepted."""
    if not evidence.examinations:
        yield f"{evidence.ticket} verifies nothing: its spec has no `verify`, or the lock lacks its exposures"
    for one in examined(evidence, want, seen, repository):
        if not one.complete:
            yield f"{one.work.product} has not been verified yet ({one.work.key.leaf})"
        elif one.verdict is not None and one.verdict.outcome not in ("passed", "accepted"):
            from .verification.words import complaints

            yield from complaints(one.verdict)
