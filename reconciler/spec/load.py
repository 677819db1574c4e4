"""Reading a tree of specs: every document strictly, and everything that is wrong at once.

`load_tree` is for whoever needs the documents; `read_tree` keeps what could be read beside the problems, so
that `validate` can say more in one go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from pydantic import ValidationError

from .documents import KINDS, CalibrationSet, Catalog, Chain, CuratedSet, Lock, Model, Site, Verification
from .explain import explain
from .instances import catalog_for
from .located import Located, locate
from .nodes import MAX_NODES, Untrusted, compose, plain
from .problems import MOST_PER_FILE, Position, Problem, listed, nearest, one_per_place, raise_if_invalid, shown
from .source import Source, files, read

SPECS = "specs"
SITES = "sites"
LOCK_SUFFIX = ".lock.yaml"

_MANY = 5_000
"""Complaints about one document that are still listed before the first are picked."""

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Tree:
    """All documents of a tree, each kind in the order of paths."""

    root: Path
    documents: tuple[Located[Model], ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def sets(self) -> tuple[Located[CalibrationSet], ...]:
        return self._of(CalibrationSet)

    @property
    def chains(self) -> tuple[Located[Chain], ...]:
        return self._of(Chain)

    @property
    def curated(self) -> tuple[Located[CuratedSet], ...]:
        return self._of(CuratedSet)

    @property
    def catalogs(self) -> tuple[Located[Catalog], ...]:
        return self._of(Catalog)

    @property
    def sites(self) -> tuple[Located[Site], ...]:
        return self._of(Site)

    @property
    def locks(self) -> tuple[Located[Lock], ...]:
        return self._of(Lock)

    @property
    def verifications(self) -> tuple[Located[Verification], ...]:
        return self._of(Verification)

    def lock_of(self, document: CalibrationSet) -> Located[Lock] | None:
        """Return the lock that stands beside a calibration set of this tree; None if it is not locked yet."""
        paths = {lock_path(one.path) for one in self.sets if one.document is document}
        return next((one for one in self.locks if one.path in paths), None)

    def catalog_of(self, document: CalibrationSet) -> Catalog | None:
        """Return the catalog that a calibration set's products come from; None if there is none."""
        return catalog_for((one.document for one in self.catalogs), document.instrument, document.release)

    def places(self) -> dict[str, tuple[str, ...]]:
        """Return the places (`site/repository`) of all sites, and the instruments that each holds."""
        return {
            f"{one.document.site}/{name}": repository.instruments
            for one in self.sites
            for name, repository in one.document.repositories.items()
        }

    def _of(self, kind: type[M]) -> tuple[Located[M], ...]:
        return tuple(Located(one.document, one.source) for one in self.documents if isinstance(one.document, kind))


def load_tree(root: Path) -> Tree:
    """Return the documents below `root`; raise `InvalidSpec` with every problem of every file."""
    tree, problems = read_tree(root)
    raise_if_invalid(problems)
    return tree


def read_tree(root: Path) -> tuple[Tree, tuple[Problem, ...]]:
    """Return the documents that could be read, and what is wrong with the others."""
    problems: list[Problem] = []
    documents: list[Located[Model]] = []
    for path in _paths(root):
        source = path if isinstance(path, Problem) else read(root, path)
        if isinstance(source, Problem):
            problems.append(source)
            continue
        document, wrong = parse(source)
        problems += wrong
        if document is not None:
            documents.append(Located(document, source))
    found = one_per_place(problems)
    return Tree(root, tuple(documents), tuple(p for p in found if p.severity == "warning")), found


def parse(source: Source) -> tuple[Model | None, tuple[Problem, ...]]:
    """Return the document of one text, if there is one in spite of the problems, and the problems."""
    try:
        root = compose(source)
    except Untrusted as refused:
        return None, refused.problems
    values, problems = plain(source, root)
    model, misplaced = _model(source, values)
    if model is None:
        return None, (*problems, *misplaced)
    document, wrong = _validated(source, model, values)
    return document, (*problems, *misplaced, *wrong)


