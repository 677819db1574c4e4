"""Link, Unlink and Reorder: one member of one chain at a time.

One step for a whole chain would make the plan cyclic (the dark needs the ticket chain to hold the bias); single
insertions are confluent in any order (see `chains.insert`). Each writes who owns the link in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from .. import chains
from ..facts import Facts
from ..intent import Desired
from ..observation import Scope
from ..resolve import children_at, reachable
from ..state import Cert, Chain, Change, Gen, Key, Owned, State
from .base import Outcome, put, sources
from .needs import Certified, Chained, Complete, Exists, Member, Need
from .registry import commit
from .world import World


@dataclass(frozen=True, slots=True)
class _Edit:
    """What the three share."""

    chain: Chain
    changes: tuple[Change, ...]

    @property
    def place(self) -> str:
        return self.chain.place

    @property
    def provides(self) -> tuple[Key, ...]:
        return tuple(change.key for change in self.changes if isinstance(change.key, Owned))

    @property
    def needs(self) -> tuple[Need, ...]:
        return ()

    @property
    def scope(self) -> Scope:
        return Scope(frozenset({self.chain.name}))

    @property
    def edits(self) -> frozenset[str]:
        return frozenset({self.chain.name})

    def act(self, world: World, seen: State, facts: Facts) -> Outcome:
        """Edit the chain and the record in one transaction."""
        return commit(self, world, seen, facts)  # type: ignore[arg-type]  # the subclasses are steps

    def advance(self, state: State) -> State:
        """Return the state after the edit; each kind has its own."""
        return state


@dataclass(frozen=True, slots=True)
class Link(_Edit):
    """Put one member where the specs' order wants it; foreign members keep their places."""

    kind: ClassVar[str] = "link"
    member: str
    ours: tuple[str, ...]
    by: str
    rests_on: tuple[Need, ...]
    dataset_types: frozenset[str]
    leaves: frozenset[str]
    deployed: bool = False
    """Whether the member was brought from another place, and so is deployed here, not adopted."""

    @property
    def needs(self) -> tuple[Need, ...]:
        return (Chained(self.chain), *self.rests_on)

    @property
    def provides(self) -> tuple[Key, ...]:
        return (Owned(self.place, self.chain.name, self.member),)

    @property
    def scope(self) -> Scope:
        return Scope(frozenset({self.chain.name, self.member}) | self.leaves, self.dataset_types)

    @property
    def verb(self) -> str:
        return "deploy" if self.deployed else "adopt"

    @property
    def subject(self) -> str:
        return self.member

    @property
    def title(self) -> str:
        return f"link {self.member} into {self.chain.name}"

    def advance(self, state: State) -> State:
        """Return the state with the member in the chain, and the link owned if it was not there before."""
        members = state.members(self.chain)
        if self.member in members:
            return state
        linked = chains.insert(members, self.member, self.ours)
        return put(state, {self.chain: linked, Owned(self.place, self.chain.name, self.member): self.by})


@dataclass(frozen=True, slots=True)
class Unlink(_Edit):
    """Take one link of ours back; what it led to stays.

    It waits for its successors, the wanted members of the chain that give the same dataset types: one that cannot be
    built leaves the old calibration in use instead of none.
    """

    kind: ClassVar[str] = "unlink"
    member: str
    successors: tuple[Need, ...]

    @property
    def needs(self) -> tuple[Need, ...]:
        return self.successors

    @property
    def verb(self) -> str:
        return "retract"

    @property
    def subject(self) -> str:
        return self.member

    @property
    def title(self) -> str:
        return f"unlink {self.member} from {self.chain.name}"

    def advance(self, state: State) -> State:
        """Return the state without the link and without its ownership."""
        left = tuple(m for m in state.members(self.chain) if m != self.member)
        return put(state, {self.chain: left, Owned(self.place, self.chain.name, self.member): None})


