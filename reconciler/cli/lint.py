"""`reconcile lint`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..desired import desired
from ..errors import ExitCode, worst
from ..lint import View, lint, of_site, of_specs
from ..look import look
from ..observation import Scope
from ..render import lint as render
from ..spec.check import check
from ..spec.load import Tree, load_tree
from ..spec.problems import raise_if_invalid
from .observe import seen as take
from .output import write, write_json
from .session import Sight, sight
from .validate import root


def run(directory: Path, site: str | None, observed: Path | None, *, max_age: int, as_json: bool) -> ExitCode:
    """Tell what specs, or a site, do that is probably not meant: exit 1 unless all of it is waived."""
    unknown: Mapping[str, str] = {}
    if site is None and observed is None:
        view, subject = specs_view(load_tree(root(directory))), "specs and locks"
    else:
        with sight(directory, site, observed, max_age) as open_sight:
            view, unknown = site_view(open_sight)
            subject = f"{open_sight.site.site}, as {observed} has it" if observed else open_sight.site.site
    report = lint(view)
    if as_json:
        write_json({**render.as_json(report, subject), "unknown": dict(unknown)})
    else:
        write(render.text(report, subject))
        for reason in unknown.values():
            write(f"unknown: {reason}")
    codes = [ExitCode.ERROR] if report.findings else []
    return worst([*codes, *([ExitCode.UNREACHABLE] if unknown else [])])


def specs_view(tree: Tree) -> View:
    """Return the view of specs and locks alone; raise `InvalidSpec` with every problem."""
    raise_if_invalid(check(tree))
    return of_specs(tree, [desired(tree, one.document) for one in tree.sites])


def site_view(open_sight: Sight) -> tuple[View, Mapping[str, str]]:
    """Return the view of all that is certified or tagged at a site, also of types that no spec speaks of."""
    snapshot = take(open_sight)
    readers = snapshot.stills
    seen = look(readers.values(), lambda p: Scope(None, readers[p].dataset_types), open_sight.want, open_sight.facts)
    exposures = {place: still.exposures for place, still in snapshot.stills.items()}
    return of_site(open_sight.tree, open_sight.want, seen.state, seen.facts, exposures), snapshot.unknown
