"""`reconcile lock`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ..adapters.checkout import Checkout
from ..desired import desired
from ..errors import ExitCode, UsageError
from ..generation import in_order
from ..intent import Desired
from ..locking import changed, make_lock
from ..site import Place, choose, connect
from ..spec.check import check as check_tree
from ..spec.documents import CalibrationSet, Lock, Site
from ..spec.load import LOCK_SUFFIX, Tree, lock_path, read_tree
from ..spec.located import Located
from ..spec.lock import dump_lock
from ..spec.problems import raise_if_invalid
from ..spec.source import Source
from ..starting import started
from ..state import Cert, Chain, Gen
from .output import replace_file, write, write_json


def run(directory: Path, tickets: tuple[str, ...], site_name: str | None, *, check: bool, as_json: bool) -> ExitCode:
    """Lock the sets of these tickets, or all whose origin is at the site."""
    tree = _read(directory)
    sets = _chosen(tree, tickets)
    site = choose(tree, site_name or _site_of(sets))
    _refuse_elsewhere(sets if tickets else [], site)
    place = connect(site, tree.root)
    try:
        report = list(_locked(sets, tree, place, check=check))
    finally:
        place.close()
    if as_json:
        write_json(report)
    else:
        write("\n".join(line for entry in report for line in _lines(entry, check=check)) or "No set to lock here.")
    return ExitCode.CHANGES if check and any(entry["changed"] for entry in report) else ExitCode.OK


def _read(directory: Path) -> Tree:
    """Return the specs, checked as if there were no locks: one that is stale or damaged is what is mended here."""
    tree, unread = read_tree(Checkout(directory).root)
    raise_if_invalid(problem for problem in unread if not problem.file.endswith(LOCK_SUFFIX))
    specs = tuple(one for one in tree.documents if not isinstance(one.document, Lock))
    raise_if_invalid(check_tree(replace(tree, documents=specs)))
    return tree


def _refuse_elsewhere(asked: list[Located[CalibrationSet]], site: Site) -> None:
    """Refuse tickets that were asked for by name and have their origin at another site."""
    here = {f"{site.site}/{name}" for name in site.repositories}
    if elsewhere := [
        f"{o.document.ticket} is built at {o.document.origin}" for o in asked if o.document.origin not in here
    ]:
        raise UsageError(f"{'; '.join(elsewhere)}, which is not of site {site.site}; it is locked there")


def _chosen(tree: Tree, tickets: tuple[str, ...]) -> list[Located[CalibrationSet]]:
    known = {one.document.ticket for one in tree.sets}
    if unknown := sorted(set(tickets) - known):
        raise UsageError(f"no calibration set of {', '.join(unknown)}; there are {', '.join(sorted(known)) or 'none'}")
    return [one for one in tree.sets if not tickets or one.document.ticket in tickets]


def _site_of(sets: list[Located[CalibrationSet]]) -> str | None:
    """Return the one site that all these sets are built at, if there is one."""
    sites = {one.document.origin.split("/")[0] for one in sets}
    return sites.pop() if len(sites) == 1 else None


def _locked(
    sets: list[Located[CalibrationSet]], tree: Tree, place: Place, *, check: bool
) -> Iterator[dict[str, object]]:
    """Lock each set after those it starts from, whose new locks say with what recipes it does."""
    asked = {one.path for one in sets if one.document.origin in place.repositories}
    for one in in_order(tree):
        if one.path in asked:
            entry, lock = _lock(one, tree, place, check=check)
            others = tuple(other for other in tree.documents if other.path != lock.path)
            tree = replace(tree, documents=(*others, lock))
            yield entry


def _lock(
    one: Located[CalibrationSet], tree: Tree, place: Place, *, check: bool
) -> tuple[dict[str, object], Located[Lock]]:
    catalog = tree.catalog_of(one.document)
    if catalog is None:
        raise UsageError(f"{one.path}: no catalog for {one.document.instrument} and release {one.document.release}")
    want = desired(tree, place.site)
    repository, generations = place.repositories[one.document.origin], started(one.document, want.state.values)
    made = make_lock(one.document, catalog, repository, _ours(tree, place, want), generations)
    old = tree.lock_of(one.document)
    differs = changed(old.document if old else None, made.lock)
    path, text = lock_path(one.path), dump_lock(made.lock)
    if differs and not check:
        replace_file(tree.root / path, text)
    entry: dict[str, object] = {
        "spec": one.path,
        "lock": path,
        "changed": bool(differs),
        "differences": list(differs) if old else [],
        "products": _counts(made.lock),
        "remarks": made.remarks,
    }
    return entry, Located(made.lock, Source(path, text))


def _ours(tree: Tree, place: Place, want: Desired) -> frozenset[str]:
    """Return the collections that specs of this tree make at the site."""
    chains = {key.name for key in want.state.values if isinstance(key, Chain)}
    certified = {key.collection for key in want.state.values if isinstance(key, Cert)}
    leaves = {key.leaf for key in want.state.values if isinstance(key, Gen)}
    tickets = {one.document.naming.ticket_chain for one in tree.sets if one.document.origin in place.repositories}
    return frozenset(chains | certified | leaves | tickets)


def _counts(lock: Lock) -> dict[str, int]:
    return {name: len(getattr(locked, "exposures", ())) for name, locked in lock.products.items()}


def _lines(entry: dict[str, object], *, check: bool) -> list[str]:
    products, differs = entry["products"], entry["differences"]
    assert isinstance(products, dict)
    assert isinstance(differs, list)
    word = "would change" if check and entry["changed"] else "written" if entry["changed"] else "unchanged"
    counted = ", ".join(f"{name} {count}" for name, count in products.items())
    remarks = entry["remarks"]
    assert isinstance(remarks, list)
    return [
        f"{entry['lock']}: {word} (exposures: {counted})",
        *(f"  {line}" for line in differs),
        *(f"  note: {line}" for line in remarks),
    ]
