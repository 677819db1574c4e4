"""What a dataset was made from: as its seal says, or as specs and locks ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .explanation import Question
from .facts import Facts
from .intent import Desired
from .observation import Observation, leaves
from .state import Gen
from .timeline import Source
from .work import Curation, Delivery, Generation, Pin

PINNED = "taken from an existing RUN, whose contents the lock pins"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one dataset comes from.

    Attributes
    ----------
    leaf
        The generation; None for a dataset that no seal names.
    uuid, run
        As the repository has them; None where it was not asked.
    exposures
        What it was made from, as numbers and ranges `first..last`.
    precursors
        Leaves of the calibrations that it was made with.
    starting
        Starting collections that held other calibrations that it was made with.
    remark
        What there is to say of a dataset that no recipe of ours made.
    """

    leaf: str | None = None
    uuid: str | None = None
    run: str | None = None
    exposures: tuple[int | str, ...] = ()
    precursors: tuple[str, ...] = ()
    starting: tuple[str, ...] = ()
    remark: str = ""


def sealed(source: Source, question: Question, facts: Facts) -> Origin:
    """Return what a repository tells of the dataset: its seal, or that there is none."""
    seen = facts.observations[question.place]
    if source.kind == "uuid":
        return Origin(uuid=source.name, run=run_of(source.name, question, seen), remark="not ours: no seal names it")
    pinned = facts.pinned.get(question.place, {}).get(source.name)
    seal = leaves(seen).get(source.name) or pinned
    assert seal is not None
    found = _from_intent(source.name, seal.intent)
    uuid = seal.datasets.get(question.dataset_type, {}).get(question.data_id)
    return replace(found, uuid=uuid, run=seal.run, remark=PINNED if seal is pinned else found.remark)


def wanted(source: Source, place: str, want: Desired) -> Origin:
    """Return what specs and locks say of a generation; which datasets it has is told by the repository alone."""
    work = want.works.get(Gen(place, source.name))
    match work:
        case Generation() | Curation():
            return _from_intent(source.name, work.recipe.intent)
        case Pin():
            return Origin(source.name, run=source.name, remark=PINNED)
        case Delivery() | None:
            return Origin(source.name)


def _from_intent(leaf: str, intent: Mapping[str, Any]) -> Origin:
    return Origin(
        leaf=leaf,
        exposures=tuple(intent.get("exposures", ())),
        precursors=tuple(name for name, _ in intent.get("precursors", ())),
        starting=tuple(collection for collection, _ in intent.get("starting", ())),
        remark="curated: a file in git" if "curated" in intent else "",
    )


def run_of(uuid: str, question: Question, seen: Observation) -> str | None:
    """Return the RUN that holds a dataset; TAGGED collections only refer to it."""
    return next(
        (
            collection
            for (collection, dataset_type), ids in seen.contents.items()
            if dataset_type == question.dataset_type
            and ids.get(question.data_id) == uuid
            and seen.collections[collection].type == "RUN"
        ),
        None,
    )
