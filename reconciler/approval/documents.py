"""Statements about documents: what a set builds. (What decides who may say yes, or what runs, is in `covered`.)"""

from __future__ import annotations

from collections.abc import Iterator

from .. import curation, generation
from ..facts import Approval
from ..intent import Desired
from ..spec.documents import CalibrationSet, CuratedSet
from ..spec.load import Tree
from ..spec.located import Located
from ..work import Curation, Generation
from .effects import Asked
from .statement import Statement


def builds(want: Desired, tree: Tree, root: str) -> Iterator[Asked]:
    """Yield what each document builds at this site: its recipes; a yes lets all of them be built."""
    documents: tuple[Located[CalibrationSet] | Located[CuratedSet], ...] = (*tree.sets, *tree.curated)
    for one in documents:
        leaves = {
            key.leaf: work.recipe.digest
            for key, work in want.works.items()
            if key.place == one.document.origin and isinstance(work, Generation | Curation) and makes(one, key.leaf)
        }
        if not leaves or one.document.prefix:
            continue
        parts = {f"the recipe of {leaf}": recipe for leaf, recipe in sorted(leaves.items())}
        scope = (one.path, one.document.naming.ticket_chain)
        statement = Statement("build", one.path, scope, one.document.origin, root, parts)
        origin = one.document.origin
        yield Asked(statement, frozenset(Approval("build", leaf, origin) for leaf in leaves), origin)


def makes(one: Located[CalibrationSet] | Located[CuratedSet], leaf: str) -> bool:
    """Return whether a document makes a collection."""
    if isinstance(one.document, CalibrationSet):
        return generation.belongs(leaf, one.document)
    return any(f"{leaf}/".startswith(f"{name}/") for name in curation.collections(one.document))