@dataclass(frozen=True, slots=True)
class Reorder(_Edit):
    """Bring our members into the order of the specs; foreign members stay where they stand."""

    kind: ClassVar[str] = "reorder"
    ours: tuple[str, ...]

    @property
    def verb(self) -> str:
        return "reorder"

    @property
    def subject(self) -> str:
        return self.chain.name

    @property
    def title(self) -> str:
        return f"reorder {self.chain.name}"

    def advance(self, state: State) -> State:
        """Return the state with our members in order."""
        return put(state, {self.chain: chains.reorder(state.members(self.chain), self.ours)})


def retired(changes: Iterable[Change], seen: State) -> dict[Owned, frozenset[str]]:
    """Return the links that go, each with the dataset types that it led to."""
    gone = (change.key for change in changes if isinstance(change.key, Owned) and change.after is None)
    return {key: types_below(key.member, key.place, seen) for key in gone}


def links(changes: Iterable[Change], seen: State, want: Desired) -> Iterator[Link | Unlink | Reorder]:
    """Yield the single edits that make up the differences of chains and of their ownership."""
    moved = {change.key: change for change in changes if isinstance(change.key, Chain | Owned)}
    affected = {k if isinstance(k, Chain) else Chain(k.place, k.chain) for k in moved}
    for chain in sorted(affected):
        yield from _edits(chain, moved, seen, want)


def _edits(
    chain: Chain, moved: dict[Chain | Owned, Change], seen: State, want: Desired
) -> Iterator[Link | Unlink | Reorder]:
    ours = want.state.members(chain)
    members = seen.members(chain)
    for owned, change in moved.items():
        if isinstance(owned, Owned) and (owned.place, owned.chain) == (chain.place, chain.name) and not change.after:
            given = types_below(owned.member, chain.place, seen)
            heirs = [name for name in ours if given & types_below(name, chain.place, want.state)]
            successors = tuple(Member(chain, name) for name in heirs)
            yield Unlink(chain, _both(change, moved.get(chain)), owned.member, successors)
    if chains.reorder(members, ours) != members:
        yield Reorder(chain, (moved[chain],), ours)
    for member in ours:
        if member not in members:
            yield _link(chain, member, moved, ours, want)


def types_below(member: str, place: str, state: State) -> frozenset[str]:
    """Return the dataset types that are certified in a collection or below it."""
    names = reachable([member], children_at(state, place))
    return frozenset(
        key.dataset_type
        for key in state.values
        if isinstance(key, Cert) and key.place == place and key.collection in names
    )


def _link(chain: Chain, member: str, moved: dict[Chain | Owned, Change], ours: tuple[str, ...], want: Desired) -> Link:
    owned = Owned(chain.place, chain.name, member)
    below: list[Need] = [Certified(cert, want.state.timeline(cert)) for cert in want.certs_of(chain.place, member)]
    inside = Chain(chain.place, member)
    below += [Member(inside, name) for name in want.state.members(inside)]
    held: frozenset[str] = frozenset()
    if (run := Gen(chain.place, member)) in want.works:
        below.append(Complete(run, want.recipe(run)))
        held = want.works[run].dataset_types
    elif not below:
        below.append(Exists(chain.place, member))
    # What chains below it lead to is looked at again too, before science sees it through the link.
    reached = sorted(reachable([member], children_at(want.state, chain.place)))
    certs = [cert for name in reached for cert in want.certs_of(chain.place, name)]
    below += [Certified(cert, want.state.timeline(cert)) for cert in certs if cert.collection != member]
    proofs = [want.examination(key) for one in want.evidence_of(chain.place, member) for key in one.examinations]
    return Link(
        chain,
        _both(moved.get(owned), moved[chain]),
        member,
        ours,
        str(want.state.get(owned)),
        tuple(below),
        held | {cert.dataset_type for cert in certs} | {t for work in proofs for t in work.expected},
        sources(want.state.get(cert) for cert in certs) | {leaf for work in proofs for leaf in work.leaves},
        (chain.place, member) in want.brought,
    )


def _both(*changes: Change | None) -> tuple[Change, ...]:
    return tuple(change for change in changes if change is not None)
