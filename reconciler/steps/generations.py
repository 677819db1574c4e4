"""How a difference of a generation becomes a step: produce it, curate it, or refuse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..archive import PLACE as ARCHIVE
from ..differences import differences
from ..facts import Facts
from ..intent import Desired
from ..names import next_leaf
from ..observation import missing
from ..state import Chain, Change, Gen, Owned, Presence, State
from ..work import Curation, Delivery, Examination, Generation, Pin, Precursor, SmokeTest, Work
from .chains import retired
from .curate import Curate
from .examine import Examine
from .fetch import Fetch
from .needs import Certified, Complete, Member, Need, Pinned, Resolves
from .produce import Produce
from .refuse import Refuse
from .smoke import Smoke

Going = Mapping[Owned, frozenset[str]]
"""Links that go, and the dataset types that they lead to."""


def generations(
    changes: tuple[Change, ...], seen: State, want: Desired, facts: Facts
) -> Iterator[Produce | Curate | Fetch | Refuse]:
    """Yield one step for each generation that is not as wanted."""
    going = retired(changes, seen)
    for change in changes:
        if isinstance(change.key, Gen):
            yield _step(change, want.works[change.key], going, want, facts)


def _step(change: Change, work: Work, going: Going, want: Desired, facts: Facts) -> Produce | Curate | Fetch | Refuse:
    if isinstance(work, Delivery):
        return _fetched(change, work, facts)
    if healing := _healing(change, work, facts):
        return healing
    if reason := _refusal(change, work, facts):
        return Refuse(change, reason)
    if isinstance(work, Pin):
        return Refuse(change, f"{work.key} does not exist, or holds nothing of {', '.join(sorted(work.dataset_types))}")
    if isinstance(work, Curation):
        return Curate(change, work)
    needs = tuple(_needs(work, going, want))
    match work:
        case SmokeTest():
            return Smoke(change, work, needs)
        case Examination():
            return Examine(change, work, needs)
        case _:
            return Produce(change, work, needs)


def _fetched(change: Change, work: Delivery, facts: Facts) -> Fetch | Refuse:
    """Return the step that brings a generation, unless something else stands in its place."""
    key, before, seen = work.key, change.before, facts.observations.get(work.key.place)
    if isinstance(before, Presence) and before.recipe != work.recipe:
        return Refuse(
            change, f"{key} was made or brought with another recipe ({before}); its UUIDs are not those wanted"
        )
    if before is None and seen is not None and key.leaf in seen.collections:
        return Refuse(change, f"{key} exists and reconcile did not bring it; nothing is put into what others made")
    return Fetch(change, work, sealed=key.leaf in facts.seals(key.place))


def _healing(change: Change, work: Generation | Curation | Pin, facts: Facts) -> Fetch | None:
    """Return the step that brings sealed datasets back which are lost where they were made; the archive has them."""
    key = work.key
    if isinstance(work, Pin):
        return None
    seal, kept = facts.seals(key.place).get(key.leaf), facts.seals(ARCHIVE).get(key.leaf)
    if seal is None or kept is None or seal.datasets != kept.datasets or change.before == change.after:
        return None
    if not (isinstance(change.before, Presence) and change.before.recipe == kept.recipe):
        return None
    types = frozenset(seal.datasets)
    lost = Delivery(key, Gen(ARCHIVE, key.leaf), seal.recipe, types, work.lock_name)
    return Fetch(change, lost, sealed=True)


def _refusal(change: Change, work: Generation | Curation | Pin, facts: Facts) -> str:
    """Return why the generation must not be touched; empty if it may."""
    key, before, after = work.key, change.before, change.after
    assert isinstance(after, Presence)
    seen = facts.observations.get(key.place)
    if isinstance(before, Presence) and before.recipe != after.recipe:
        return _other_recipe(work, facts)
    seal = facts.seals(key.place).get(key.leaf)
    if seal is not None and seen is not None:
        gone = missing(seal, seen)
        return (
            f"{len(gone)} sealed datasets of {key.leaf} are gone, first {' '.join(gone[0])}: "
            "restore them by their UUIDs, or build a new rerun"
        )
    if before is None and seen is not None and key.leaf in seen.collections:
        return f"{key.leaf} exists and reconcile did not make it; certify it with `from:`, or choose another rerun"
    if isinstance(work, Generation) and work.mixed:
        return f"mixed generations: {work.mixed}; nothing is built on that before `reconcile lock`"
    return ""


def _other_recipe(work: Generation | Curation | Pin, facts: Facts) -> str:
    """Say what differs between the recipe that a leaf was begun with and the one that is wanted now."""
    leaf = work.key.leaf
    if isinstance(work, Pin):
        return f"RUN {leaf} no longer holds what the lock says; look why, then `reconcile lock`"
    doc = facts.seals(work.key.place).get(leaf) or facts.claims(work.key.place).get(leaf)
    changed = "; ".join(_changes(doc.intent, work.recipe.intent)) if doc else "its recipe"
    match work:
        case Curation():
            way = "give the new files a date or a ticket"
        case Examination():
            way = f"under `verify`, give it the `rerun` of {_free(work, facts)}"
        case SmokeTest():
            way = f"under `deployment.smoke`, give it the `rerun` of {_free(work, facts)}"
        case _:
            way = f"`reconcile rerun` gives it and what is made from it the next one, {_free(work, facts)}"
    return f"{leaf} was begun with another recipe ({changed}); what was made stays as it is: {way}"


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Yield what differs between two recipes; precursors by name, since their digests say nothing to people."""
    was, now = (dict(recipe.get("precursors", ())) for recipe in (before, after))
    for leaf in sorted(was.keys() & now.keys()):
        if was[leaf] != now[leaf]:
            yield f"its precursor {leaf} is made otherwise"
    yield from (f"no longer from {leaf}" for leaf in sorted(was.keys() - now.keys()))
    yield from (f"now from {leaf}" for leaf in sorted(now.keys() - was.keys()))
    yield from differences({**before, "precursors": []}, {**after, "precursors": []})


