"""Chains: that every member is made by a spec or explained, once, and without going in circles."""

from __future__ import annotations

from collections.abc import Iterator

from ..documents import Chain
from ..located import FieldPath, Located
from ..problems import Problem, nearest
from .context import Context


def unexplained_members(context: Context) -> Iterator[Problem]:
    """A chain holds what specs make, and what its `external` explains."""
    made = _made(context)
    for one in context.tree.chains:
        known = made | {external.collection for external in one.document.external}
        for path, member in _members(one.document):
            if member not in known:
                found = f"no spec makes {member}"
                near = nearest(member, known)
                yield one.problem("chain-member", path, found, "a spec, or an `external` with a reason", nearest=near)


def repeated_members(context: Context) -> Iterator[Problem]:
    """A chain has a member once."""
    for one in context.tree.chains:
        lists: list[tuple[FieldPath, tuple[str, ...]]] = [(("members",), one.document.members)]
        lists += [(("exceptions", place, "members"), odd.members) for place, odd in one.document.exceptions.items()]
        for path, members in lists:
            before = set[str]()
            for index, member in enumerate(members):
                if member in before:
                    yield one.problem("chain-member", (*path, index), f"{member} is already a member", "each once")
                before.add(member)


def unused_externals(context: Context) -> Iterator[Problem]:
    """An explanation of what is no member explains nothing."""
    for one in context.tree.chains:
        members = {member for _, member in _members(one.document)}
        for index, external in enumerate(one.document.external):
            path = ("external", index)
            if external.collection not in members:
                found = f"{external.collection} is explained but no member"
                yield one.problem("unused-external", (*path, "collection"), found, severity="warning")
            if not external.reason.strip():
                yield one.problem("reason", (*path, "reason"), "an empty reason", "why the collection is right to use")


def defined_twice(context: Context) -> Iterator[Problem]:
    """One document defines a chain of a repository."""
    first: dict[tuple[str, str], Located[Chain]] = {}
    for one in context.tree.chains:
        for place in _places(context, one.document):
            other = first.setdefault((one.document.name, place), one)
            if other is not one:
                found = f"{one.document.name} of {place} is already defined by {other.path}"
                yield one.problem("chain-twice", ("name",), found, "one document per chain and repository")
                break


def circles(context: Context) -> Iterator[Problem]:
    """No chain holds itself, however far down."""
    members = {one.document.name: one.document.members for one in context.tree.chains}
    for one in context.tree.chains:
        if one.document.name in _reached(members, one.document.members):
            yield one.problem("chain-circle", ("name",), f"{one.document.name} holds itself", "chains without circles")


def _reached(members: dict[str, tuple[str, ...]], start: tuple[str, ...]) -> set[str]:
    reached: set[str] = set()
    waiting = list(start)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += members.get(name, ())
    return reached


def _made(context: Context) -> frozenset[str]:
    """Return every collection that some document makes."""
    made = {one.document.name for one in context.tree.chains}
    made |= {one.document.naming.ticket_chain for one in context.tree.sets}
    for one in context.tree.curated:
        made |= {
            one.document.certified,
            *(one.document.run(f) for d in one.document.datasets.values() for f in d.files),
        }
    for subject in context.subjects:
        made |= {instance.certified for instance in subject.instances if instance.certified}
    return frozenset(made)


def _members(chain: Chain) -> Iterator[tuple[FieldPath, str]]:
    for index, member in enumerate(chain.members):
        yield ("members", index), member
    for place, odd in chain.exceptions.items():
        for index, member in enumerate(odd.members):
            yield ("exceptions", place, "members", index), member


def _places(context: Context, chain: Chain) -> tuple[str, ...]:
    holding = (place for place, instruments in context.instruments.items() if chain.instrument in instruments)
    return chain.repositories or tuple(holding) or ("any repository",)
