"""What a chain gives, in the views that people ask for: as it is, as it will be, as specs want it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..desired import desired
from ..effect import Side, by_run, sides
from ..errors import ReconcileError, Unreachable, UsageError
from ..explanation import told, wanted_shelves
from ..intent import Desired
from ..lanes import lanes
from ..look import Look, look, whole_scope
from ..observation import Observation, Scope
from ..overlay import overlay
from ..render.lanes import Chart, Panel, View
from ..resolve import Calendar, children_at, reachable, seams
from ..site import choose
from ..spec.documents import Site
from ..spec.problems import listed, nearest
from ..state import Chain
from .session import Sight, read, sight


@dataclass(frozen=True, slots=True)
class Shown:
    """The options that say what is shown, as typed."""

    chain: str | None = None
    types: tuple[str, ...] = ()
    desired: bool = False
    plan: bool = False

    def __post_init__(self) -> None:
        if self.desired and self.plan:
            raise UsageError(
                "--desired and --plan are different views: what specs ask for, and what is there before and after",
                hint="type one of them",
            )


def asked_for(shown: Shown, directory: Path, site_name: str | None) -> tuple[Chart, Mapping[str, str]]:
    """Return what specs and locks ask for, without a look at any repository."""
    _, tree = read(directory)
    site = choose(tree, site_name)
    want = desired(tree, site)
    chain = shown.chain or _public(want, site)
    chains = {key for key in want.state.values if isinstance(key, Chain)}
    places = sorted(key.place for key in chains if key.name == chain)
    if not places:
        raise _no_chain(chain, site, {key.name for key in chains})
    return Chart(site.site, chain, tuple(_wanted_panel(chain, place, want) for place in places)), {}


def _wanted_panel(chain: str, place: str, want: Desired) -> Panel:
    calendar = Calendar(want.state, place, [chain], wanted_shelves(want, place))
    known = told(want, place)
    untold = tuple(name for name in calendar.path if name not in known)
    return Panel(place, "as the specs ask", lanes(calendar), untold)


def seen(
    shown: Shown, directory: Path, site_name: str | None, observed: Path | None, max_age: int
) -> tuple[Chart, Mapping[str, str]]:
    """Return what repositories hold, and with a plan also what they will hold once nothing of it is left to do."""
    with sight(directory, site_name, observed, max_age) as open_sight:
        return seen_by(open_sight, shown)


def seen_by(open_sight: Sight, shown: Shown) -> tuple[Chart, Mapping[str, str]]:
    """Return the same of a site that is open."""
    chain = shown.chain or _public(open_sight.want, open_sight.site)
    found = _look(open_sight, chain)
    if not found.facts.observations:
        raise Unreachable("\n".join(found.unknown.values()))
    views: tuple[View, ...] = ("as seen", "after the plan") if shown.plan else ("as seen",)
    panels = tuple(_seen_panels(chain, views, found, open_sight.want))
    if not panels:
        known = {name for one in found.facts.observations.values() for name in one.collections}
        raise _no_chain(chain, open_sight.site, known)
    return Chart(open_sight.site.site, chain, panels), found.unknown


def _seen_panels(chain: str, views: tuple[View, ...], found: Look, want: Desired) -> Iterator[Panel]:
    """Yield the panels of each place that has the chain, or is to have it."""
    goal = overlay(found.state, want.state)
    for place, observation in found.facts.observations.items():
        planned = len(views) > 1 and bool(goal.members(Chain(place, chain)))
        if chain not in observation.collections and not planned:
            continue
        joined, named = seams(found.state, observation), by_run(observation)
        for view, (state, shelves) in zip(views, sides(place, found.state, goal, want, found.facts), strict=False):
            calendar = Calendar(state, place, [chain], shelves, seams=joined)
            yield Panel(place, view, lanes(calendar, named))


def _look(open_sight: Sight, chain: str) -> Look:
    """Look at the dataset types that specs speak of, and at all others that the chain gives or will give."""
    found, want, readers = open_sight.look(), open_sight.want, open_sight.readers
    goal = overlay(found.state, want.state)
    silent: dict[str, frozenset[str]] = {}
    for place, observation in found.facts.observations.items():
        below = _below(chain, observation, sides(place, found.state, goal, want, found.facts))
        silent[place] = readers[place].calibration_types(below) - whole_scope(want)(place).dataset_types
    if not any(silent.values()):
        return found

    def scope(place: str) -> Scope:
        whole = whole_scope(want)(place)
        return replace(whole, dataset_types=whole.dataset_types | silent.get(place, frozenset()))

    return look(readers.values(), scope, want, open_sight.facts)


def _below(chain: str, seen: Observation, searched: Iterable[Side]) -> frozenset[str]:
    """Return the existing collections that a search of the chain goes through, now or later."""
    names = {name for state, _ in searched for name in reachable([chain], children_at(state, seen.place))}
    return frozenset(n for n in names if n in seen.collections and seen.collections[n].type != "CHAINED")


def _public(want: Desired, site: Site) -> str:
    """Return the chain that processing reads: the only public one, or the only `<INSTRUMENT>/calib` among them."""
    names = {chain.name for chain in want.public}
    tops = {name for name in names if name.endswith("/calib")} or names
    if len(tops) != 1:
        raise UsageError(f"which chain? Specs of site {site.site} name {listed(sorted(names))}", hint="--chain NAME")
    return tops.pop()


def _no_chain(chain: str, site: Site, known: Iterable[str]) -> ReconcileError:
    near = nearest(chain, set(known))
    hint = f"did you mean {near}?" if near else "`reconcile plan` tells what is missing"
    return ReconcileError(f"no chain {chain} at site {site.site}", hint=hint)
