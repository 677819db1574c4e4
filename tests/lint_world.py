"""Trees of specs in files, and sites in memory, for lint: findings need lines and columns to stand at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from reconciler.adapters.memory import MemoryRepository, Store
from reconciler.dataid import data_id
from reconciler.desired import desired
from reconciler.facts import Facts
from reconciler.holdings import Exposure
from reconciler.lint import Report, lint, of_site, of_specs
from reconciler.look import look
from reconciler.observation import Scope
from reconciler.spec.documents import Model
from reconciler.spec.load import Tree, load_tree
from reconciler.stills import take
from reconciler.validity import ALWAYS, Validity
from tests.worlds import INSTRUMENT, PLACE, PUBLIC, catalog, document, site


def edited(model: Model, change: Callable[[dict[str, Any]], object]) -> Model:
    """Return a document with its plain values changed."""
    values = model.model_dump(mode="json", by_alias=True, exclude_unset=True)
    change(values)
    return document(**values)


def written(root: Path, *documents: Model) -> Tree:
    """Write the documents, a catalog and a site into a tree, and read it."""
    catalogs = [] if any(type(one).__name__ == "Catalog" for one in documents) else [catalog()]
    for number, one in enumerate((site(), *catalogs, *documents)):
        path = root / _path(number, one)
        path.parent.mkdir(parents=True, exist_ok=True)
        values = one.model_dump(mode="json", by_alias=True, exclude_unset=True)
        path.write_text(yaml.safe_dump(values, sort_keys=False))
    return load_tree(root)


def _path(number: int, one: Model) -> str:
    kind, ticket = type(one).__name__, getattr(one, "ticket", "")
    if kind == "Site":
        return "sites/usdf.yaml"
    suffix = ".lock" if kind == "Lock" else ""
    return f"specs/{INSTRUMENT}/{ticket or f'{kind.lower()}{number}'}{suffix}.yaml"


def on_specs(root: Path, *documents: Model) -> Report:
    """Lint documents alone."""
    tree = written(root, *documents)
    return lint(of_specs(tree, [desired(tree, one.document) for one in tree.sites]))


def on_site(root: Path, store: Store, *documents: Model) -> Report:
    """Lint a site in memory against documents."""
    tree = written(root, *documents)
    want = desired(tree, tree.sites[0].document)
    still = take(MemoryRepository(PLACE, store), [INSTRUMENT], frozenset())
    facts = Facts(public=frozenset(one.name for one in want.public))
    seen = look([still], lambda _: Scope(None, still.dataset_types), want, facts)
    return lint(of_site(tree, want, seen.state, seen.facts, {PLACE: still.exposures}))


class Repository:
    """A repository in memory with a public chain, filled by hand."""

    def __init__(self, *members: str) -> None:
        self.store = Store(detectors=frozenset({0, 1}))
        self.store.register(PUBLIC, "CHAINED")
        self.store.children[PUBLIC] = members
        for name in members:
            self.store.register(name, "CALIBRATION")

    def certify(
        self, collection: str, *ranges: Validity, kind: str = "bias", detectors: tuple[int, ...] = (0, 1), **more: str
    ) -> None:
        """Certify datasets, a new one for each range."""
        for detector in detectors:
            name = data_id({"instrument": INSTRUMENT, "detector": detector, **more})
            rows = self.store.certifications.setdefault((collection, kind), {}).setdefault(name, [])
            for number, when in enumerate(ranges or (ALWAYS,)):
                uuid = self.store.add(f"{collection}/run{number}", kind, name)
                rows.append((when.begin, when.end, uuid))

    def expose(self, number: int, begin: int, end: int, physical_filter: str = "r_03", kind: str = "science") -> None:
        """Take an exposure."""
        taken = Exposure(number, kind, physical_filter, physical_filter[0], Validity(begin, end))
        self.store.exposures[INSTRUMENT, number] = taken
