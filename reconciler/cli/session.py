"""What plan, apply, show and status share: the tree, the site, the look at it, and the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from ..adapters.checkout import Checkout
from ..approval.line import Line
from ..approval.sighting import Sighting
from ..archive import PLACE as ARCHIVE
from ..archived import Archive
from ..authority import Authority
from ..blast import Impact
from ..desired import desired
from ..evidence import awaited, judged
from ..facts import Facts
from ..impact import impacts_of
from ..intent import Desired
from ..look import Look, look, whole_scope
from ..plan import Plan, make_plan
from ..ports import Reader, Repository
from ..render.plan import Heading
from ..site import Place, choose, connect
from ..snapshot import parse
from ..software import compared
from ..spec.check import check
from ..spec.documents import Site
from ..spec.documents.trust import Root
from ..spec.load import Tree, load_tree
from ..spec.problems import raise_if_invalid
from .collector import many_objects
from .sightings import signature_of, told_of
from .trusted import authority, line_if_merged, line_of, root_for, told


@dataclass(frozen=True)
class Sight:
    """One run of a command that looks at one site.

    Attributes
    ----------
    observed
        The file of the snapshot that stands for the repositories; empty if these are looked at themselves.
    vouched
        When the snapshot was taken, and who vouches for it.
    as_merged
        Whether to look at the commit as if it stood on the trusted branch.
    """

    checkout: Checkout
    tree: Tree
    site: Site
    readers: Mapping[str, Reader]
    want: Desired
    facts: Facts
    observed: str
    root: Root | None
    archive: Archive | None = None
    vouched: str = ""
    as_merged: bool = False

    @cached_property
    def line(self) -> Line | None:
        """What is believed of the trusted branch; None where nobody asks, or nobody said which branch that is."""
        if self.root is None:
            return None
        return line_if_merged(self.root, self.checkout) if self.as_merged else line_of(self.root, self.checkout.commit)

    @property
    def repositories(self) -> Mapping[str, Repository] | None:
        """The repositories, where they are open."""
        return None

    def decided(self, seen: Look) -> Look:
        """Return what was seen with what is approved of the plan for it."""
        if self.line is None:
            return seen
        decides = self.authority(self.line)
        return replace(seen, facts=decides.judged(seen, self.want, self.tree, self.readers, self.facts))

    def authority(self, line: Line) -> Authority:
        """Return what decides at the site."""
        return authority(self.site, line, self.repositories, self.archive)

    def look(self) -> Look:
        """Look at all repositories of the site."""
        with many_objects():
            seen = look(self.readers.values(), whole_scope(self.want), self.want, self.facts)
        return compared(seen, self.want, self.repositories, awaited(seen, self.want))

    def plan(self, seen: Look) -> Plan:
        """Return the plan for what was seen."""
        strays = self.line.head.strays if self.line and self.line.head else ()
        mixed = (
            f"{name} is made with differing versions: {one.mixed}"
            for name, one in sorted(seen.facts.software.items())
            if one.mixed
        )
        want = replace(self.want, notices=(*self.want.notices, *told(strays), *mixed))
        return make_plan(seen.state, seen.facts, want, seen.unknown)

    def impacts(self, seen: Look, plan: Plan) -> tuple[Impact, ...]:
        """Return what the plan does to science; a plan that does nothing costs nothing here."""
        return () if plan.empty else impacts_of(seen, self.want, self.facts, self.readers)

    def applied(self, seen: Look) -> str | None:
        """Return the commit that was applied last at the site; None if none, or if repositories differ."""
        records = [o.record for place, o in seen.facts.observations.items() if place != ARCHIVE]
        commits = {record.applied for record in records if record is not None}
        return commits.pop() if len(commits) == 1 else None

    def heading(self, seen: Look) -> Heading:
        """Return what the plan is of."""
        uncommitted, applied = self.checkout.uncommitted(), self.applied(seen)
        settled = not uncommitted and self.checkout.same_specs(applied)
        drift_since = applied if settled else None
        site, commit = self.site.site, self.checkout.commit
        return Heading(
            site, commit, uncommitted, self.site.trust, drift_since, self.observed, self.vouched, self.as_merged
        )


@dataclass(frozen=True, kw_only=True)
class Session(Sight):
    """One run of a command that may also act at the site, and read the evidence there."""

    place: Place = field(kw_only=True)

    @property
    def repositories(self) -> Mapping[str, Repository] | None:
        """The repositories of the site."""
        return self.place.repositories

    def look(self) -> Look:
        """Look at all repositories of the site, and at the evidence for what science would see."""
        seen = super().look()
        return judged(seen, self.want, self.place.repositories, awaited(seen, self.want))


def read(directory: Path) -> tuple[Checkout, Tree]:
    """Return the checkout and its checked specs; raise `InvalidSpec` with every problem."""
    checkout = Checkout(directory)
    tree = load_tree(checkout.root)
    raise_if_invalid(check(tree))
    return checkout, tree


@contextmanager
def session(directory: Path, site_name: str | None, ticket: str = "") -> Iterator[Session]:
    """Open one site for one command; if none is named, the one that makes the ticket that the command is about."""
    checkout, tree = read(directory)
    with at(checkout, tree, choose(tree, site_name or _maker(tree, ticket))) as found:
        yield found


def _maker(tree: Tree, ticket: str) -> str | None:
    """Return the site that makes a ticket; None if none does, or several do."""
    origins = [one.document.origin for one in tree.sets if one.document.ticket == ticket]
    origins += [one.document.origin for one in tree.curated if one.document.ticket == ticket]
    sites = {origin.partition("/")[0] for origin in origins}
    return sites.pop() if len(sites) == 1 else None


@contextmanager
def at(checkout: Checkout, tree: Tree, site: Site) -> Iterator[Session]:
    """Open one of the sites of a tree that was read."""
    want, facts = _wanted(tree, site)
    root = root_for(site, checkout)
    place = connect(site, checkout.root)
    try:
        archive = place.archive(want)
        readers: dict[str, Reader] = {**place.repositories, **({archive.place: archive} if archive else {})}
        yield Session(checkout, tree, site, readers, want, facts, "", root, archive=archive, place=place)
    finally:
        place.close()


@contextmanager
def sight(
    directory: Path, site_name: str | None, observed: Path | None, max_age: int, *, as_merged: bool = False
) -> Iterator[Sight]:
    """Look at one site, or at a snapshot of it instead: then no repository is opened.

    Where this machine has a root of trust for the site, a snapshot counts only if the site has signed it, and if it is
    not older than `max_age` hours.
    """
    if observed is None:
        with session(directory, site_name) as opened:
            yield replace(opened, as_merged=as_merged)
        return
    checkout, tree = read(directory)
    text = observed.read_bytes()
    snapshot = parse(observed, text)
    site = choose(tree, site_name or snapshot.site)
    readers = snapshot.readers(site.site, places(site))
    root = root_for(site, checkout)
    found = Sight(checkout, tree, site, readers, *_wanted(tree, site), str(observed), root, as_merged=as_merged)
    seen = Sighting(site.site, snapshot.taken, text, signature_of(observed))
    yield replace(found, vouched=told_of(seen, found.line, timedelta(hours=max_age)))


def places(site: Site) -> dict[str, tuple[str, ...]]:
    """Return the places of a site, and the instruments that each holds."""
    return {f"{site.site}/{name}": repository.instruments for name, repository in site.repositories.items()}


def _wanted(tree: Tree, site: Site) -> tuple[Desired, Facts]:
    want = desired(tree, site)
    return want, Facts(trust=site.trust, public=frozenset(chain.name for chain in want.public))
