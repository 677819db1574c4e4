"""`reconcile rerun`."""

from __future__ import annotations

from pathlib import Path

from ..errors import ExitCode, UsageError
from ..names import parse_rerun
from ..reruns import affected, edited, following
from ..spec.check import check
from ..spec.documents import CalibrationSet
from ..spec.load import Tree, load_tree
from ..spec.located import Located
from ..spec.problems import raise_if_invalid
from .output import replace_file, write, write_json
from .validate import root


def run(ticket: str, product: str, directory: Path, *, band: str | None, rerun: str | None, as_json: bool) -> ExitCode:
    """Edit the spec of a ticket; the repository is neither read nor written."""
    tree = load_tree(root(directory))
    raise_if_invalid(check(tree))
    one = _set_with(tree, ticket, product)
    catalog = tree.catalog_of(one.document)
    if catalog is None:
        raise UsageError(f"{one.path}: no catalog for {one.document.instrument} and release {one.document.release}")
    found = affected(one.document, catalog, product, band)
    new = _valid(rerun) if rerun else following(found)
    replace_file(tree.root / one.path, edited(one, found, new))
    names = [instance.name for instance in found]
    if as_json:
        write_json({"spec": one.path, "rerun": new, "instances": names})
    else:
        write(f"{one.path}: {', '.join(names)} get rerun {new}. Review it, then: git commit, reconcile plan")
    return ExitCode.OK


def _valid(rerun: str) -> str:
    try:
        return str(parse_rerun(rerun))
    except ValueError as wrong:
        raise UsageError(str(wrong)) from None


def _set_with(tree: Tree, ticket: str, product: str) -> Located[CalibrationSet]:
    """Return the set of a ticket; where several sets share it, the one that makes the product."""
    sets = [one for one in tree.sets if one.document.ticket == ticket]
    if not sets:
        known = ", ".join(sorted({one.document.ticket for one in tree.sets}))
        raise UsageError(f"no calibration set of {ticket}; there are {known or 'none'}")
    making = [one for one in sets if product in one.document.products]
    if len(making) > 1:
        raise UsageError(f"{product} is made by {', '.join(one.path for one in making)}: edit the one that you mean")
    return (making or sets)[0]
