"""Where our members stand in a chain that others edit too.

A chain holds members of ours and of others. Ours keep the order that the specs give; theirs keep the order in which
they stand. Insertions of single members are confluent: in whatever order they come, the result is the same.
"""

from __future__ import annotations

from collections.abc import Collection


def insert(chain: tuple[str, ...], member: str, ours: tuple[str, ...]) -> tuple[str, ...]:
    """Return `chain` with `member` in its place among `ours`.

    Before the first present member that follows it in `ours`; else after the last that precedes it; else in front,
    where a new calibration wins (DMTN-222 section 2).
    """
    if member in chain:
        return chain
    place = ours.index(member)
    after = [chain.index(m) for m in ours[place + 1 :] if m in chain]
    before = [chain.index(m) + 1 for m in ours[:place] if m in chain]
    at = after[0] if after else max(before, default=0)
    return (*chain[:at], member, *chain[at:])


def reorder(chain: tuple[str, ...], ours: tuple[str, ...]) -> tuple[str, ...]:
    """Return `chain` with the present members of `ours` in our order, foreign members where they stand."""
    in_place = iter([m for m in ours if m in chain])
    wanted = set(ours)
    return tuple(next(in_place) if m in wanted else m for m in chain)


def merge(chain: tuple[str, ...], ours: tuple[str, ...], retracted: Collection[str]) -> tuple[str, ...]:
    """Return the chain that holds all of `ours` in order, nothing `retracted`, and every foreign member."""
    gone = set(retracted) - set(ours)
    result = reorder(tuple(m for m in chain if m not in gone), ours)
    for member in ours:
        result = insert(result, member, ours)
    return result
