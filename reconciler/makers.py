"""Which document makes a generation, and on which line it says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .dataid import parse
from .spec.documents import CalibrationSet, CuratedFile, CuratedSet
from .spec.instances import instances
from .spec.load import Tree
from .spec.located import FieldPath, Located


@dataclass(frozen=True, slots=True)
class Maker:
    """A place in a document."""

    ticket: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def maker(tree: Tree, leaf: str, collection: str, dataset_type: str, data_id: str) -> Maker | None:
    """Return what makes the leaf, or certifies it if it is an existing RUN; None if no document does.

    A RUN may be certified under several tickets: the one that certifies it into `collection` is meant.
    """
    found = [
        *(one for document in tree.sets for one in _products(tree, document, leaf)),
        *(one for curated in tree.curated for one in _files(curated, leaf, dataset_type, data_id)),
    ]
    found.sort(key=lambda one: one[0] != collection)
    return found[0][1] if found else None


def _products(tree: Tree, located: Located[CalibrationSet], leaf: str) -> Iterator[tuple[str | None, Maker]]:
    """Yield the collection that a product is certified into, and where the product stands."""
    document = located.document
    catalog = tree.catalog_of(document)
    for instance in instances(document, catalog) if catalog else ():
        # Where an export brought no leaf, the seal of the output RUN speaks, and its name stands below the leaf's.
        if leaf in (instance.leaf, *instance.settings.from_runs) or leaf.startswith(f"{instance.leaf}/"):
            yield instance.certified, _at(located, ("products", instance.product), document.ticket)


def _files(
    located: Located[CuratedSet], leaf: str, dataset_type: str, data_id: str
) -> Iterator[tuple[str | None, Maker]]:
    document = located.document
    dataset = document.datasets.get(dataset_type)
    for number, file in enumerate(dataset.files if dataset else ()):
        if document.run(file) == leaf and _holds(file, data_id):
            path = ("datasets", dataset_type, "files", number)
            yield document.certified, _at(located, path, document.ticket)


def _holds(file: CuratedFile, data_id: str) -> bool:
    asked = parse(data_id)
    return (file.detector, file.physical_filter) == (asked.get("detector"), asked.get("physical_filter"))


def _at(located: Located[CalibrationSet] | Located[CuratedSet], path: FieldPath, ticket: str) -> Maker:
    return Maker(ticket, located.path, located.where(path).line)
