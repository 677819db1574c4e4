"""Where a policy stands, and which sites it may speak of."""

from __future__ import annotations

from collections.abc import Iterator

from ..documents import POLICY, Policy
from ..problems import Problem, nearest
from .context import Context


def in_place(context: Context) -> Iterator[Problem]:
    """There is one policy, and everybody knows where."""
    for one in context.tree.documents:
        if isinstance(one.document, Policy) and one.path != POLICY:
            yield one.problem("policy-place", ("kind",), "a Policy that nobody would ask", f"it in {POLICY}")


def sites_exist(context: Context) -> Iterator[Problem]:
    """A window of a site that does not exist leaves another site open; nobody observes one either."""
    sites = {one.document.site for one in context.tree.sites}
    for one in context.tree.documents:
        if isinstance(one.document, Policy):
            named = [("windows", site) for site in one.document.windows]
            named += [("observers", site) for site in one.document.observers]
            for where in named:
                if (site := where[1]) not in sites:
                    yield one.problem("site", where, f"no site {site}", "one of sites/", nearest=nearest(site, sites))