def _free(work: Generation | Curation | Pin, facts: Facts) -> str:
    """Return the leaf with the next rerun that nobody has used."""
    seen, leaf = facts.observations.get(work.key.place), next_leaf(work.key.leaf)
    while seen is not None and leaf in seen.collections:
        leaf = next_leaf(leaf)
    return leaf


def _needs(work: Generation, going: Going, want: Desired) -> Iterator[Need]:
    """Yield the needs: precursors complete, certified, linked, and resolving for every locked exposure."""
    place = work.key.place
    for start in work.starts:
        yield Pinned(place, start)
    trusted = frozenset((*(start.collection for start in work.starts), *work.named, *want.certified(place)))
    for precursor in work.precursors:
        yield from _made(precursor, want)
        if precursor.run is not None or precursor.source in work.first:
            continue  # named directly: no calendar can give another
        older = (k for k, types in going.items() if k.chain == work.ticket_chain and precursor.dataset_type in types)
        yield Resolves(place, work.instrument, work.inputs, precursor, work.exposures, trusted, tuple(sorted(older)))
    for name in work.inputs:
        for cert in want.certs_of(place, name):
            yield Certified(cert, want.state.timeline(cert))
        if name != work.ticket_chain:
            for member in want.state.members(Chain(place, name)):
                yield Member(Chain(place, name), member)


def _made(precursor: Precursor, want: Desired) -> Iterator[Need]:
    if precursor.source is not None:
        yield Complete(precursor.source, want.recipe(precursor.source))
    if precursor.chain is not None and precursor.collection is not None:
        for cert in want.certs_of(precursor.chain.place, precursor.collection):
            yield Certified(cert, want.state.timeline(cert))
        yield Member(precursor.chain, precursor.collection)