def lock_path(spec: str) -> str:
    """Return the path of the lock that belongs to a spec: `DM-48520.lock.yaml` beside `DM-48520.yaml`."""
    return spec.removesuffix(".yaml") + LOCK_SUFFIX


def _paths(root: Path) -> Iterator[Path | Problem]:
    if not (root / SPECS).is_dir():
        yield Problem(SPECS, 1, 1, "no-specs", "error", "there is no directory specs/ here", "the root of a tree")
    yield from files(root, SPECS)
    yield from files(root, SITES)


def _model(source: Source, values: Any) -> tuple[type[Model] | None, tuple[Problem, ...]]:
    """Return the model of the document's kind, and what is wrong with the kind."""
    if not isinstance(values, dict):
        return None, (source.problem("value", Position(1, 1), "found no mapping", "a document with a `kind`"),)
    kind = values.get("kind")
    model = KINDS.get(kind) if isinstance(kind, str) else None
    at = locate(source, ("kind",))
    if model is None:
        found = f"unknown kind {shown(kind)}" if "kind" in values else "the field 'kind' is missing"
        return None, (source.problem("kind", at, found, f"one of {listed(KINDS)}", nearest(kind, KINDS)),)
    home = SITES if model is Site else SPECS
    if source.file.startswith(f"{home}/"):
        return model, ()
    return model, (source.problem("place", at, f"a {kind} in {source.file.split('/')[0]}/", f"it in {home}/"),)


def _validated(source: Source, model: type[M], values: dict[str, Any]) -> tuple[M | None, tuple[Problem, ...]]:
    try:
        return model.model_validate(values), ()
    except ValidationError as error:
        if error.error_count() <= _MANY:
            return _without_unknown(model, values, error), tuple(explain(source, model, error))
    return None, tuple(explain(source, model, _of_the_beginning(model, values)))


def _of_the_beginning(model: type[M], values: dict[str, Any]) -> ValidationError:
    """Return the first complaints about a document with very many: all of them would take hundreds of megabytes.

    Lists and mappings are cut so short that what is left has more than enough complaints.
    """
    kept, enough = 100, MOST_PER_FILE
    while True:
        try:
            model.model_validate(_cut(values, kept))
        except ValidationError as error:
            if error.error_count() >= enough or kept >= MAX_NODES:
                return error
        kept += kept // 2


def _cut(value: Any, kept: int) -> Any:
    """Return the value with no more than the first entries of each list and mapping."""
    if isinstance(value, dict):
        return {key: _cut(item, kept) for key, item in islice(value.items(), kept)}
    if isinstance(value, tuple):
        return tuple(_cut(item, kept) for item in value[:kept])
    return value


def _without_unknown(model: type[M], values: dict[str, Any], error: ValidationError) -> M | None:
    """Return the document without its unknown fields, if they are all that is wrong, so that it can be checked."""
    complaints = error.errors(include_url=False, include_context=False, include_input=False)
    if any(complaint["type"] != "extra_forbidden" for complaint in complaints):
        return None
    try:
        return model.model_validate(_pruned(values, _as_tree(complaint["loc"] for complaint in complaints)))
    except ValidationError:
        return None


Branches: TypeAlias = "dict[int | str, Branches]"
"""Paths by their first step; one that ends has nothing below."""


def _as_tree(paths: Iterable[tuple[int | str, ...]]) -> Branches:
    root: Branches = {}
    for path in paths:
        below = root
        for step in path:
            below = below.setdefault(step, {})
    return root


def _pruned(value: Any, unknown: Branches) -> Any:
    """Return the value without the fields at which these paths end."""
    if not unknown:
        return value
    if isinstance(value, dict):
        kept = ((key, item) for key, item in value.items() if unknown.get(key) != {})
        return {key: _pruned(item, unknown.get(key, {})) for key, item in kept}
    if isinstance(value, tuple):
        return tuple(_pruned(item, unknown.get(index, {})) for index, item in enumerate(value))
    return value
