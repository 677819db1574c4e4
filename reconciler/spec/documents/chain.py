"""A chain: the order in which processing searches an instrument's calibrations."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .base import Model, Name, Text
from .waiver import Waiver


class External(Model):
    """A collection that exists although no spec makes it, and why it is right to use it."""

    collection: Name
    reason: Text


class Deviation(Model):
    """Other members at one place, and why."""

    members: tuple[Name, ...]
    reason: Text


class Chain(Model):
    """The members of a CHAINED collection, in the order of search."""

    kind: Literal["Chain"]
    instrument: Name
    name: Name
    repositories: tuple[Name, ...] = ()
    """Places (`site/repository`); empty means every one that holds the instrument."""
    members: tuple[Name, ...]
    external: tuple[External, ...] = ()
    exceptions: dict[Name, Deviation] = Field(default_factory=dict)
    waive: tuple[Waiver, ...] = ()

    def at(self, place: str) -> tuple[str, ...]:
        """Return the members at one place."""
        exception = self.exceptions.get(place)
        return exception.members if exception else self.members
