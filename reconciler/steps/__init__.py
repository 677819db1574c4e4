"""The kinds of steps, and how differences become steps. A new kind is one file here and one line in `make_steps`."""

from __future__ import annotations

from collections.abc import Iterator

from ..diff import diff
from ..facts import Facts
from ..intent import Desired
from ..state import State
from .base import Outcome, Step, Word, is_done
from .certify import certifications
from .chains import links
from .generations import generations
from .protect import protections
from .publish import publications
from .world import World

__all__ = ["Outcome", "Step", "Word", "World", "is_done", "make_steps"]


def make_steps(seen: State, goal: State, want: Desired, facts: Facts) -> Iterator[Step]:
    """Yield the steps that lead from what is seen to the goal, unordered."""
    changes = diff(seen, goal)
    yield from links(changes, seen, want)
    yield from generations(changes, seen, want, facts)
    yield from publications(changes, want)
    yield from certifications(changes, want)
    yield from protections(changes, want)
