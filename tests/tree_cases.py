"""What the commands say of the trees in `cases/trees`, whatever repository holds them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from git import Repo

from reconciler.adapters.checkout import Checkout
from reconciler.cli.lint import site_view, specs_view
from reconciler.cli.session import Sight
from reconciler.cli.views import Shown, seen_by
from reconciler.desired import desired
from reconciler.facts import Facts
from reconciler.lint import lint
from reconciler.ports import Reader
from reconciler.render import lanes as calendar
from reconciler.render import lint as findings
from reconciler.render import plan as render
from reconciler.render.lanes import Chart
from reconciler.render.plan import Heading
from reconciler.spec.load import load_tree
from tests.drawn import laid_out

CASES = Path(__file__).parent / "cases" / "trees"
TREES = sorted(path.parent for path in CASES.glob("*/repository.yaml"))
PROJECT = Path(__file__).parents[1]
PLACE = "usdf/main"
COMMIT = "0123456789abcdef"


def laid(case: Path, root: Path) -> Path:
    """Lay a case's documents out as a checkout, with the project's own catalogs; return its root."""
    for folder in ("specs", "sites"):
        shutil.copytree(case / folder, root / folder)
    for instrument in (root / "specs").iterdir():
        shutil.copy(PROJECT / "specs" / instrument.name / "catalog.yaml", instrument)
    Repo.init(root).close()
    return root


def opened(root: Path, reader: Reader) -> Sight:
    """Return the one site of a checkout as every command has it, with one repository."""
    tree = load_tree(root)
    (site,) = (one.document for one in tree.sites)
    want = desired(tree, site)
    facts = Facts(trust=site.trust, public=frozenset(chain.name for chain in want.public))
    return Sight(Checkout(root), tree, site, {PLACE: reader}, want, facts, "", None)


def charts(sight: Sight) -> tuple[Chart, ...]:
    """Return every chain that documents declare, as seen and after the plan: the public one, and what others add."""
    names = sorted((one.document.name for one in sight.tree.chains), key=lambda name: (name.startswith("u/"), name))
    public, *others = (seen_by(sight, Shown(chain=name, plan=True))[0] for name in names)
    return public, *(_beyond(public, other) for other in others)


def _beyond(public: Chart, other: Chart) -> Chart:
    """Return a chart without the lanes that are as in the public one."""
    pairs = zip(public.panels, other.panels, strict=True)
    panels = (replace(own, lanes=tuple(one for one in own.lanes if one not in first.lanes)) for first, own in pairs)
    return replace(other, panels=tuple(panels))


def texts(sight: Sight) -> dict[str, str]:
    """Return what is said of a tree, by the names of its golden files."""
    drawn = charts(sight)
    return {
        "calendar.txt": "\n".join(map(calendar.text, drawn)),
        "plan.txt": _plan(sight),
        "lint.txt": _lint(sight),
        "picture.txt": "\n".join(map(laid_out, drawn)),
    }


def _plan(sight: Sight) -> str:
    seen = sight.look()
    plan = sight.plan(seen)
    heading = Heading(sight.site.site, COMMIT, (), sight.site.trust)
    return render.text(plan, heading, sight.impacts(seen, plan))


def _lint(sight: Sight) -> str:
    view, unknown = site_view(sight)
    assert not unknown
    specs = findings.text(lint(specs_view(sight.tree)), "specs and locks")
    return f"{specs}\n{findings.text(lint(view), sight.site.site)}"
