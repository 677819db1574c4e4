"""What others made where we work: seen for what it is, named, and kept."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from .facts import Facts
from .intent import Desired
from .observation import Observation
from .seals import Seal
from .state import Cert, Chain, Gen, Owned, State
from .timeline import Source


def findings(seen: State, facts: Facts, want: Desired) -> tuple[str, ...]:
    """Return one sentence for each foreign thing inside what the specs declare, in order."""
    return tuple(sorted({*_members(seen, want), *_certifications(seen, want), *_datasets(facts, want)}))


def _members(seen: State, want: Desired) -> Iterator[str]:
    for chain in want.state.values:
        if isinstance(chain, Chain):
            ours = want.state.members(chain)
            for member in seen.members(chain):
                if member not in ours and Owned(chain.place, chain.name, member) not in seen.values:
                    yield f"{chain}: member {member} is not ours and stays"


def _certifications(seen: State, want: Desired) -> Iterator[str]:
    collections = {(k.place, k.collection) for k in want.state.values if isinstance(k, Cert)}
    for key in seen.values:
        if isinstance(key, Cert) and (key.place, key.collection) in collections:
            yield from (f"{key}: {one} is not of our making" for one in _beside_ours(key, seen, want))


def _beside_ours(key: Cert, seen: State, want: Desired) -> Iterator[Source]:
    """Yield the datasets of others that stay: where the specs want one of ours, the plan replaces theirs."""
    if all(span.source.kind == "gen" for span in seen.timeline(key)):
        return  # as almost everywhere, and there may be many
    theirs = seen.timeline(key).only(lambda source: source.kind == "uuid")
    yield from (s.source for s in want.state.timeline(key).over(theirs) if s.source.kind == "uuid")


def _datasets(facts: Facts, want: Desired) -> Iterator[str]:
    for place, seen in facts.observations.items():
        runs = sorted(name for name, collection in seen.collections.items() if collection.type == "RUN")
        for leaf, seal in facts.seals(place).items():
            if Gen(place, leaf) not in want.works:
                continue
            for run in {seal.run, *_below(runs, f"{leaf}/")}:
                yield from _beside(seal, run, seen)


def _below(runs: list[str], prefix: str) -> Iterator[str]:
    for at in range(bisect_left(runs, prefix), len(runs)):
        if not runs[at].startswith(prefix):
            return
        yield runs[at]


def _beside(seal: Seal, run: str, seen: Observation) -> Iterator[str]:
    for dataset_type, sealed in seal.datasets.items():
        for data_id, name in seen.contents.get((run, dataset_type), {}).items():
            if sealed.get(data_id) != name:
                yield f"{run} at {seen.place}: {dataset_type} {data_id} ({name}) is not in our seal"
