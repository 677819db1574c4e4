"""What a link would let science see, as one digest, and whether an edit still is the one that was judged.

A plan is judged once; each step looks again. Between the two somebody may have written, or a step before may have been
kept from its part: then what was approved is not what would happen.
"""

from __future__ import annotations

from .facts import Facts
from .resolve import children_at, reachable
from .seals import digest
from .state import Cert, Chain, State
from .steps.base import Step
from .steps.certify import Certify
from .steps.chains import Link
from .timeline import Timeline


def revealed(step: Link, after: State, facts: Facts) -> str:
    """Return a digest of the chains below a member, and of what is certified in them of the step's dataset types."""
    place, names = step.place, sorted(reachable([step.member], children_at(after, step.place)))
    members = [[name, after.members(Chain(place, name))] for name in names]
    certified = [
        [str(key), [[begin, end, _uuid(source.kind, source.name, key, facts)] for begin, end, source in value]]
        for key, value in after.values.items()
        if isinstance(key, Cert)
        and (key.place, key.collection) in {(place, name) for name in names}
        and key.dataset_type in step.dataset_types
        and isinstance(value, Timeline)
    ]
    return digest([members, sorted(certified)])


def is_as_judged(step: Step, before: State, after: State, facts: Facts, judged: str | None) -> bool:
    """Return whether an edit is the one that was judged; `judged` is what a link revealed then."""
    if isinstance(step, Link):
        return judged is None or revealed(step, after, facts) == judged
    if isinstance(step, Certify):
        return all((before.get(change.key) or None) == (change.before or None) for change in step.changes)
    return True


def _uuid(kind: str, name: str, key: Cert, facts: Facts) -> str | None:
    return name if kind == "uuid" else facts.names(name, key.dataset_type, key.data_id)
