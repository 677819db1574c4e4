"""Which calibration an examined one would replace, and what its own evidence says of it."""

from __future__ import annotations

from collections import Counter

from .evidence import Examined, examined
from .intent import Desired
from .look import Look
from .observation import Scope
from .ports import Repository
from .resolve import Straddles
from .state import Gen
from .work import Examination


def rival(work: Examination, want: Desired, seen: Look, repository: Repository) -> tuple[str, Examined | None]:
    """Return the leaf that the public chain gives the examined exposures instead, and its verification if there is one.

    The leaf is empty where the chain gives nothing, something of the set itself, or datasets that no seal names. Where
    detectors get different ones, it is that of the most.
    """
    leaf = _given(work, want, seen, repository)
    if not leaf:
        return "", None
    for evidence in want.evidence:
        for key in evidence.examinations:
            other = want.examination(key)
            if Gen(work.key.place, leaf) in other.examined and other.product == work.product:
                found = [one for one in examined(evidence, want, seen, repository) if one.work.key == key]
                return leaf, found[0] if found[0].complete else None
    return leaf, None


def _given(work: Examination, want: Desired, seen: Look, repository: Repository) -> str:
    place, last = work.key.place, work.exposures[-1]
    asked = Scope(frozenset(), exposures=frozenset({(work.instrument, last)}))
    when = repository.observe(asked).exposures.get((work.instrument, last))
    chains = sorted(chain.name for chain in want.public if chain.place == place)
    if when is None or not chains:
        return ""
    calendar = seen.facts.calendar(seen.state, place, chains)
    ours, given = {key.leaf for key in work.examined}, Counter[str]()
    for precursor in work.precursors:
        if precursor.source not in work.examined:
            continue
        for data_id in precursor.data_ids:
            try:
                source = calendar.lookup(precursor.dataset_type, data_id, when)
            except Straddles:
                continue  # Butler gives such an exposure nothing
            if source is not None and source.kind == "gen" and source.name not in ours:
                given[source.name] += 1
    return given.most_common(1)[0][0] if given else ""
