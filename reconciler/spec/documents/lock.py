"""A lock: what a set's selections and starting collections meant when a person looked.

Generation reads the lock and never the query, so exposures that are taken or deleted later change nothing.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from ..ranges import Ranges
from .base import Model, Name, Numbers, Text
from .calibration_set import Excused


class StartingCollection(Model):
    """One CALIBRATION or RUN collection below `starting_calibs`, chains flattened, in the order of search."""

    collection: Name
    type: Literal["CALIBRATION", "RUN", "TAGGED"]
    dataset_types: tuple[Name, ...]
    fingerprint: Name
    """Digest of what it holds: types, data IDs, UUIDs and validities."""


class StartingGeneration(Model):
    """What another spec makes in the starting collections, with the recipe that it had when the lock was written."""

    leaf: Name
    dataset_types: tuple[Name, ...]
    recipe: Name


class LockedExposures(Model):
    """What a product is generated from, and the data IDs that are expected of it."""

    selection: str = ""
    """The expression as it was used; empty for a product that takes no selection."""
    exposures: Numbers = Field(default_factory=Ranges)
    detectors: Numbers
    excused: tuple[Excused, ...] = Field(default=(), alias="except")
    physical_filter: Name | None = None
    band: Name | None = None


class LockedRun(Model):
    """An existing RUN that a product is certified from: valid while its datasets have this digest."""

    run: Name
    digest: Name
    """Of dataset type -> data ID -> UUID."""
    detectors: Numbers
    physical_filter: Name | None = None


class LockedRuns(Model):
    """The existing RUNs that a product is certified from instead of being generated."""

    from_runs: tuple[LockedRun, ...] = Field(alias="from", min_length=1)


def _shape(value: object) -> str:
    if isinstance(value, dict):
        return "(runs)" if "from" in value else "(exposures)"
    return "(runs)" if isinstance(value, LockedRuns) else "(exposures)"


LockedProduct = Annotated[
    Annotated[LockedExposures, Tag("(exposures)")] | Annotated[LockedRuns, Tag("(runs)")],
    Discriminator(_shape),
]


class LockedExamination(Model):
    """What a verification examines, where that is not what the product was made from."""

    selection: Text
    """The expression as it was used."""
    exposures: Numbers


class Lock(Model):
    """The lock of one calibration set."""

    kind: Literal["Lock"]
    instrument: Name
    ticket: Name
    raws: Name
    repository: Name
    """The place that it was read from."""
    starting_calibs: tuple[Name, ...] = ()
    """As the spec had them: a spec that starts from others needs a new lock."""
    starting: tuple[StartingCollection, ...] = ()
    """What no spec makes."""
    generations: tuple[StartingGeneration, ...] = ()
    """What other specs make."""
    products: dict[Name, LockedProduct]
    """By instance: `bias`, `flat-u`."""
    examinations: dict[Name, LockedExamination] = Field(default_factory=dict)
    """By instance, or by the name of a verification of the whole set: `bias`, `flat-u`, `science`."""
