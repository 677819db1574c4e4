"""The goal: what is there, with what we want laid over it and what we no longer want taken back.

Only links are ever taken back, and only those that the record says we made. Generated and certified data stay, as do
members, collections and certifications of others, except where somebody's certification stands on an instant and data
ID of ours: there the spec wins, and the plan shows it.
"""

from __future__ import annotations

from .chains import merge
from .state import Cert, Chain, Key, Owned, State, Value
from .timeline import Timeline


def overlay(seen: State, want: State) -> State:
    """Return the goal. Idempotent: laid over itself it stays, and what it holds is reached by folding a plan."""
    goal: dict[Key, Value | None] = {}
    for key, value in want.values.items():
        if key.place in seen.unknown:
            continue
        if isinstance(key, Cert):
            assert isinstance(value, Timeline)
            there = seen.timeline(key)
            if there != value:
                goal[key] = value.over(there.only(lambda source: source.kind == "uuid"))
        elif not isinstance(key, Chain | Owned):
            goal[key] = value
    retracted = retractions(seen, want)
    for chain in {k for k in want.values if isinstance(k, Chain)} | {Chain(r.place, r.chain) for r in retracted}:
        if chain.place not in seen.unknown:
            goal |= _links(chain, seen, want, retracted)
    return seen.put(goal)


def retractions(seen: State, want: State) -> frozenset[Owned]:
    """Return the links of ours that nothing asks for any more.

    Inside a chain that is still wanted, member by member; of a chain that no document declares any more, only the
    links that a Chain document had asked for. A calibration set that disappears leaves its own ticket chain whole.
    """
    return frozenset(
        owned
        for owned, by in seen.values.items()
        if isinstance(owned, Owned)
        and owned.place not in seen.unknown
        and owned.member not in want.members(chain := Chain(owned.place, owned.chain))
        and (by == "chain" or chain in want.values)
    )


def _links(chain: Chain, seen: State, want: State, retracted: frozenset[Owned]) -> dict[Key, Value | None]:
    """Return one chain's members and who owns its links in the goal."""
    there, ours = seen.members(chain), want.members(chain)
    gone = [r for r in retracted if (r.place, r.chain) == (chain.place, chain.name)]
    goal: dict[Key, Value | None] = {chain: merge(there, ours, [r.member for r in gone])}
    goal |= dict.fromkeys(gone)
    for member in ours:
        if member not in there:
            owned = Owned(chain.place, chain.name, member)
            goal[owned] = want.get(owned)
    return goal
