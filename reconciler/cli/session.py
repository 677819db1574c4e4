"""What plan, apply, show and status share: the tree, the site, the look at it, and the plan."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..adapters.checkout import Checkout
from ..blast import Impact
from ..desired import desired
from ..facts import Facts
from ..impact import impacts_of
from ..intent import Desired
from ..look import Look, look, whole_scope
from ..plan import Plan, make_plan
from ..render.plan import Heading
from ..site import Place, choose, connect
from ..spec.check import check
from ..spec.documents import Site
from ..spec.load import Tree, load_tree
from ..spec.problems import raise_if_invalid


@dataclass(frozen=True)
class Session:
    """One run of a command at one site."""

    checkout: Checkout
    tree: Tree
    site: Site
    place: Place
    want: Desired
    facts: Facts

    def look(self) -> Look:
        """Look at all repositories of the site."""
        return look(self.place.repositories.values(), whole_scope(self.want), self.want, self.facts)

    def plan(self, seen: Look) -> Plan:
        """Return the plan for what was seen."""
        return make_plan(seen.state, seen.facts, self.want, seen.unknown)

    def impacts(self, seen: Look, plan: Plan) -> tuple[Impact, ...]:
        """Return what the plan does to science; a plan that does nothing costs nothing here."""
        return () if plan.empty else impacts_of(seen, self.want, self.facts, self.place.repositories)

    def applied(self, seen: Look) -> str | None:
        """Return the commit that was applied last at the site; None if none, or if repositories differ."""
        records = [o.record for o in seen.facts.observations.values()]
        commits = {record.applied for record in records if record is not None}
        return commits.pop() if len(commits) == 1 else None

    def heading(self, seen: Look) -> Heading:
        """Return what the plan is of."""
        uncommitted, applied = self.checkout.uncommitted(), self.applied(seen)
        settled = not uncommitted and self.checkout.same_specs(applied)
        return Heading(self.site.site, self.checkout.commit, uncommitted, self.site.trust, applied if settled else None)


def read(directory: Path) -> tuple[Checkout, Tree]:
    """Return the checkout and its checked specs; raise `InvalidSpec` with every problem."""
    checkout = Checkout(directory)
    tree = load_tree(checkout.root)
    raise_if_invalid(check(tree))
    return checkout, tree


@contextmanager
def session(directory: Path, site_name: str | None) -> Iterator[Session]:
    """Open one site for one command."""
    checkout, tree = read(directory)
    site = choose(tree, site_name)
    want = desired(tree, site)
    facts = Facts(trust=site.trust, public=frozenset(chain.name for chain in want.public))
    place = connect(site, checkout.root)
    try:
        yield Session(checkout, tree, site, place, want, facts)
    finally:
        place.close()
