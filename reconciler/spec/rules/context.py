"""What the rules look at: the documents, joined once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..documents import CalibrationSet, Catalog, Lock
from ..examinations import is_expression
from ..instances import Instance, catalog_for, instances
from ..load import Tree, lock_path
from ..located import FieldPath, Located


@dataclass(frozen=True, slots=True)
class Subject:
    """A calibration set with its catalog, its instances and its lock."""

    located: Located[CalibrationSet]
    catalog: Catalog | None
    instances: tuple[Instance, ...]
    lock: Located[Lock] | None

    @property
    def document(self) -> CalibrationSet:
        return self.located.document

    def expressions(self) -> Iterator[tuple[FieldPath, str]]:
        """Yield every query expression of the set, and where it stands."""
        for name, text in self.document.selections.items():
            yield ("selections", name), text
        for product, examination in (self.document.verify.examinations if self.document.verify else {}).items():
            if examination.select is not None and is_expression(examination.select):
                yield ("verify", product, "select"), examination.select


@dataclass(frozen=True, slots=True)
class Context:
    """A tree as the rules see it."""

    tree: Tree
    subjects: tuple[Subject, ...]
    instruments: dict[str, frozenset[str]]
    """Place (`site/repository`) to the instruments that it holds."""


def context(tree: Tree) -> Context:
    """Return the documents of a tree, joined."""
    catalogs = tuple(one.document for one in tree.catalogs)
    locks = {one.path: one for one in tree.locks}
    found: dict[tuple[str, str], Catalog | None] = {}
    subjects = []
    for one in tree.sets:
        key = (one.document.instrument, one.document.release)
        if key not in found:
            found[key] = catalog_for(catalogs, *key)
        catalog = found[key]
        made = instances(one.document, catalog) if catalog else ()
        subjects.append(Subject(one, catalog, made, locks.get(lock_path(one.path))))
    held = {place: frozenset(instruments) for place, instruments in tree.places().items()}
    return Context(tree, tuple(subjects), held)
