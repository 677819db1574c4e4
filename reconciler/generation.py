"""What a calibration set makes: generations and their certifications, verifications, and the ticket's chain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from . import examination
from .errors import ReconcileError
from .intent import Made
from .making import Maker
from .spec.documents import CalibrationSet
from .spec.instances import instances
from .spec.load import Tree
from .spec.located import Located
from .state import Key, Value
from .work import Generation


def in_order(tree: Tree) -> Iterable[Located[CalibrationSet]]:
    """Return the sets so that each comes after those it starts from."""
    sets = {one.path: one for one in tree.sets}
    awaited = {
        path: sorted(
            other.path
            for other in sets.values()
            if other.path != path and any(belongs(name, other.document) for name in one.document.starting_calibs)
        )
        for path, one in sets.items()
    }
    try:
        return [sets[path] for path in TopologicalSorter(awaited).static_order()]
    except CycleError as cycle:
        raise ReconcileError(f"calibration sets start from each other: {' -> '.join(cycle.args[1])}") from cycle


def belongs(collection: str, document: CalibrationSet) -> bool:
    """Return whether a collection is the ticket chain of a set or one that it makes."""
    naming = document.naming
    return collection == naming.ticket_chain or collection.startswith(f"{naming.base}/")


def made(located: Located[CalibrationSet], tree: Tree, so_far: Mapping[Key, Value]) -> Made:
    """Return what one set makes; `so_far` is what the documents before it make, among them those it starts from."""
    document = located.document
    lock = tree.lock_of(document)
    catalog = tree.catalog_of(document)
    if lock is None or catalog is None:
        lack = "its lock; run `reconcile lock`" if lock is None else f"a catalog for release {document.release}"
        return Made(notices=[f"{located.path}: nothing of it is planned without {lack}"])
    maker = Maker(document, lock.document, catalog, so_far)
    for instance in instances(document, catalog):
        maker.make(instance)
    examination.examine(maker, tree.verifications)
    differences = {work.mixed for work in maker.result.works.values() if isinstance(work, Generation) and work.mixed}
    maker.result.notices += [
        f"{document.ticket}: mixed generations: {found}; to follow, lock it again and give it a new rerun"
        for found in sorted(differences)
    ]
    return maker.result
